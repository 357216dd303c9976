/**
 * Proves what `npm run monitoring` writes: every file at its place, no secret but in the one that says so, and a
 * connection of MQTT Explorer to the listener that an operator reaches. And when an update renews the certificate.
 *
 * Does not prove that MQTT Explorer takes it: the form is that of its own source.
 */

import { explorer } from '../../commands/monitoring';
import { monitoringFiles } from '../../watching/files';
import { watchedOf } from '../../watching/watched';
import { settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';
import { watched } from './watched';

const password = 'password of the operator';
const prod = settingsOf({
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 9001, protocol: 'websockets', bindAddress: '0.0.0.0', tls: true },
    { port: 8883, bindAddress: '0.0.0.0', tls: true },
    { port: 8884, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
  ],
  firewall: ['192.168.0.0/16'],
  dnsNames: ['mqtt.example.org'],
});
const account = prod.accounts[0] ?? { username: '', rules: [], generation: 1 };
const delivered = {
  plan: { users: [{ ...account, password }], certificateAuthority: 'authority' },
  authorities: {},
  accounts: [[account.username, 1] as [string, number]],
};

test('every file is at its place, and names no secret', () => {
  const files = monitoringFiles(watched);
  expect(Object.keys(files)).toEqual([
    'README.txt',
    'prometheus/scrape.yml',
    'prometheus/rules.yml',
    'alertmanager/alertmanager.yml',
    'grafana/aipi-mqtt-overview.json',
    'grafana/aipi-mqtt-fleet.json',
  ]);
  const readme = files['README.txt'] ?? '';
  const named = Object.keys(files).map((path) => (path.startsWith('grafana/') ? 'grafana/' : path));
  expect(named.filter((path) => !readme.includes(path.replace('README.txt', '')))).toEqual([]);
  expect(readme.split('\n').filter((line) => line.length > 120)).toEqual([]);
  expect(files['prometheus/scrape.yml']).toContain('- 127.0.0.1:9234\n');
  expect(files['alertmanager/alertmanager.yml']).toContain('auth_password_file: /etc/alertmanager/email-password');
});

test('without routes of its own a stack gets an example of both', () => {
  const files = monitoringFiles({ ...watched, monitoring: { ...watched.monitoring, alertmanager: null } });
  expect(files['alertmanager/alertmanager.yml']).toMatch(/to: operator@example\.org[\s\S]*url_file: /);
});

test('MQTT Explorer connects to the listener that other machines reach by MQTT', async () => {
  expect(JSON.parse(await explorer('prod', prod, delivered, account))).toEqual({
    'prod-aisa_server': {
      configVersion: 1,
      type: 'mqtt',
      id: 'prod-aisa_server',
      name: 'prod-aisa_server',
      protocol: 'mqtt',
      host: 'mqtt.example.org',
      port: 8883,
      encryption: true,
      certValidation: true,
      selfSignedCertificate: { name: 'ca.pem', data: Buffer.from('authority').toString('base64') },
      username: 'aisa_server',
      password,
      subscriptions: [{ topic: '#', qos: 1 }],
    },
  });
});

test('MQTT Explorer speaks plain MQTT to this machine where there is nothing else', async () => {
  const dev = settingsOf({ listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] });
  const [connection] = Object.values(JSON.parse(await explorer('dev', dev, delivered, account)));
  expect(connection).toMatchObject({ host: '127.0.0.1', port: 1883, encryption: false });
  expect(connection).not.toHaveProperty('selfSignedCertificate');
});

test('MQTT Explorer has a certificate where the listener requires one', async () => {
  const strict = settingsOf({
    listeners: [{ port: 8883, bindAddress: '0.0.0.0', tls: true, requireCertificate: true }],
    firewall: ['192.168.0.0/16'],
    dnsNames: ['mqtt.example.org'],
  });
  const text = await explorer('prod', strict, { ...delivered, authorities: { accounts: [selfSigned()] } }, account);
  const [connection] = Object.values(JSON.parse(text)) as Array<Record<string, { data: string }>>;
  const pem = (name: string) => Buffer.from(connection?.[name]?.data ?? '', 'base64').toString();
  expect(pem('clientCertificate')).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect(pem('clientKey')).toMatch(/^-----BEGIN (EC )?PRIVATE KEY-----/);
});

test('an account that is not deployed is told of', async () => {
  const nobody = { ...delivered, plan: { ...delivered.plan, users: [] } };
  await expect(explorer('prod', prod, nobody, account)).rejects.toThrow(
    'The account "aisa_server" is not deployed yet; run: npm run up -- prod',
  );
});

describe('the days in which an update renews the certificate', () => {
  const { containerName, monitoring } = prod;
  const server = { validityHours: 8_760, earlyRenewalHours: 720 };
  const days = (certificates: Parameters<typeof watchedOf>[1]['certificates']) =>
    watchedOf('prod', { containerName, monitoring, certificates }).certificateRenewalDays;

  it('are those of the stack file, and a third of its life at most', () => {
    expect(days({ server, givenServer: null })).toBe(30);
    expect(days({ server: { ...server, validityHours: 24 }, givenServer: null })).toBeCloseTo(1 / 3);
  });

  it('are the same of a certificate from elsewhere', () => {
    const { certificate } = selfSigned();
    expect(days({ server: { ...server, earlyRenewalHours: 2 }, givenServer: { certificate } })).toBeCloseTo(1 / 12);
  });
});
