/**
 * Proves with the real engine, broker and commands that a fleet changes under load and nobody else notices: 500 devices
 * play from the bundles that `provision` wrote, over TLS, each with a QoS 1 message a second, while real updates add,
 * revoke, rotate and reassign devices and renew the server certificate. Every message that the broker acknowledged must
 * reach a subscriber with a persistent session.
 *
 * It does not prove how fast that is (the benchmark measures it), nor anything about devices that lose their network.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import mqtt, { type MqttClient } from 'mqtt';
import type { Device } from '../../examples/node/device.mjs';
import { docker, freePorts, Project } from './project';
import { referenceDevice } from './referenceBroker';

jest.setTimeout(600_000);

const size = 500;
const serverName = 'broker.example.org';

let project: Project;
let stack: string;
let ports: number[];
let bundles: string;
let monitor: MqttClient;
/** Numbers of the data messages that the monitor received, by device. */
const received = new Map<string, Set<number>>();
/** Numbers of the data messages that the broker acknowledged, by device. */
const acknowledged = new Map<string, number[]>();
const devices = new Map<string, Device>();
/** What the monitor noticed. */
let monitorCloses = 0;

function idOf(index: number): string {
  return `pi-${String(index).padStart(3, '0')}`;
}

/** The list of the fleet as it changes. */
const list = new Map(Array.from({ length: size }, (_, index) => [idOf(index), { generation: 1, role: 'device' }]));

function writeList(): void {
  const lines = [...list].map(([id, { generation, role }]) => `${id},${generation},${role}`);
  writeFileSync(join(project.folder, 'fleet.csv'), ['# the fleet', 'id,generation,role', ...lines, ''].join('\n'));
}

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(2);
  stack = `test-${ports[0]}`;
  bundles = mkdtempSync(join(tmpdir(), 'aipi-mqtt-fleet-'));
  writeList();
  project.configure(stack, {
    listeners: [{ port: ports[0] }, { port: ports[1], tls: true, clients: 'devices' }],
    dnsNames: [serverName],
    devicesFile: 'fleet.csv',
    roles: [
      { name: 'device', topics: ['write device/{id}/data', 'write device/{id}/status', 'read device/control'] },
      { name: 'gateway', topics: ['write device/{id}/data', 'write device/{id}/status', 'read device/+/data'] },
    ],
  });
  await project.must('up', stack);
  await project.must('provision', stack, '--all', '--out', bundles);
  const { accounts } = await project.outputs(stack);
  monitor = await mqtt.connectAsync(`mqtt://127.0.0.1:${ports[0]}`, {
    username: 'aisa_server',
    password: accounts.aisa_server,
    protocolVersion: 5,
    clientId: 'monitor',
    clean: false,
    properties: { sessionExpiryInterval: 600 },
    reconnectPeriod: 50,
  });
  monitor.on('close', () => {
    monitorCloses += 1;
  });
  monitor.on('message', (topic, payload) => {
    const [, id = '', kind] = topic.split('/');
    // Probes of verification flow on these topics, too.
    if (kind === 'data' && devices.has(id)) note(id, JSON.parse(payload.toString()).seq);
  });
  await monitor.subscribeAsync('device/+/data', { qos: 1 });
  for (let index = 0; index < size; index += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, offset) => play(idOf(index + offset))));
  }
});

afterAll(async () => {
  await Promise.all([...devices.values()].map((device) => device.stop()));
  await monitor?.endAsync(true);
  await project.dispose();
  rmSync(bundles, { recursive: true, force: true });
});

function note(id: string, number: number | undefined): void {
  if (number !== undefined) received.set(id, (received.get(id) ?? new Set()).add(number));
}

/** Starts a device from its bundle, and nothing else. */
async function play(id: string): Promise<void> {
  const { Device: ReferenceDevice } = await referenceDevice();
  const device = new ReferenceDevice(join(bundles, id, 'boot', 'aipi'), {
    intervalSeconds: 1,
    retrySeconds: 0.05,
    refusedRetrySeconds: 0.5,
    connect: { host: '127.0.0.1', servername: serverName },
  });
  device.on('acknowledged', (_topic: string, body: unknown) => {
    const { seq } = body as { seq?: number };
    if (seq !== undefined) acknowledged.set(id, [...(acknowledged.get(id) ?? []), seq]);
  });
  devices.set(id, device);
  await device.start();
}

/** Deploys the list as it is now. */
async function deploy(...words: string[]) {
  writeList();
  const before = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  await project.must('up', stack, ...words);
  const after = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  expect([after.Id, after.State.StartedAt]).toEqual([before.Id, before.State.StartedAt]);
  return (await project.outputs(stack)).verification;
}

/** What the broker keeps on a topic. */
function retained(topic: string): Promise<string> {
  return new Promise((done, fail) => {
    const take = (arrived: string, payload: Buffer) => {
      if (arrived !== topic) return;
      monitor.off('message', take);
      monitor.unsubscribeAsync(topic).then(() => done(payload.toString()), fail);
    };
    monitor.on('message', take);
    monitor.subscribeAsync(topic, { qos: 0 }).catch(fail);
  });
}

/** Devices that have lost a connection, or were refused one. */
function disturbed(): string[] {
  return [...devices].flatMap(([id, { counters }]) =>
    counters.disconnects + counters.refusals + counters.takeovers > 0 ? [id] : [],
  );
}

/** Waits for a condition. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${condition}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Serial number of the certificate that the broker shows. */
function servedSerial(certificateAuthority: string): Promise<string> {
  return new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port: ports[1], ca: certificateAuthority, servername: serverName };
    const socket = connectTls(options, () => {
      done(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', fail);
  });
}

test('all devices of the bundles are connected and send', async () => {
  expect([...devices.values()].filter(({ connected }) => connected)).toHaveLength(size);
  await until(() => received.size === size);
});

test('bundles are for their owner only, and hold no password in device.json', () => {
  const folder = join(bundles, idOf(7), 'boot', 'aipi');
  const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  expect(new Set(modes)).toEqual(new Set([0o600]));
  const password = readFileSync(join(folder, 'password'), 'utf8');
  expect(password).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(join(folder, 'device.json'), 'utf8')).not.toContain(password);
});

test('a bundle is never written into the repository', async () => {
  const { code, stderr } = await project.run('provision', stack, idOf(1), '--out', join(project.folder, 'out'));
  expect(code).toBe(1);
  expect(stderr).toContain('is in this repository');
});

test('one is added, and in at once', async () => {
  list.set('pi-new', { generation: 1, role: 'device' });
  const { steadiness, interruption } = await deploy();
  expect(steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  expect(interruption).toBeNull();
  await project.must('provision', stack, 'pi-new', '--out', bundles);
  await play('pi-new');
  await until(() => received.has('pi-new'));
  expect(disturbed()).toEqual([]);
});

test('one is revoked, and out at once; one is rotated, and out until it has its new bundle', async () => {
  const [gone, turned] = [idOf(0), idOf(1)];
  list.delete(gone);
  list.set(turned, { generation: 2, role: 'device' });
  const { steadiness } = await deploy();
  expect(steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  await until(() => [gone, turned].every((id) => (devices.get(id)?.counters.refusals ?? 0) > 0));
  expect(devices.get(gone)?.connected).toBe(false);
  expect(devices.get(turned)?.connected).toBe(false);
  expect(await retained(`device/${gone}/status`)).toBe('offline');
  expect(await retained(`device/${turned}/status`)).toBe('offline');
  await project.must('provision', stack, turned, '--out', bundles);
  await until(() => devices.get(turned)?.connected === true);
  expect(disturbed().sort()).toEqual([gone, turned]);
  expect((await project.run('provision', stack, gone, '--out', bundles)).stderr).toContain(`"${gone}" is no device`);
});

test('one gets another role, and nobody is disconnected, that one neither', async () => {
  list.set(idOf(2), { generation: 1, role: 'gateway' });
  expect((await deploy()).steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  expect(disturbed().sort()).toEqual([idOf(0), idOf(1)]);
});

test('the topics of a role change, and nobody is disconnected', async () => {
  const file = project.stackFile(stack);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('read device/control', 'read device/orders'));
  expect((await deploy()).steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  expect(disturbed().sort()).toEqual([idOf(0), idOf(1)]);
});

test('the server certificate is renewed, and nobody is disconnected', async () => {
  const { caCertificate } = await project.outputs(stack);
  const before = await servedSerial(caCertificate);
  const urn = [...project.state(stack).matchAll(/"urn": ?"([^"]+::mqtt-certificates-server)"/g)][0]?.[1] ?? '';
  expect((await deploy('--replace', urn)).steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  expect(await servedSerial(caCertificate)).not.toBe(before);
  expect(disturbed().sort()).toEqual([idOf(0), idOf(1)]);
});

test('devices names who is connected, and no revoked one', async () => {
  const { stdout } = await project.must('devices', stack, '--json');
  const statuses = JSON.parse(stdout) as Array<{ id: string; generation: number; connected: boolean; since: string }>;
  expect(statuses).toHaveLength(size);
  expect(statuses.filter(({ connected }) => !connected)).toEqual([]);
  expect(statuses.find(({ id }) => id === idOf(0))).toBeUndefined();
  expect(statuses.find(({ id }) => id === idOf(1))).toMatchObject({ generation: 2, role: 'device' });
  expect(statuses.every(({ since }) => Date.parse(since) <= Date.now())).toBe(true);
});

test('every message that the broker acknowledged has arrived', async () => {
  const ending = [...acknowledged].map(([id, numbers]) => [id, numbers.length] as const);
  const absent = () =>
    ending.flatMap(([id, count]) =>
      (acknowledged.get(id) ?? [])
        .slice(0, count)
        .flatMap((seq) => (received.get(id)?.has(seq) ? [] : [`${id}: ${seq}`])),
    );
  // The broker holds back what is beyond the messages that it may have under way, and answers other requests meanwhile.
  for (let tries = 0; tries < 600 && absent().length > 0; tries += 1) await sleep(100);
  await monitor.unsubscribeAsync('device/+/data');
  expect(monitorCloses).toBe(0);
  const missing = absent();
  const total = ending.reduce((sum, [, count]) => sum + count, 0);
  process.stdout.write(`${total} messages of ${ending.length} devices acknowledged, ${missing.length} lost\n`);
  expect(total).toBeGreaterThan(size * 5);
  expect(missing).toEqual([]);
});
