import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presentUrn } from '../../commands/stack/resourceNames';
import { stored, storedOutputs, storedResources } from '../../commands/stack/state';

const resources = [
  { urn: 'urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev', type: 'pulumi:pulumi:Stack', outputs: { answer: 42 } },
  { urn: 'urn:pulumi:dev::p::pulumi:providers:docker::engine', type: 'pulumi:providers:docker', inputs: { host: 'h' } },
];

describe('storedResources', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-state-'));
    mkdirSync(join(folder, '.pulumi', 'stacks', 'p'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = () =>
    storedResources({ bin: 'none', environment: { PULUMI_BACKEND_URL: `file://${folder}` } }, 'p', 'dev');
  const write = (state: unknown) =>
    writeFileSync(join(folder, '.pulumi', 'stacks', 'p', 'dev.json'), JSON.stringify(state));

  it('reads a file backend without the engine', async () => {
    write({ checkpoint: { latest: { resources } } });
    expect(await read()).toEqual(resources);
  });

  it('finds none in a stack that was never deployed', async () => {
    write({ checkpoint: { latest: {} } });
    expect(await read()).toEqual([]);
    write({ checkpoint: {} });
    expect(await read()).toEqual([]);
  });
});

test('stored finds a resource by type and name', () => {
  expect(stored(resources, 'pulumi:providers:docker', 'engine')).toBe(resources[1]);
  expect(stored(resources, 'pulumi:providers:docker', 'gine')).toBeUndefined();
  expect(stored(resources, 'another', 'engine')).toBeUndefined();
});

test('stored finds a part of the broker by what it was called before there was anything around it, too', () => {
  const named = 'urn:pulumi:dev::p::aipi:index:MqttBroker$pulumi:providers:docker::mqtt-engine';
  const anew = { urn: named, type: 'pulumi:providers:docker' };
  expect(stored([...resources, anew], 'pulumi:providers:docker', 'engine')).toBe(anew);
  expect(stored([anew], 'pulumi:providers:docker', 'engine')).toBe(anew);
});

describe('presentUrn', () => {
  const start = 'urn:pulumi:dev::aipi-mqtt';
  it.each([
    ['aipi:index:Fleet::fleet', 'aipi:index:MqttBroker$aipi:index:Fleet::mqtt-fleet'],
    [
      'aipi:index:Broker$docker:index/container:Container::broker-container',
      'aipi:index:MqttBroker$aipi:index:Broker$docker:index/container:Container::mqtt-broker-container',
    ],
    ['pulumi:providers:docker::engine', 'aipi:index:MqttBroker$pulumi:providers:docker::mqtt-engine'],
  ])('is that of the same part in the broker: %s', (before, now) => {
    expect(presentUrn(`${start}::${before}`)).toBe(`${start}::${now}`);
    expect(presentUrn(`${start}::${now}`)).toBe(`${start}::${now}`);
  });

  it('is that of a part, too, which an update that was cut off has called anew by its types alone', () => {
    const types = 'aipi:index:MqttBroker$aipi:index:Verification$command:local:Command';
    expect(presentUrn(`${start}::${types}::verification-run`)).toBe(`${start}::${types}::mqtt-verification-run`);
  });

  it.each([
    'pulumi:pulumi:Stack::aipi-mqtt-dev',
    'pulumi:providers:random::default_4_21_2',
    'aipi:index:MqttBroker::mqtt',
  ])('is the same for what was never at the top: %s', (urn) => {
    expect(presentUrn(`${start}::${urn}`)).toBe(`${start}::${urn}`);
  });
});

test('storedOutputs are those of the stack, none before the first deployment', () => {
  expect(storedOutputs(resources)).toEqual({ answer: 42 });
  expect(storedOutputs([])).toEqual({});
});
