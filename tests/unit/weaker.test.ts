import { releaseOf } from '../../mosquitto/release';
import { weakerWords } from '../../mosquitto/weaker';
import { type Config, settingsOf } from './rawConfig';

const accounts = { port: 1883 };
const devices = { port: 1884, clients: 'devices' };

function words(version: string | undefined, config: Config = {}): string[] {
  const release = version === undefined ? {} : { release: releaseOf(version) };
  return weakerWords({
    ...settingsOf({ listeners: [accounts, devices], dnsNames: ['a.example'], ...config }),
    ...release,
  });
}

describe('weakerWords', () => {
  it.each([undefined, '2.1', '2.1.2'])('has nothing to say of %s', (version) => {
    expect(words(version)).toEqual([]);
  });

  it('says what a crash loses, and how much of it', () => {
    const [lost = ''] = words('2.0.11', { persistenceFlushPeriodSeconds: 30 });
    expect(lost).toMatch(
      /^Mosquitto 2\.0\.11 writes what it keeps to the disk each 30 s: a crash .* acknowledged messages/,
    );
    expect(words('2.0.11')[0]).toContain('each 1 s');
    expect(words('2.0.11', { persistence: false }).join()).not.toContain('crash');
  });

  it.each([
    ['2.0', true],
    ['2.0.11', false],
    ['2.0.21', true],
    ['2.0.23', false],
  ])('says of %s whether it forgets messages for absent clients: %s', (version, expected) => {
    expect(words(version).some((line) => line.includes('forgets messages for clients that are away'))).toBe(expected);
  });

  it('does not say so where all listeners are of one kind, which share their files', () => {
    expect(words('2.0.21', { listeners: [accounts] }).join()).not.toContain('forgets');
  });

  it('says which limits hold less', () => {
    const webSockets = { ...accounts, port: 9001, protocol: 'websockets', tls: true };
    expect(words('2.0.11').join('\n')).toMatch(/forgets maxConnections \(10000\) once clients have left/);
    expect(words('2.0.21').join('\n')).toMatch(
      /maxConnections \(10000\) for each address of a listener by itself; over all/,
    );
    expect(words('2.0.21', { listeners: [accounts, webSockets] }).join('\n')).toMatch(
      /by itself, and not for WebSockets/,
    );
    expect(words('2.0.21', { listeners: [accounts, webSockets] }).join('\n')).toMatch(/version of TLS over WebSockets/);
    expect(words('2.0.11').join('\n')).toContain('maxKeepaliveSeconds (600) for MQTT 5 alone');
    expect(words('2.0.21').join('\n')).not.toContain('maxKeepaliveSeconds');
  });
});
