/**
 * What the services beside an exporter are run with, and what their files say. Of Grafana this is all that is proved: its
 * image cannot be had everywhere.
 */

import { watcherImages, watchersOf } from '../../watching/containers';
import {
  alertmanagerSecretFiles,
  configurationVolume,
  grafanaFiles,
  grafanaPasswordFile,
  grafanaService,
  prometheusService,
} from '../../watching/services';
import { settingsOf } from './rawConfig';

const monitoringOf = (monitoring: object) => settingsOf({ monitoring: { enabled: true, ...monitoring } }).monitoring;

test('watchers are those that the stack file asks for, each with its image', () => {
  expect(watchersOf(settingsOf().monitoring)).toEqual([]);
  expect(watchersOf(monitoringOf({}))).toEqual(['exporter']);
  const monitoring = monitoringOf({ prometheus: {}, grafana: { image: 'grafana/grafana:12.2.1' } });
  expect(watchersOf(monitoring)).toEqual(['exporter', 'prometheus', 'grafana']);
  expect(watcherImages(monitoring)).toEqual([monitoring.image, monitoring.prometheus?.image, 'grafana/grafana:12.2.1']);
});

test('Prometheus keeps what it has gathered for as long and as much as is configured', () => {
  const { prometheus } = monitoringOf({ prometheus: { retentionDays: 3, retentionSizeMebibytes: 99 } });
  const { command } = prometheusService(prometheus as NonNullable<typeof prometheus>);
  expect(command).toContain('--storage.tsdb.retention.time=3d');
  expect(command).toContain('--storage.tsdb.retention.size=99MB');
});

test('Alertmanager has a file for each secret that there is', () => {
  expect(alertmanagerSecretFiles('', '')).toEqual({});
  expect(alertmanagerSecretFiles('a', 'b')).toEqual({ 'email-password': 'a', 'webhook-url': 'b' });
});

describe('the volume of a configuration', () => {
  const name = (text: string, key = 'key') => configurationVolume('broker', 'alertmanager', { file: text }, key);

  it('is another one for other files, and the same for the same', () => {
    expect(name('a')).toMatch(/^broker-alertmanager-[0-9a-f]{12}$/);
    expect(name('a')).toBe(name('a'));
    expect(name('a')).not.toBe(name('b'));
  });

  it('tells nothing of them to who has no key', () => {
    expect(name('a', 'other')).not.toBe(name('a'));
  });
});

test('Grafana lets nobody in without its password, which is in a file, and asks nothing of the internet', () => {
  const { environment, configurationFolder } = grafanaService(3000);
  expect(environment).toMatchObject({
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_SECURITY_ADMIN_PASSWORD__FILE: `${configurationFolder}/${grafanaPasswordFile}`,
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  });
});

test('Grafana finds its Prometheus and the dashboards in the folder of its configuration', () => {
  const files = grafanaFiles('broker', { 'overview.json': '{}' });
  expect(Object.keys(files)).toEqual([
    'datasources/prometheus.yaml',
    'dashboards/provider.yaml',
    'dashboards/overview.json',
  ]);
  const [source] = JSON.parse(files['datasources/prometheus.yaml'] ?? '').datasources;
  expect(source).toMatchObject({ type: 'prometheus', url: 'http://broker-prometheus:9090', isDefault: true });
  const [provider] = JSON.parse(files['dashboards/provider.yaml'] ?? '').providers;
  expect(provider.options.path).toBe(`${grafanaService(3000).configurationFolder}/dashboards`);
});
