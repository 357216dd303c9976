/** Which images have stand-ins, and where files of Debian's packages go in them. That they run is proved by using them. */

import { isOfficial, standInFor } from '../../setup/toolchain/image';
import { recipes } from '../../setup/toolchain/image/recipes';
import { monitoringImages } from '../../watching/settings';
import { defaults } from './rawConfig';

test('every default image has one but Grafana, and no other', () => {
  const all = [String(defaults().image), ...Object.values(monitoringImages)];
  expect(all.filter((reference) => standInFor(reference) === undefined)).toEqual([monitoringImages.grafana]);
  expect(recipes.map(({ reference }) => reference).sort()).toEqual(
    all.filter((reference) => reference !== monitoringImages.grafana).sort(),
  );
  expect(standInFor('node:18-slim')).toBeUndefined();
});

test('the image of a registry is called official where it comes from the repository of one of them', () => {
  for (const reference of Object.values(monitoringImages)) {
    expect(isOfficial(reference.slice(0, reference.indexOf(':')))).toBe(true);
  }
  expect(isOfficial('example.org/node')).toBe(false);
});

test.each<[reference: string, file: string, place: string | undefined]>([
  [monitoringImages.exporter, 'usr/bin/node', 'usr/bin/node'],
  [monitoringImages.exporter, 'usr/share/nodejs/undici/undici-fetch.js', 'usr/share/nodejs/undici/undici-fetch.js'],
  [monitoringImages.exporter, 'usr/share/nodejs/corepack/dist/corepack.js', undefined],
  [monitoringImages.prometheus, 'usr/bin/promtool', 'usr/bin/promtool'],
  [monitoringImages.prometheus, 'usr/lib/x86_64-linux-gnu/libpam.so.0', undefined],
  [monitoringImages.alertmanager, 'usr/bin/prometheus-alertmanager', 'usr/bin/alertmanager'],
  [monitoringImages.alertmanager, 'etc/prometheus/alertmanager.yml', undefined],
  ['eclipse-mosquitto:2.1.2', 'usr/lib/x86_64-linux-gnu/mosquitto/mosquitto_x.so', 'usr/lib/mosquitto_x.so'],
  ['eclipse-mosquitto:2.1.2', 'usr/share/man/man8/mosquitto.8.gz', undefined],
])('%s has %s at %s', (reference, file, place) => {
  expect(standInFor(reference)?.place(file)).toBe(place);
});
