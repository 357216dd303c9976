import type { StoredResource } from '../../commands/stack/state';
import { brokerIn, brokerResourceIn, hasService, installationIn, labelsIn } from '../../commands/stack/storedBroker';
import { restartDigestLabel } from '../../mosquitto/reload';
import { serviceOptions } from '../../mosquitto/unit';
import { settingsOf } from './rawConfig';

const options = serviceOptions(settingsOf({ runtime: 'service', containerName: 'broker' }), 'mosquitto 2.0.11');
const labels = { [restartDigestLabel]: 'digest', 'aipi-mqtt.stack': 'prod' };
const resource = (type: string, name: string, more: object) =>
  ({ type, urn: `urn:pulumi:prod::aipi-mqtt::${type}::mqtt-${name}`, ...more }) as unknown as StoredResource;
const command = (name: string, more: object) => resource('command:local:Command', name, more);

const installation = command('installation', { outputs: { stdout: '{"image":"mosquitto 2.0.11"}' } });
const service = command('service', {
  created: '2026-11-26T10:00:00Z',
  inputs: { stdin: JSON.stringify({ host: 'systemd:', owner: {}, labels, options }) },
  outputs: { stdout: '{"id":"one"}' },
});
const container = resource('docker:index/container:Container', 'broker-container', {
  inputs: { name: 'container', labels: [{ label: 'a', value: 'b' }] },
});

describe('a service in the state', () => {
  it('is the broker with what it was made with', () => {
    expect(brokerIn([installation, service])).toEqual({
      id: 'one',
      image: 'mosquitto 2.0.11',
      restartDigest: 'digest',
      madeAt: Date.parse('2026-11-26T10:00:00Z'),
      options,
    });
    expect(brokerResourceIn([installation, service])).toBe(service);
    expect(labelsIn([installation, service])).toEqual({ name: 'broker', labels });
  });

  it('is there as soon as its machine is made ready', () => {
    expect(installationIn([installation])).toBe(installation);
    expect([hasService([installation]), hasService([container]), hasService([])]).toEqual([true, false, false]);
    expect(brokerIn([installation])).toBeUndefined();
    expect(labelsIn([installation])).toBeUndefined();
  });

  it('has no id where its making was cut off', () => {
    expect(brokerIn([{ ...service, outputs: {} } as StoredResource])?.id).toBe('');
  });
});

describe('a container in the state', () => {
  it('is the broker', () => {
    expect(brokerResourceIn([container])).toBe(container);
    expect(labelsIn([container])).toEqual({ name: 'container', labels: { a: 'b' } });
  });
});
