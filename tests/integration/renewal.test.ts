/**
 * Proves with the real engine, broker and commands that certificates are renewed, change their names and their authority
 * with nobody disconnected and nobody refused: 50 clients stay on MQTT and WebSockets over TLS, ten of them devices that
 * play from their bundles and report them. What is served is compared with the stack, and read by openssl, by strict
 * Python, by mosquitto_sub and by MQTT clients.
 *
 * Pulumi's provider counts in hours, so a renewal is brought about by a certificate of another length, and not by waiting;
 * that one is due stands in the outputs of the stack then. That a certificate is renewed in its last hours and not before
 * is what the provider does with the same number.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Authorities } from './authorities';
import { Crowd, reconnects } from './crowd';
import { docker, freePorts, type Outcome, Project } from './project';

jest.setTimeout(900_000);

const host = 'broker.example.org';
const other = 'mqtt.example.org';
const ids = Array.from({ length: 10 }, (_, index) => `pi-${index}`);

let project: Project;
let stack: string;
let ports: number[];
let bundles: string;
let config: Record<string, unknown>;
let started: { id: string; at: string };
const crowd = new Crowd();
const authorities = new Authorities();

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(4);
  stack = `test-${ports[0]}`;
  bundles = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bundles-'));
  config = {
    listeners: [
      { port: ports[0] },
      { port: ports[1], tls: true },
      { port: ports[2], tls: true, protocol: 'websockets' },
      { port: ports[3], tls: true, clients: 'devices' },
    ],
    dnsNames: [host],
    devices: ids,
  };
  await deploy({});
  await handOut();
  const options = await login();
  await Promise.all([crowd.join(20, urls().mqtts, options), crowd.join(20, urls().wss, options)]);
  await Promise.all(ids.map((id) => crowd.play(id, bundles, host)));
  started = await run();
});

afterAll(async () => {
  await crowd.end();
  await project.dispose();
  authorities.dispose();
  rmSync(bundles, { recursive: true, force: true });
});

function urls() {
  return { mqtts: `mqtts://127.0.0.1:${ports[1]}`, wss: `wss://127.0.0.1:${ports[2]}` };
}

/** What a service is told by the outputs. */
async function login() {
  const { accounts, caCertificate } = await project.outputs(stack);
  const tls = { ca: caCertificate, servername: host };
  return { username: 'aisa_server', password: accounts.aisa_server, ...tls, wsOptions: tls };
}

function configure(changed: Record<string, unknown>): void {
  config = Object.fromEntries(Object.entries({ ...config, ...changed }).filter(([, value]) => value !== undefined));
  project.configure(stack, config);
}

async function deploy(changed: Record<string, unknown>): Promise<Outcome> {
  configure(changed);
  return project.must('up', stack);
}

/** Brings new bundles to the devices, which take them up while they run. */
async function handOut(): Promise<void> {
  await project.must('provision', stack, '--all', '--out', bundles);
}

async function run() {
  const { Id, State } = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  return { id: Id, at: State.StartedAt };
}

/** The certificate that a listener shows. */
function served(port: number | undefined): Promise<{ serial: string; issuer: string }> {
  return new Promise((done, fail) => {
    const socket = connectTls({ host: '127.0.0.1', port: port ?? 0, rejectUnauthorized: false }, () => {
      const { serialNumber = '', issuer = '' } = socket.getPeerX509Certificate() ?? {};
      socket.destroy();
      done({ serial: serialNumber, issuer });
    });
    socket.once('error', fail);
  });
}

async function serials(): Promise<string[]> {
  const shown = await Promise.all([1, 2, 3].map((index) => served(ports[index])));
  return [...new Set(shown.map(({ serial }) => serial))];
}

/** As if the hours had passed after which the server's certificate is due. */
function becomeDue(): void {
  const file = join(project.folder, 'state', '.pulumi', 'stacks', 'aipi-mqtt', `${stack}.json`);
  const state = JSON.parse(readFileSync(file, 'utf8'));
  for (const { outputs } of state.checkpoint.latest.resources) {
    if (outputs?.certificateTerms !== undefined) outputs.certificateTerms.server.dueFrom = new Date(0).toISOString();
  }
  writeFileSync(file, JSON.stringify(state));
}

/** What may never change, whatever is renewed: everybody is there, gets in again, and the broker is the same. */
async function everybodyStayed(before: { disconnects: number }): Promise<void> {
  expect({ disconnects: crowd.disconnects, refusals: crowd.refusals }).toEqual({ ...before, refusals: 0 });
  expect(await crowd.serving()).toBe(40);
  expect([...crowd.devices.values()].filter((device) => !device.connected)).toEqual([]);
  const options = await login();
  expect(await reconnects(urls().mqtts, options)).toBe(true);
  expect(await reconnects(urls().wss, options)).toBe(true);
  expect(await run()).toEqual(started);
}

/** The commands and libraries that read what is served, strictly. */
async function everybodyAccepts(name = host): Promise<void> {
  const { caCertificate, accounts, certificateTerms } = await project.outputs(stack);
  const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-served-'));
  try {
    const authority = join(folder, 'ca.pem');
    writeFileSync(authority, caCertificate);
    for (const port of [ports[1], ports[2], ports[3]]) {
      const client = [
        's_client',
        '-connect',
        `127.0.0.1:${port}`,
        '-servername',
        name,
        '-showcerts',
        '-CAfile',
        authority,
      ];
      const shown = execFileSync('openssl', [...client, '-verify_return_error', '-verify_hostname', name], {
        input: '',
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const chain = shown.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
      writeFileSync(join(folder, 'leaf.pem'), chain[0] ?? '');
      writeFileSync(join(folder, 'rest.pem'), chain.slice(1).join('') || caCertificate);
      const strict = [
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-verify_hostname',
        name,
        '-CAfile',
        authority,
      ];
      const words = [...strict, '-untrusted', join(folder, 'rest.pem'), join(folder, 'leaf.pem')];
      expect(execFileSync('openssl', words, { encoding: 'utf8' })).toContain('leaf.pem: OK');
      expect(execFileSync('python3', ['-c', strictPython, authority, String(port), name], { encoding: 'utf8' })).toBe(
        'ok\n',
      );
    }
    expect(await serials()).toEqual([certificateTerms.server.serial]);
    const words = ['-h', name, '-p', String(ports[1]), '--cafile', '/ca.pem', '-u', 'aisa_server'];
    const container = ['--rm', '--network', 'host', '--add-host', `${name}:127.0.0.1`, '-v', `${authority}:/ca.pem:ro`];
    // It ends as soon as the broker has answered: only the connection counts.
    const subscriber = [
      'mosquitto_sub',
      ...words,
      '-P',
      accounts.aisa_server,
      '-t',
      'device/control',
      '-E',
      '-W',
      '10',
    ];
    expect(exitCode('docker', ['run', ...container, 'eclipse-mosquitto:2.1.2', ...subscriber])).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function exitCode(program: string, args: string[]): number {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

/** What Python 3.13 does by itself. */
const strictPython = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
with context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[2])), 5), server_hostname=sys.argv[3]):
    print('ok')
`;

test('the server certificate is renewed twice, each time live on MQTT and WebSockets', async () => {
  const before = crowd.disconnects;
  const seen = await serials();
  // A certificate of another length is another one.
  for (const hours of [2, 3]) {
    await deploy({ serverCertificateValidityHours: hours });
    const [serial = ''] = await serials();
    expect(seen).not.toContain(serial);
    seen.push(serial);
    await everybodyStayed({ disconnects: before });
  }
  expect(seen).toHaveLength(3);
  await everybodyAccepts();
});

test('days left are in the outputs, in verify, in warnings and for monitoring', async () => {
  const { certificateTerms } = await project.outputs(stack);
  expect(certificateTerms.server).toMatchObject({ daysLeft: 0, renewal: 'update' });
  expect(certificateTerms['ca-1'].daysLeft).toBeGreaterThan(3_640);
  expect((await project.must('verify', stack, '--checks')).stderr).toMatch(
    /certificate ca-1 is valid +\d+ ms {2}36\d\d days left/,
  );
  expect((await project.must('certificates', stack)).code).toBe(0);
  becomeDue();
  const monitor = await project.run('certificates', stack, '--json');
  expect({ code: monitor.code, server: JSON.parse(monitor.stdout).server.daysLeft }).toEqual({ code: 1, server: 0 });
  expect(monitor.stderr).toContain('certificate server has 0 days left; an update renews it');
});

test('an update only if due renews what is due, and does nothing else', async () => {
  const [before] = await serials();
  configure({ serverCertificateValidityHours: undefined });
  const due = await project.must('up', stack, '--only-if-due');
  expect(due.stderr).toContain('certificate server has 0 days left');
  const [renewed] = await serials();
  expect(renewed).not.toBe(before);
  const idle = await project.must('up', stack, '--only-if-due');
  expect(idle.stderr).toContain('Nothing is due');
  expect(idle.stdout).not.toContain('Updating');
  expect((await project.must('certificates', stack)).code).toBe(0);
});

test('another name is served live', async () => {
  const before = crowd.disconnects;
  await deploy({ dnsNames: [host, other] });
  await everybodyStayed({ disconnects: before });
  await everybodyAccepts(other);
});

describe('a rollover of the certificate authority', () => {
  test('is refused where a step is left out', async () => {
    configure({ caGeneration: 2 });
    const { code, stdout, stderr } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toContain('that no bundle holds yet; first deploy with both of them trusted');
    expect(stderr).toContain(
      'Will be refused: the server certificate would be signed by a certificate authority (ca-2)',
    );
    // What follows is what the refusal asks for.
    configure({ caGeneration: undefined });
  });

  test('adds the new authority to every bundle', async () => {
    const before = crowd.disconnects;
    await deploy({ trustedCaGenerations: [1, 2] });
    await everybodyStayed({ disconnects: before });
    const { caCertificate } = await project.outputs(stack);
    expect(caCertificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect((await served(ports[1])).issuer).not.toContain('authority 2');
  });

  test('is refused as long as a device has the bundle from before', async () => {
    await project.must('provision', stack, ...ids.slice(1), '--out', bundles);
    await Crowd.until(async () => (await trusting('ca-2')).length === 9, 'the report of nine devices');
    configure({ caGeneration: 2 });
    const { code, stdout } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toContain(
      '1 of 10 devices, whose bundles the step before has not reached: 1 reported another bundle (pi-0)',
    );
    expect((await served(ports[1])).issuer).not.toContain('authority 2');
    configure({ caGeneration: undefined });
    await project.must('up', stack);
  });

  test('signs with the new authority, then retires the old one', async () => {
    await handOut();
    await Crowd.until(async () => (await trusting('ca-2')).length === 10, 'the report of all devices');
    const before = crowd.disconnects;
    await deploy({ caGeneration: 2 });
    expect((await served(ports[1])).issuer).toContain('authority 2');
    await everybodyStayed({ disconnects: before });
    await everybodyAccepts();
    await deploy({ trustedCaGenerations: [2] });
    await everybodyStayed({ disconnects: before });
    const { caCertificate } = await project.outputs(stack);
    expect(caCertificate.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    await everybodyAccepts();
  });

  test('let every device reconnect', async () => {
    await handOut();
    await Crowd.until(async () => (await trusting('ca-1')).length === 0, 'the report of all devices');
    for (const device of crowd.devices.values()) expect(device.connected).toBe(true);
    expect(crowd.refusals).toBe(0);
  });
});

test('an authority of somebody else takes over in the same steps', async () => {
  authorities.root('corporate');
  authorities.intermediate('issuing', 'corporate');
  const before = crowd.disconnects;
  await deploy({ trustedCertificates: [authorities.path('corporate.pem')] });
  await handOut();
  await Crowd.until(async () => (await trusting('trusted-')).length === 10, 'the report of all devices');
  const stayed = crowd.disconnects;
  expect(stayed).toBeGreaterThanOrEqual(before);
  writeFileSync(authorities.path('chain.pem'), authorities.read('issuing.pem', 'corporate.pem'));
  await deploy({ caCertificate: authorities.path('chain.pem'), caPrivateKey: authorities.path('issuing.key') });
  await everybodyStayed({ disconnects: stayed });
  expect((await served(ports[1])).issuer).toContain('issuing');
  await everybodyAccepts();
});

test('a server certificate from elsewhere is delivered, and its successor noticed', async () => {
  const before = crowd.disconnects;
  authorities.server('foreign', 'issuing', host);
  const given = (name: string) => ({
    serverCertificate: authorities.path(`${name}.pem`),
    serverPrivateKey: authorities.path(`${name}.key`),
  });
  writeFileSync(authorities.path('foreign.pem'), authorities.read('foreign.pem', 'issuing.pem'));
  await deploy({ caCertificate: undefined, caPrivateKey: undefined, dnsNames: [host], ...given('foreign') });
  await everybodyStayed({ disconnects: before });
  await everybodyAccepts();
  expect((await project.must('up', stack, '--only-if-due')).stderr).toContain('Nothing is due');
  const [old] = await serials();
  authorities.server('successor', 'issuing', host);
  writeFileSync(authorities.path('foreign.pem'), authorities.read('successor.pem', 'issuing.pem'));
  writeFileSync(authorities.path('foreign.key'), authorities.read('successor.key'));
  expect((await project.must('up', stack, '--only-if-due')).stderr).toContain(
    'certificate server is another one by now',
  );
  expect(await serials()).not.toContain(old);
  await everybodyStayed({ disconnects: before });
  await everybodyAccepts();
});

test('what cannot be used is refused before the broker is touched', async () => {
  authorities.root('stranger');
  authorities.server('lonely', 'stranger', host);
  const [before] = await serials();
  const good = { ...config };
  configure({ serverCertificate: authorities.path('lonely.pem'), serverPrivateKey: authorities.path('foreign.key') });
  const { code, stdout, stderr } = await project.run('up', stack);
  project.configure(stack, good);
  config = good;
  expect(code).not.toBe(0);
  expect(stdout).not.toContain('Updating');
  expect(stderr).toContain('serverPrivateKey: belongs to another certificate');
  expect(stderr).toContain('serverCertificate: leads to "CN=stranger", which is missing');
  expect(await serials()).toEqual([before]);
});

/** Devices that say that they trust an authority. */
async function trusting(name: string): Promise<string[]> {
  const { stdout } = await project.must('devices', stack, '--json');
  const statuses = JSON.parse(stdout) as Array<{ id: string; trusts: string[] | null }>;
  return statuses.filter(({ trusts }) => trusts?.some((each) => each.startsWith(name))).map(({ id }) => id);
}
