/**
 * Proves with the real engine, broker and commands that clients can be asked for certificates: a fleet gets there without
 * a device being refused, accounts and devices get in by certificates that `provision` issues, a revoked certificate is
 * out at once and stays out, and the authorities of clients are replaced live. Forty clients and ten devices look on.
 *
 * It does not prove how strong the certificates are; that openssl and strict rules accept them is proved by unit tests.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { CheckResult } from '../../mosquitto/result';
import { Crowd, reconnects } from './crowd';
import { docker, freePorts, type Outcome, Project } from './project';

jest.setTimeout(900_000);

const host = 'broker.example.org';
const ids = Array.from({ length: 10 }, (_, index) => `pi-${index}`);
const revoked = 'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED';
const unknown = 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA';

let project: Project;
let stack: string;
let ports: number[];
let bundles: string;
let config: Record<string, unknown>;
/** What `aisa_server` was given when certificates were first asked for. */
let server: Awaited<ReturnType<typeof account>>;
const crowd = new Crowd();

const mutual = { requireCertificate: true, useIdentityAsUsername: true };

/** The listeners, those of devices with what they ask for. */
function listeners(devices: object, second: object, accounts: object) {
  return [
    { port: ports[0] },
    { port: ports[1], tls: true, ...accounts },
    { port: ports[2], tls: true, protocol: 'websockets', ...accounts },
    { port: ports[3], tls: true, clients: 'devices', ...devices },
    { port: ports[4], tls: true, clients: 'devices', ...second },
  ];
}

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(5);
  stack = `test-${ports[0]}`;
  bundles = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bundles-'));
  config = { listeners: listeners({}, mutual, {}), dnsNames: [host], devices: ids, maxRevokedDevicesPercent: 100 };
  await deploy({});
  await handOut();
  await Promise.all(ids.map((id) => crowd.play(id, bundles, host)));
});

afterAll(async () => {
  await crowd.end();
  await project.dispose();
  rmSync(bundles, { recursive: true, force: true });
});

function deploy(changed: Record<string, unknown>): Promise<Outcome> {
  config = { ...config, ...changed };
  project.configure(stack, config);
  return project.must('up', stack);
}

async function handOut(): Promise<void> {
  await project.must('provision', stack, '--all', '--out', bundles);
}

async function run() {
  const { Id, State } = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  return { id: Id, at: State.StartedAt };
}

/** What a service is given: the outputs, and the certificate that was issued for it. */
async function account(name: string) {
  await project.must('provision', stack, '--account', name, '--out', bundles);
  const file = (each: string) => readFileSync(join(bundles, `account-${name}`, each), 'utf8');
  const tls = { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key'), servername: host };
  return { username: name, password: file('password'), ...tls, wsOptions: tls };
}

/** A certificate as it lies in a bundle now. */
function certificateOf(id: string) {
  const file = (each: string) => readFileSync(join(bundles, id, 'boot', 'aipi', each), 'utf8');
  return { cert: file('client.pem'), key: file('client.key') };
}

/** What a listener answers to a certificate: nothing, or the alert by which it refuses. */
function answer(port: number | undefined, shown: { cert: string; key: string }): Promise<string> {
  return new Promise((done) => {
    const socket = connectTls({ host: '127.0.0.1', port: port ?? 0, rejectUnauthorized: false, ...shown });
    // A CONNECT packet: whoever may come in is answered, and the alert of a refusal comes before that.
    socket.once('secureConnect', () => socket.write(Buffer.from('101000044d5154540402003c000461697069', 'hex')));
    socket.once('data', () => done('accepted'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => done(code ?? 'error'));
    socket.once('close', () => done('closed'));
  });
}

test('a fleet begins to show certificates, and no device is refused', async () => {
  await expect(account('aisa_server')).rejects.toThrow('No listener of');
  await deploy({ listeners: listeners(mutual, mutual, { requireCertificate: true }) });
  const { verification } = await project.outputs(stack);
  // Only a restart opens a listener that asks: everybody is away for that long.
  expect(verification.interruption.because.join('\n')).toContain('+ listener');
  await Crowd.until(() => [...crowd.devices.values()].every((device) => device.connected), 'the return of all devices');
  expect(crowd.refusals).toBe(0);
  server = await account('aisa_server');
  await crowd.join(20, `mqtts://127.0.0.1:${ports[1]}`, server);
  await crowd.join(20, `wss://127.0.0.1:${ports[2]}`, server);
  expect(await crowd.serving()).toBe(40);
});

test('verification proves who is refused', async () => {
  const checks = JSON.parse((await project.must('verify', stack, '--json')).stdout) as CheckResult[];
  const refusals = checks.filter(({ check }) => /: a client with/.test(check) && !check.startsWith('rehearsal'));
  expect(refusals.filter(({ ok }) => !ok)).toEqual([]);
  for (const port of [`mqtts-${ports[1]}`, `wss-${ports[2]}`, `mqtts-${ports[3]}`]) {
    expect(
      refusals
        .filter(({ check }) => check.startsWith(port))
        .map(({ check }) => check.split(': ')[1])
        .sort(),
    ).toEqual(
      [
        `a client with a certificate for ${port.endsWith(String(ports[3])) ? 'accounts' : 'devices'} is refused`,
        'a client with a certificate of another authority is refused',
        'a client with a revoked certificate is refused',
        'a client without TLS is refused',
        'a client without a certificate is refused',
      ].sort(),
    );
  }
});

test('where a certificate is asked in addition, a wrong password is refused', async () => {
  const url = `mqtts://127.0.0.1:${ports[1]}`;
  expect(await reconnects(url, server)).toBe(true);
  expect(await reconnects(url, { ...server, password: 'wrong' })).toBe(false);
  const { cert: _cert, key: _key, ...without } = server;
  expect(await reconnects(url, { ...without, wsOptions: {} })).toBe(false);
});

test('a device that is taken out, or gets a new generation, is out at once, and nobody else is', async () => {
  const before = { run: await run(), others: others(['pi-8', 'pi-9']) };
  const [old8, old9] = [certificateOf('pi-8'), certificateOf('pi-9')];
  expect(await answer(ports[3], old9)).toBe('accepted');
  await deploy({ devices: [...ids.slice(0, 8), { id: 'pi-8', generation: 2 }] });
  expect(await answer(ports[3], old9)).toBe(revoked);
  expect(await answer(ports[3], old8)).toBe(revoked);
  await Crowd.until(() => ['pi-8', 'pi-9'].every((id) => !crowd.devices.get(id)?.connected), 'the end of both');
  expect(others(['pi-8', 'pi-9'])).toEqual(before.others);
  expect(await crowd.serving()).toBe(40);
  expect(await run()).toEqual(before.run);
  await project.must('provision', stack, 'pi-8', '--out', bundles);
  await Crowd.until(() => crowd.devices.get('pi-8')?.connected === true, 'the return of pi-8');
});

test('a certificate that was revoked does not come back with its name', async () => {
  project.configure(stack, { ...config, devices: ids });
  const { code, stdout } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toContain('pi-9: was revoked at generation 1');
  await deploy({ devices: [...ids.slice(0, 8), { id: 'pi-8', generation: 2 }, { id: 'pi-9', generation: 2 }] });
  await project.must('provision', stack, 'pi-9', '--out', bundles);
  await Crowd.until(() => crowd.devices.get('pi-9')?.connected === true, 'the return of pi-9');
});

test('an account of a new generation leaves its certificates behind', async () => {
  const pi = await account('aisa_rpi');
  expect(await answer(ports[1], pi)).toBe('accepted');
  const before = { run: await run(), others: others([]) };
  const accounts = [
    { username: 'aisa_server', topics: ['readwrite #'] },
    { username: 'aisa_rpi', generation: 2, topics: ['read device/control'] },
  ];
  await deploy({ accounts });
  expect(await answer(ports[1], pi)).toBe(revoked);
  expect(await answer(ports[2], pi)).toBe(revoked);
  expect(await answer(ports[1], await account('aisa_rpi'))).toBe('accepted');
  expect({ run: await run(), others: others([]) }).toEqual(before);
  expect(await crowd.serving()).toBe(40);
});

test('the authorities of clients are replaced live, in two steps', async () => {
  const before = { run: await run(), disconnects: crowd.disconnects };
  const old = certificateOf('pi-0');
  await deploy({ clientCaGeneration: 2, trustedClientCaGenerations: [1, 2], clientCertificateValidityHours: 100 });
  expect(crowd.disconnects).toBe(before.disconnects);
  expect(await answer(ports[1], await account('aisa_server'))).toBe('accepted');
  expect(await answer(ports[3], old)).toBe('accepted');

  project.configure(stack, { ...config, trustedClientCaGenerations: [2] });
  const { code, stdout } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toContain(
    '10 of 10 devices, whose bundles the step before has not reached: 10 reported another bundle',
  );

  await handOut();
  await Crowd.until(async () => (await reportedIssuers()).length === ids.length, 'the report of all devices');
  const replaced = crowd.disconnects;
  await deploy({ trustedClientCaGenerations: [2] });
  expect(crowd.disconnects).toBe(replaced);
  expect(await answer(ports[3], old)).toBe(unknown);
  expect([...crowd.devices.values()].filter((device) => !device.connected)).toEqual([]);
  expect(await crowd.serving()).toBe(40);
  expect(await run()).toEqual(before.run);
  // It takes the place of the device itself, which comes back.
  expect(await answer(ports[3], certificateOf('pi-0'))).toBe('accepted');
});

test('certificates are no longer asked for, and every device comes back', async () => {
  const refusals = crowd.refusals;
  await deploy({ listeners: listeners({}, {}, {}) });
  await Crowd.until(() => [...crowd.devices.values()].every((device) => device.connected), 'the return of all devices');
  expect(crowd.refusals).toBe(refusals);
});

/** How often each device but some lost its connection. */
function others(some: readonly string[]): Record<string, number> {
  const rest = [...crowd.devices].filter(([id]) => !some.includes(id));
  return Object.fromEntries(rest.map(([id, { counters }]) => [id, counters.disconnects]));
}

/** Devices that report a certificate that lasts for as long as those of the second generation do. */
async function reportedIssuers(): Promise<string[]> {
  const { stdout } = await project.must('devices', stack, '--json');
  const soon = Date.now() + 101 * 3_600_000;
  return (JSON.parse(stdout) as Array<{ id: string; certificate_expires: string | null }>)
    .filter(({ certificate_expires: end }) => end !== null && Date.parse(end) < soon)
    .map(({ id }) => id);
}
