import { monitoringImages } from '../../../../watching/settings';
import { busybox, librariesOfGo, licences, programs, type Recipe } from '../recipe';
import { nobody } from './nobody';

/** Debian's own has no web page, only what programs ask, and reads its templates from the folder of the package. */
export const alertmanager: Recipe = {
  reference: monitoringImages.alertmanager,
  agreed: '0.33',
  package: 'prometheus-alertmanager',
  wanted: ['prometheus-alertmanager', 'busybox', 'ca-certificates', 'systemd-standalone-sysusers'],
  place: (name) => {
    if (name === 'usr/bin/prometheus-alertmanager') return 'usr/bin/alertmanager';
    const kept = [/^usr\/bin\/(busybox|amtool)$/, /^usr\/share\/prometheus\/alertmanager\/(\w+\.tmpl|no-ui\/)/];
    return [...kept, librariesOfGo, licences].some((each) => each.test(name)) ? name : undefined;
  },
  links: busybox(nobody.applets),
  texts: {
    ...nobody.users,
    'etc/alertmanager/alertmanager.yml': 'route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n',
  },
  folders: { 'etc/alertmanager': nobody.id, alertmanager: nobody.id },
  authorities: true,
  instructions: [
    programs,
    `USER ${nobody.name}`,
    'EXPOSE 9093',
    'VOLUME ["/alertmanager"]',
    'WORKDIR /alertmanager',
    'ENTRYPOINT ["/bin/alertmanager"]',
    'CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]',
  ],
};
