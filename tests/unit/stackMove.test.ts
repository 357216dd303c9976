import { ownerIdIn } from '../../commands/stack/deployedContainer';
import { moveOf } from '../../commands/stack/move';
import { type Stack, useDocker } from '../../commands/stack/stack';
import type { StoredResource } from '../../commands/stack/state';
import { serviceOptions } from '../../mosquitto/unit';
import { settingsOf } from './rawConfig';

const options = serviceOptions(settingsOf({ runtime: 'service', containerName: 'broker' }), 'mosquitto 2.0.11');
const resource = (type: string, name: string, more: object) =>
  ({ type, urn: `urn:pulumi:prod::aipi-mqtt::${type}::mqtt-${name}`, ...more }) as unknown as StoredResource;

const socket = 'unix:///var/run/docker.sock';
const engine = resource('pulumi:providers:docker', 'engine', { id: 'of-engine', inputs: { host: socket } });
const container = resource('docker:index/container:Container', 'broker-container', {
  inputs: { name: 'broker', capabilities: { drops: [] }, volumes: [] },
});
const installation = resource('command:local:Command', 'installation', { id: 'of-service' });
const service = resource('command:local:Command', 'service', {
  inputs: { stdin: JSON.stringify({ host: 'systemd:', owner: {}, labels: {}, options }) },
});

const stackOf = (runtime: 'container' | 'service') =>
  ({ settings: { runtime, containerName: 'broker' } }) as unknown as Stack;

describe('where a broker is and is wanted', () => {
  const { DOCKER_HOST } = process.env;

  afterEach(() => {
    if (DOCKER_HOST === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = DOCKER_HOST;
  });

  function moved(runtime: 'container' | 'service', resources: StoredResource[]) {
    process.env.DOCKER_HOST = runtime === 'service' ? 'systemd:' : socket;
    const move = moveOf(stackOf(runtime), resources);
    return move && `${move.from.kind} ${move.former.host} to ${move.to.kind} ${move.next.host}`;
  }

  it('tells a move', () => {
    expect(moved('service', [engine, container])).toBe(`container ${socket} to service systemd:`);
    expect(moved('container', [installation, service])).toBe(`service systemd: to container ${socket}`);
    expect(moved('container', [engine, container])).toBeUndefined();
    expect(moved('service', [installation, service])).toBeUndefined();
    expect(moved('service', [])).toBeUndefined();
  });

  it('tells one that was cut off as long as the one from before is there', () => {
    expect(moved('service', [engine, container, installation])).toBe(`container ${socket} to service systemd:`);
    expect(moved('service', [engine, container, installation, service])).toBe(
      `container ${socket} to service systemd:`,
    );
    expect(moved('container', [engine, container, installation, service])).toBe(
      `service systemd: to container ${socket}`,
    );
  });
});

test('of a move that was cut off the owner is that of the broker that is asked for', () => {
  const both = [engine, installation];
  expect([ownerIdIn(both, 'service'), ownerIdIn(both, 'container')]).toEqual(['of-service', 'of-engine']);
  expect([ownerIdIn([engine], 'service'), ownerIdIn([installation], 'container')]).toEqual(['of-engine', 'of-service']);
});

describe('the engine', () => {
  const before = { ...process.env };

  afterEach(() => {
    process.env = { ...before };
  });

  it('hears of no address in DOCKER_HOST that the plug-in cannot read', () => {
    const environment: Record<string, string> = {};
    useDocker({ environment } as never, { host: 'systemd:', by: undefined, certificates: undefined });
    expect(environment.DOCKER_HOST).toBe('');
    expect(process.env.DOCKER_HOST).toBe('systemd:');
  });
});
