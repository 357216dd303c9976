import { problemWords } from '../../mosquitto/problem';
import { refusedBy } from '../../mosquitto/refused';
import { releaseOf } from '../../mosquitto/release';
import { type Config, settingsOf } from './rawConfig';

const plain = { port: 1883 };
const certified = { port: 8883, tls: true, requireCertificate: true };
const base = { dnsNames: ['a.example'] };

function refused(version: string | undefined, config: Config, binding: 'bound' | 'published' = 'bound'): string[] {
  const settings = settingsOf({ ...base, ...config });
  const release = version === undefined ? {} : { release: releaseOf(version) };
  return refusedBy({ ...settings, ...release, binding }).map(problemWords);
}

describe('refusedBy', () => {
  it('refuses nothing of the image', () => {
    const listeners = [plain, { ...certified, protocol: 'websockets', bindAddress: '::' }];
    expect(refused(undefined, { listeners, extraOptions: ['global_max_clients 5'] }, 'published')).toEqual([]);
  });

  it.each(['2.0', '2.0.11', '2.0.21'])('refuses certificates of clients over WebSockets with %s', (version) => {
    const listeners = [certified, { ...certified, port: 9001, protocol: 'websockets' }];
    expect(refused(version, { listeners })).toEqual([
      `listeners[1].requireCertificate: Mosquitto ${version} lets revoked certificates in over WebSockets; use protocol: mqtt there, or Mosquitto 2.1`,
    ]);
  });

  it.each(['2.0', '2.0.11'])('refuses IPv6 alone over WebSockets with %s', (version) => {
    const webSockets = { port: 9001, protocol: 'websockets', bindAddress: '::', tls: true };
    const listeners = [plain, webSockets];
    expect(refused(version, { listeners })).toEqual([
      `listeners[1].bindAddress: over WebSockets "::" is every IPv4 address, too, to Mosquitto ${version}; write 0.0.0.0 beside it, or IPv6 addresses of the machine`,
    ]);
    expect(refused(version, { listeners: [plain, { ...webSockets, bindAddress: ['::', '0.0.0.0'] }] })).toEqual([]);
    expect(refused(version, { listeners: [plain, { ...webSockets, protocol: 'mqtt' }] })).toEqual([]);
    expect(refused(version, { listeners }, 'published')).toEqual([]);
    expect(refused('2.0.21', { listeners })).toEqual([]);
  });

  it('names an option that the release does not know', () => {
    const extraOptions = ['sys_interval 60', 'global_max_clients 5', 'retain_expiry_interval 1'];
    expect(refused('2.0.11', { extraOptions })).toEqual([
      'extraOptions[1]: "global_max_clients" is not known by Mosquitto 2.0.11; remove it, or install Mosquitto 2.1.0 or later',
      'extraOptions[2]: "retain_expiry_interval" is not known by Mosquitto 2.0.11; remove it, or install Mosquitto 2.0.21 or later',
    ]);
    expect(refused('2.0.21', { extraOptions })).toHaveLength(1);
    expect(refused('2.1', { extraOptions })).toEqual([]);
  });
});

it('a stack that is refused cannot be read', () => {
  const listeners = [plain, { ...certified, port: 9001, protocol: 'websockets' }];
  expect(() => settingsOf({ ...base, runtime: 'service', listeners })).toThrow(
    /requireCertificate: Mosquitto 2\.0 lets/,
  );
  expect(() => settingsOf({ ...base, runtime: 'service', mosquittoVersion: '2.1', listeners })).not.toThrow();
});
