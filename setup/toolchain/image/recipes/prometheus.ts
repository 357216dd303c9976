import { monitoringImages } from '../../../../watching/settings';
import { busybox, librariesOfGo, licences, programs, type Recipe } from '../recipe';
import { nobody } from './nobody';

/** Debian's own has no web page, only what programs ask. */
export const prometheus: Recipe = {
  reference: monitoringImages.prometheus,
  agreed: '3.5',
  package: 'prometheus',
  wanted: ['prometheus', 'promtool', 'busybox', 'ca-certificates', 'systemd-standalone-sysusers'],
  place: (name) => {
    const kept = [/^usr\/bin\/(busybox|prometheus|promtool)$/, /^usr\/share\/prometheus\/web\/no-ui\//];
    return [...kept, librariesOfGo, licences].some((each) => each.test(name)) ? name : undefined;
  },
  links: busybox(nobody.applets),
  texts: {
    ...nobody.users,
    'etc/prometheus/prometheus.yml': 'global:\n  scrape_interval: 15s\n',
  },
  folders: { 'etc/prometheus': nobody.id, prometheus: nobody.id },
  authorities: true,
  instructions: [
    programs,
    `USER ${nobody.name}`,
    'EXPOSE 9090',
    'VOLUME ["/prometheus"]',
    'WORKDIR /prometheus',
    'ENTRYPOINT ["/bin/prometheus"]',
    'CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]',
  ],
};
