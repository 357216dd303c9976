import { spawnSync } from 'node:child_process';
import { healthTest } from '../../mosquitto/health';
import { listenerWith, settingsOf } from './rawConfig';

const testOf = (config: Record<string, unknown>) => {
  const { listeners, limits } = settingsOf(config);
  return healthTest(listeners, limits);
};

describe('healthTest', () => {
  it('is a line that a shell can read, without a quote that is left open', () => {
    for (const config of [{}, { ...listenerWith({ port: 8883, tls: true }), dnsNames: ['a.example'] }]) {
      const line = testOf(config);
      expect(line).not.toContain('\n');
      expect(spawnSync('sh', ['-n', '-c', line]).stderr.toString()).toBe('');
    }
  });

  it('looks at each port, in the hexadecimal digits of the kernel', () => {
    const listeners = [{ port: 80 }, { port: 8883 }];
    expect(testOf({ listeners })).toContain('for port in 0050 22B3; do');
  });

  it('asks who speaks MQTT without TLS, whatever stands first', () => {
    const listeners = [{ port: 8883, tls: true }, { port: 9001, protocol: 'websockets' }, { port: 1885 }];
    expect(testOf({ listeners, dnsNames: ['a.example'] })).toContain('| nc -w 2 127.0.0.1 1885 |');
  });

  it('connects only where nearly all memory seems to be in use', () => {
    expect(testOf({ memoryLimitMebibytes: 100 })).toContain('[ "$used" -lt 97280 ] || ');
  });
});
