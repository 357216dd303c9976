import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('storedOutputs are those of the stack, none before the first deployment', () => {
  expect(storedOutputs(resources)).toEqual({ answer: 42 });
  expect(storedOutputs([])).toEqual({});
});
