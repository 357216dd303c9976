/**
 * Proves under Pulumi's mocks what a broker is to other programs: its arguments are the keys of Pulumi.yaml, with their
 * words and defaults; two in one program have nothing in common; what is wrong is said at once, and never with a key.
 * It does not prove that such a broker runs; tests/integration/examples.test.ts does.
 */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { MqttBrokerArgs } from '../../components/mqttBrokerArgs';
import { programWords } from '../../components/program';
import { clashes } from '../../components/siblings';
import type { Listener } from '../../mosquitto/listeners';
import { cleanUp, type Identity, newRoot } from '../unit/openssl';
import { settingsOf } from '../unit/rawConfig';
import { selfSigned } from '../unit/selfSigned';

const root = resolve(__dirname, '../..');

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** Runs a program with the given brokers. */
async function run(brokers: Record<string, MqttBrokerArgs>) {
  jest.resetModules();
  const pulumi = await import('@pulumi/pulumi');
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        const { certificate } = selfSigned();
        const made = { result: `SECRET-${name}`, privateKeyPem: `SECRET-${name}`, certPem: certificate };
        return {
          id: `${name}-id`,
          state: { ...inputs, ...made, certRequestPem: '', imageId: 'sha256:0', stdout: report },
        };
      },
      call: ({ inputs }) => inputs,
    },
    'plant',
    'prod',
  );
  const { getMonitor } = await import('@pulumi/pulumi/runtime/settings');
  const monitor = getMonitor() as unknown as Record<
    string,
    (request: unknown, done: (error: null, answer: object) => void) => void
  >;
  monitor.registerResourceHook = (_, done) => done(null, {});
  jest.doMock('../../operate/reach', () => ({ mustAnswer: async () => ({ host: 'unix:///engine.sock' }) }));
  jest.doMock('../../operate/presentLabels', () => ({ presentLabels: async () => undefined }));
  const { MqttBroker } = await import('../../components');
  const made = Object.entries(brokers).map(([name, args]) => [name, new MqttBroker(name, args)] as const);
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  return { pulumi, registered, made: Object.fromEntries(made) };
}

const report = JSON.stringify({ action: 'placed', restart: [], time: '', passed: 0, checks: [] });
const on = (port: number): MqttBrokerArgs => ({ listeners: [{ port }] });

describe('the arguments', () => {
  const text = readFileSync(join(root, 'components/mqttBrokerArgs.ts'), 'utf8').split('\n}\n')[0] ?? '';
  const fields = [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+)\?: /g)].map(
    ([, doc = '', name = '']) => {
      const [words = '', value = ''] = doc
        .split('\n')
        .map((line) => line.replace(/^ *\* ?/, ''))
        .join(' ')
        .replace(/\s+/g, ' ')
        .trim()
        .split(' @default ');
      return { name, words, default: value };
    },
  );
  const { config } = parse(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')) as {
    config: Record<string, { description: string; default: unknown }>;
  };

  test('are the keys of Pulumi.yaml, in its order', () => {
    expect(fields.map(({ name }) => name)).toEqual([...Object.keys(config), 'isRecordSecret']);
  });

  test.each(Object.entries(config))('%s is said in the words of Pulumi.yaml', (name, { description }) => {
    // Without a name a broker of another program is not called as that of a stack of this project.
    const [own] = name === 'containerName' ? description.split('; empty means') : [description];
    expect(fields.find((field) => field.name === name)?.words).toContain(own);
  });

  test('have its defaults', () => {
    const inProse = ['listeners', 'accounts', 'roles'];
    const plain = fields.filter(({ name }) => name in config && !inProse.includes(name));
    expect(Object.fromEntries(plain.map(({ name, default: value }) => [name, JSON.parse(value)]))).toEqual(
      Object.fromEntries(plain.map(({ name }) => [name, config[name]?.default])),
    );
  });
});

describe('two brokers in one program', () => {
  let stack: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    stack = await run({ north: on(1883), south: on(1983) });
  }, 60_000);

  const ofType = (type: string) => stack.registered.filter((each) => each.type === type);

  test('have names of their own, that of the broker first', () => {
    const own = stack.registered.map(({ name }) => name).sort();
    expect(new Set(own).size).toBe(own.length);
    expect(own.filter((name) => !/^(north|south)(-|$)/.test(name))).toEqual([]);
  });

  test('have containers, volumes and networks of their own', () => {
    for (const type of ['docker:index/container:Container', 'docker:index/network:Network']) {
      expect(
        ofType(type)
          .map(({ inputs }) => inputs.name)
          .sort(),
      ).toEqual(['plant-prod-north', 'plant-prod-south']);
    }
  });

  test('have the accounts, roles and limits of Pulumi.yaml where nothing else is said', () => {
    const names = stack.registered.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['north-credentials-password-aisa_rpi', 'south-fleet-secret']));
  });

  test('have the same words for their programs on every machine', () => {
    const words = ofType('command:local:Command').map(({ inputs }) => String(inputs.create));
    expect(words.filter((each) => each.includes(root))).toEqual([]);
  });
});

describe('what cannot be used', () => {
  test('is said as a whole, by its path, before anything is made', async () => {
    const wrong = { listeners: [{ port: 0 }], maxConnections: 1, extra: true } as MqttBrokerArgs;
    const error = await run({ north: wrong }).catch((reason: Error) => reason);
    expect(String((error as Error).message).split('\n')).toEqual([
      'The configuration of the broker "north" cannot be used:',
      expect.stringContaining('maxConnections: 1 cannot be used'),
      expect.stringContaining('listeners[0].port: 0 cannot be used'),
      expect.stringContaining('extra'),
    ]);
  }, 60_000);
});

describe('a certificate authority from elsewhere', () => {
  let authority: Identity;
  beforeAll(() => {
    authority = newRoot();
  });
  afterAll(cleanUp);

  const secured = (privateKey: MqttBrokerArgs['caPrivateKey']): MqttBrokerArgs => ({
    listeners: [{ port: 8883, tls: true }],
    dnsNames: ['broker.example.org'],
    caCertificate: authority.certificate,
    ...(privateKey !== undefined && { caPrivateKey: privateKey }),
  });

  test('may have a key that only the engine knows, which is a secret from then on', async () => {
    const { output } = await import('@pulumi/pulumi');
    const { registered } = await run({ north: secured(output(authority.privateKey)) });
    const { inputs } = registered.find(({ name }) => name === 'north-certificates-server') ?? {};
    expect(inputs?.caPrivateKeyPem).toEqual({
      '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
      value: authority.privateKey,
    });
    expect(registered.map(({ name }) => name)).not.toContain('north-certificates-authority-1');
  }, 60_000);

  test('needs a key all the same', async () => {
    await expect(run({ north: secured(undefined) })).rejects.toThrow(/caPrivateKey: is missing/);
  }, 60_000);
});

test('what alerts are sent by may be known to the engine alone, and is a secret from then on', async () => {
  const { output } = await import('@pulumi/pulumi');
  const monitoring = { enabled: true, prometheus: {}, alertmanager: { webhook: true } };
  const alertWebhookUrl = output('https://example.org/late');
  const { registered } = await run({ north: { ...on(1883), monitoring, alertWebhookUrl } });
  const { inputs = {} } = registered.find(({ name }) => name === 'north-alertmanager-delivery') ?? {};
  const { value } = inputs.stdin as { value: string };
  expect(JSON.parse(value).files['webhook-url']).toBe('https://example.org/late');
  expect(JSON.stringify(registered.filter((each) => each.inputs !== inputs))).not.toContain('example.org/late');
}, 60_000);

describe('brokers that take what another one of the program has', () => {
  const place = { dockerHost: undefined, monitoring: settingsOf().monitoring };
  const own = { ...place, name: 'north', containerName: 'a', network: 'shared', listeners: at('0.0.0.0') };
  const other = { ...own, name: 'south', containerName: 'b', network: null, listeners: at('0.0.0.0', 1983) };

  function at(bindAddress: string | string[], port = 1883): Listener[] {
    return [{ port, bindAddress }] as Listener[];
  }

  test.each([
    ['nothing of it', other, []],
    ['its name', { ...other, containerName: 'a' }, ['containerName: "a" is that']],
    ['its network as a name', { ...other, containerName: 'shared' }, ['containerName: "shared" is that']],
    ['its name as a network', { ...other, network: 'a' }, ['network: "a" is that']],
    ['its network', { ...other, network: 'shared' }, ['network: "shared" is that']],
    ['its port', { ...other, listeners: at('127.0.0.1') }, ['listeners[0].port: 1883 is one']],
    ['its port of another kind of address', { ...other, listeners: at('::1') }, []],
    [
      'its port for what watches',
      {
        ...other,
        monitoring: settingsOf({ monitoring: { enabled: true, port: 1883 }, listeners: [{ port: 1 }] }).monitoring,
      },
      ['monitoring.port: 1883 is one'],
    ],
    ['everything on another machine', { ...own, name: 'south', dockerHost: 'ssh://admin@south' }, []],
  ])('%s', (_, late, words) => {
    expect(clashes(late, [own])).toEqual(words.map((each) => `${each} of the broker "north"; choose another one`));
  });

  test('on addresses of their own may have the same port', () => {
    const [first, second] = [at('192.0.2.1'), at(['192.0.2.2', '192.0.2.3'])];
    expect(clashes({ ...other, listeners: second }, [{ ...own, listeners: first }])).toEqual([]);
  });
});

test.each([
  ['', 'exec node --require ./setup/typescript.cjs operate/deliver.ts'],
  [
    'node_modules/aipi-mqtt/dist',
    'exec node --require ./node_modules/aipi-mqtt/dist/setup/typescript.cjs node_modules/aipi-mqtt/dist/operate/deliver.ts',
  ],
  ["../it's", "exec node --require './../it'\\''s/setup/typescript.cjs' '../it'\\''s/operate/deliver.ts'"],
])('programs of the package are named from the folder of who uses it: %s', (folder, words) => {
  expect(programWords('operate/deliver', folder)).toBe(words);
});
