/**
 * Proves under Pulumi's mocks which resources each stack has (the URN tree, kept as text beside this file), and that no
 * password or key is plain in any input. It does not prove what the providers do with the inputs.
 *
 * `UPDATE_GOLDEN=1 npx jest --selectProjects unit` writes the trees anew: a changed name needs an alias.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { selfSigned } from '../unit/selfSigned';

const root = resolve(__dirname, '../..');
const secretMarker = '4dabf18193072939515e22adb298388d';

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** URN and id of the provider that somebody has chosen. */
  provider: string | undefined;
}

/** The parts of the mocked engine that its types do not show. */
interface MockedMonitor {
  registerResourceHook(request: unknown, done: (error: null, answer: object) => void): void;
  getRegisteredResources(): Map<string, unknown>;
}

/** Runs the program on a stack file of the repository, under another stack name. */
async function run(stackFile: string, overrides: Record<string, unknown> = {}) {
  jest.resetModules();
  const project = parse(readFileSync(join(root, 'Pulumi.yaml'), 'utf8'));
  const defaults = Object.entries<{ default: unknown }>(project.config).map(([key, { default: value }]) => [
    `${project.name}:${key}`,
    value,
  ]);
  const own = parse(readFileSync(join(root, stackFile), 'utf8'))?.config ?? {};
  const config = { ...Object.fromEntries(defaults), ...own, ...overrides };
  const raw = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const registered: Registered[] = [];
  const pulumi = await import('@pulumi/pulumi');
  pulumi.runtime.setAllConfig(Object.fromEntries(raw));
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        registered.push({ type: args.type, name: args.name, inputs: args.inputs, provider: args.provider });
        return { id: `${args.name}-id`, state: { ...args.inputs, ...outputsOf(args.type, args.name) } };
      },
      call: (args) => args.inputs,
    },
    project.name,
    'any-name',
  );
  const { getMonitor } = await import('@pulumi/pulumi/runtime/settings');
  const monitor = getMonitor() as unknown as MockedMonitor;
  // The mocks know no hooks yet; what a hook does is proved by the integration tests.
  monitor.registerResourceHook = (_, done) => done(null, {});
  // No Docker is needed where nothing is made.
  jest.doMock('../../operate/reach', () => ({
    mustAnswer: async () => ({ host: 'unix:///engine.sock', certificates: undefined }),
  }));
  jest.doMock('../../operate/presentLabels', () => ({ presentLabels: async () => undefined }));
  await import('../../index');
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  const urns = [...monitor.getRegisteredResources().keys()].sort();
  return { registered, urns };
}

/** The program reads what the engine has made. */
const { certificate } = selfSigned();

const secrets: Record<string, string> = {
  'random:index/randomPassword:RandomPassword': 'SECRET-password',
  'tls:index/privateKey:PrivateKey': 'SECRET-key',
};

function outputsOf(type: string, name: string): Record<string, unknown> {
  const secret = `${secrets[type] ?? 'public'}-${name}`;
  return {
    result: secret,
    privateKeyPem: secret,
    certPem: certificate,
    certRequestPem: `request-${name}`,
    imageId: 'sha256:0',
    stdout: JSON.stringify({ action: 'placed', restart: [], time: '', passed: 0, checks: [] }),
  };
}

/** Every text below a value that is not inside a marked secret. */
function plainTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (secretMarker in value) return [];
  return Object.values(value).flatMap(plainTexts);
}

/** Production in the middle of a rollover, with certificates for everybody. */
const mutual = {
  'aipi-mqtt:listeners': [
    { port: 8883, tls: true, requireCertificate: true },
    { port: 8884, tls: true, clients: 'devices', requireCertificate: true, useIdentityAsUsername: true },
  ],
  'aipi-mqtt:trustedCaGenerations': [1, 2],
  'aipi-mqtt:trustedClientCaGenerations': [1, 2],
};

/** Development with everything that watches a broker. */
const watched = {
  'aipi-mqtt:monitoring': {
    enabled: true,
    prometheus: {},
    alertmanager: {
      email: { to: ['a@example.org'], from: 'b@example.org', smarthost: 'smtp.example.org:587', username: 'ops' },
      webhook: true,
    },
    grafana: {},
  },
  'aipi-mqtt:alertEmailPassword': 'SECRET-mail',
  'aipi-mqtt:alertWebhookUrl': 'https://example.org/SECRET-hook',
};

describe.each([
  ['dev', 'Pulumi.dev.yaml', {}],
  ['watched', 'Pulumi.dev.yaml', watched],
  ['prod', 'Pulumi.prod.yaml', {}],
  ['mutual', 'Pulumi.prod.yaml', mutual],
])('%s', (name, stackFile, overrides) => {
  let stack: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    stack = await run(stackFile, overrides);
  }, 60_000);

  test('has the resources of its tree', () => {
    const golden = join(__dirname, `${name}.urns.txt`);
    const text = `${stack.urns.join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('has no secret in any plain input', () => {
    const leaks = stack.registered.flatMap(({ name: resource, inputs }) =>
      plainTexts(inputs)
        .filter((text) => text.includes('SECRET'))
        .map((text) => `${resource}: ${text.slice(0, 80)}`),
    );
    expect(leaks).toEqual([]);
    const marked = stack.registered.filter(({ inputs }) => JSON.stringify(inputs).includes('SECRET'));
    expect(marked.map(({ type }) => type)).toContain('command:local:Command');
  });

  test('has everything of Docker on the one engine that was found, whatever the environment names', () => {
    const ofDocker = stack.registered.filter(({ type }) => type.startsWith('docker:'));
    expect(ofDocker.length).toBeGreaterThan(3);
    for (const { provider } of ofDocker) expect(provider).toMatch(/providers:docker::mqtt-engine::/);
    const engine = stack.registered.find(({ type }) => type === 'pulumi:providers:docker');
    expect(engine?.inputs).toMatchObject({ host: 'unix:///engine.sock', certPath: '', context: '' });
  });

  test('has another firewall where the broker gets another name', () => {
    const opening = stack.registered.find((resource) => resource.name === 'mqtt-firewall-opening');
    expect(opening?.inputs.triggers).toEqual(name === 'prod' ? ['aipi-mqtt-any-name'] : undefined);
  });

  test('has a container without environment, as an ordinary user', () => {
    const container = stack.registered.find((resource) => resource.name === 'mqtt-broker-container');
    expect(container?.inputs).toMatchObject({
      user: '1883:1883',
      readOnly: true,
      networkMode: expect.stringMatching(/^aipi-mqtt-any-name/),
    });
    expect(container?.inputs.envs).toBeUndefined();
    expect(JSON.stringify(container?.inputs)).not.toContain('SECRET');
  });
});

describe('what watches a broker', () => {
  const names = ['exporter', 'prometheus', 'alertmanager', 'grafana'];
  let containers: Array<Record<string, unknown>>;
  beforeAll(async () => {
    const { registered } = await run('Pulumi.dev.yaml', watched);
    containers = names.map((name) => registered.find((each) => each.name === `mqtt-${name}-container`)?.inputs ?? {});
  }, 60_000);

  test('runs as an ordinary user, on a root that is only read, and answers on loopback alone', () => {
    for (const container of containers) {
      expect(container).toMatchObject({
        user: expect.stringMatching(/^[1-9]\d*:\d+$/),
        readOnly: true,
        capabilities: { drops: ['ALL'] },
        securityOpts: ['no-new-privileges:true'],
        memory: expect.any(Number),
        restart: 'unless-stopped',
        logOpts: { 'max-size': expect.anything() },
        ports: [expect.objectContaining({ ip: '127.0.0.1' })],
      });
    }
  });

  test('has no secret in its words or its environment, marked or not', () => {
    for (const { envs = [], command = [], labels = [] } of containers) {
      expect(JSON.stringify([envs, command, labels])).not.toContain('SECRET');
    }
  });
});

test('a bad configuration ends the program before any resource', async () => {
  await expect(run('Pulumi.dev.yaml', { 'aipi-mqtt:maxConnections': 1 })).rejects.toThrow(/maxConnections: 1 cannot/);
}, 60_000);
