/**
 * Proves against a real broker what the reference clients promise: both programs, the one in Python with the oldest and
 * the newest paho that devices have. It does not prove that a Raspberry Pi boots with them.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { ClientCertificate } from '../../certificates/client';
import type { Bundle, Device, DeviceOptions } from '../../examples/node/device.mjs';
import { home } from '../../setup/home';
import { selfSigned } from '../unit/selfSigned';
import { ReferenceBroker, referenceDevice, writeBundle } from './referenceBroker';

jest.setTimeout(60_000);

const examples = resolve(__dirname, '../../examples');
const patience = 15_000;

/** Name to command line. */
const clients = new Map<string, string[]>();

type Body = Record<string, unknown>;

interface Message {
  topic: string;
  text: string;
  /** User properties. */
  report: Record<string, unknown>;
}

/** A device as a process of its own, and what it has logged. */
class Program {
  log = '';
  private readonly child: ChildProcess;

  constructor(command: string[], folder: string, options: string[] = []) {
    const quick = ['--interval', '0.2', '--retry', '0.1', '--longest-retry', '0.5', '--refused-retry', '0.3'];
    const [program = '', ...args] = [...command, ...quick, ...options, folder];
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => {
        this.log += data;
      });
    }
    programs.add(this);
  }

  /** Waits until the log has said something a number of times. */
  async says(words: string, times = 1): Promise<void> {
    await until(
      () => this.log.split(words).length > times,
      () => `the log does not say "${words}" ${times} times:\n${this.log}`,
    );
  }

  /** @returns exit code, or the signal that ended it */
  async end(signal: NodeJS.Signals): Promise<number | string | null> {
    programs.delete(this);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode ?? this.child.signalCode;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'aipi-reference-'));
const programs = new Set<Program>();
const devices = new Set<Device>();
let broker: ReferenceBroker;
let server: MqttClient;
let messages: Message[] = [];
let count = 0;

beforeAll(async () => {
  clients.set('Node', [process.execPath, join(examples, 'node/device.mjs')]);
  clients.set('Python, paho of today', python('today', '-r', join(examples, 'python/requirements.txt')));
  clients.set('Python, paho 1.6', python('1.6.1', 'paho-mqtt==1.6.1'));
  broker = await ReferenceBroker.start(Array.from({ length: 300 }, (_, index) => `pi-${index}`));
  server = await broker.server();
  server.on('message', (topic, payload, { properties }) => {
    messages.push({ topic, text: payload.toString(), report: { ...properties?.userProperties } });
  });
  await server.subscribeAsync('#', { qos: 1 });
}, 300_000);

afterEach(async () => {
  await Promise.all([...programs].map((program) => program.end('SIGKILL')));
  await Promise.all([...devices].map((device) => device.stop()));
  devices.clear();
  messages = [];
});

afterAll(async () => {
  await server?.endAsync();
  await broker?.remove();
  rmSync(folder, { recursive: true, force: true });
});

eachClient('says online, sends data, answers commands and requests, says good-bye', async (command) => {
  const { id, program, bundle } = await started(command);
  expect(await broker.retained(`device/${id}/status`)).toBe('online');
  const [ping, dance] = [`ping ${id}`, `dance ${id}`];
  await send('device/control', { command: 'ping', id: ping });
  await send('device/control', { command: 'dance', id: dance });
  await server.publishAsync('device/control', 'no JSON', { qos: 1 });
  await send(`langchain/process/${id}`, { id: 'r1', input: 'hello' });
  expect(await received(`langchain/response/${id}`, ({ id }) => id === 'r1')).toEqual({ id: 'r1', output: 'hello' });
  const data = `device/${id}/data`;
  expect(await received(data, ({ id }) => id === ping)).toEqual({ id: ping, pong: true });
  expect(await received(data, ({ id }) => id === dance)).toMatchObject({ error: 'unknown command "dance"' });
  const { time } = await received(data, ({ seq }) => seq === 3);
  expect(Math.abs(Date.parse(String(time)) - Date.now())).toBeLessThan(patience);
  expect(program.log).toContain('not a JSON object');

  // What still arrives must not get in the way of the good-bye.
  for (let number = 0; number < 50; number += 1) void send('device/control', { command: 'ping', id: `late ${number}` });
  expect(await program.end('SIGTERM')).toBe(0);
  expect(await broker.retained(`device/${id}/status`)).toBe('offline');
  await said(id, 'online offline');
  // A last will says the same to everybody but the broker.
  expect(await broker.log()).toMatch(new RegExp(`Client ${id} \\[\\S+\\] disconnected\\.$`, 'm'));
  const [, acknowledged] = program.log.match(/(\d+) messages were acknowledged/) ?? [];
  expect(Number(acknowledged)).toBe(textsOf(data).length + textsOf(`langchain/response/${id}`).length);
  expect(program.log).not.toContain(bundle.password);
});

eachClient('has a last will, and gets what was sent while it was away', async (command) => {
  const { id, program, path } = await started(command);
  await program.end('SIGKILL');
  await said(id, 'online offline');
  expect(await broker.retained(`device/${id}/status`)).toBe('offline');
  const ping = `away ${id}`;
  await send('device/control', { command: 'ping', id: ping });
  const again = new Program(command, path);
  expect(await received(`device/${id}/data`, ({ id }) => id === ping)).toEqual({ id: ping, pong: true });
  await again.says('connected');
  expect(await broker.retained(`device/${id}/status`)).toBe('online');
});

eachClient('takes the next password when the old one is refused', async (command, name) => {
  const { id, program, path } = await started(command);
  for (const generation of [2, 3, 4]) {
    // A connection shorter than the shortest wait is not tried again at once.
    await sleep(200);
    const next = broker.bundle(id, generation).password;
    writeFileSync(join(path, 'password.next'), next, { mode: 0o644 });
    await broker.rotate(id, generation);
    await program.says('connected to', generation);
    expect(readFileSync(join(path, 'password'), 'utf8')).toBe(next);
    expect(statSync(join(path, 'password')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(path, 'password.next'))).toBe(false);
    expect(program.log).not.toContain(next);
  }
  const gaps = [...program.log.matchAll(/after (\S+) s without a connection/g)].map(([, seconds]) => Number(seconds));
  expect(gaps).toHaveLength(3);
  process.stdout.write(`${name}, offline in a rotation with password.next: ${gaps.join(', ')} s\n`);
});

eachClient('takes up a replaced password, and loses no data', async (command) => {
  const { id, program, path } = await started(command);
  await broker.rotate(id, 2);
  await program.says('the broker refuses the password (reason 135)');
  writeFileSync(join(path, 'new'), `${broker.bundle(id, 2).password}\n`);
  renameSync(join(path, 'new'), join(path, 'password'));
  await program.says('connected to', 2);
  const data = `device/${id}/data`;
  const before = textsOf(data).length;
  await until(
    () => textsOf(data).length > before + 5,
    () => 'no more data',
  );
  const numbers = new Set(textsOf(data).map((text) => Number(bodyOf(text).seq)));
  expect(numbers.size).toBe(Math.max(...numbers));
});

eachClient('is refused with the password of another device, and by another CA', async (command) => {
  const [id, other] = [newId(), newId()];
  const foreign = { ...broker.bundle(id), password: broker.bundle(other).password };
  const program = new Program(command, writeBundle(join(folder, id), foreign));
  const distrustful = writeBundle(join(folder, other), { ...broker.bundle(other), ca: selfSigned().certificate });
  const second = new Program(command, distrustful);
  await program.says('the broker refuses the password (reason 135)');
  await second.says('no connection');
  await second.says('next try', 3);
  for (const each of [program, second]) {
    expect(each.log).not.toContain('connected to');
    expect(each.log).not.toContain(foreign.password);
    expect(await each.end('SIGTERM')).toBe(0);
  }
  expect(second.log).toMatch(/certificate|self.signed/i);
});

eachClient('notices a second device with the same bundle', async (command) => {
  const { program, path } = await started(command, ['--refused-retry', '30']);
  const second = new Program(command, path);
  await second.says('connected');
  await program.says('two devices use the same bundle; next try in');
  const [, seconds] = program.log.match(/same bundle; next try in ([\d.]+) s/) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(30);
  expect(await program.end('SIGTERM')).toBe(0);
});

eachClient('uses no topic that its bundle does not allow', async (command) => {
  const id = newId();
  const bundle = broker.bundle(id);
  bundle.facts.topics.publish = ['device/+/data'];
  const program = new Program(command, writeBundle(join(folder, id), bundle));
  await program.says('connected');
  await send(`langchain/process/${id}`, { id: 'r1', input: 'hello' });
  await program.says(`langchain/response/${id} is not among the topics`);
  await received(`device/${id}/data`, ({ seq }) => seq === 1);
  await program.end('SIGKILL');
  await send(`device/${id}/control`, {});
  await received(`device/${id}/control`, () => true);
  expect(textsOf(`device/${id}/status`)).toEqual([]);
  expect(textsOf(`langchain/response/${id}`)).toEqual([]);
});

eachClient('survives a bundle that is not complete', async (command) => {
  const id = newId();
  const path = writeBundle(join(folder, id), { ...broker.bundle(id), ca: '' });
  const program = new Program(command, path);
  await program.says('next try');
  const { facts, password, ca = '' } = broker.bundle(id);
  writeFileSync(join(path, 'ca.pem'), 'no certificate');
  await program.says('next try', program.log.split('next try').length + 1);
  // Each file is spoilt before the last one is repaired: at no time is the bundle complete.
  rmSync(join(path, 'password'));
  writeFileSync(join(path, 'ca.pem'), ca);
  await program.says('o such file');
  writeFileSync(join(path, 'device.json'), JSON.stringify(facts).slice(0, -1));
  writeFileSync(join(path, 'password'), password);
  await program.says('JSON');
  writeFileSync(join(path, 'device.json'), JSON.stringify({ ...facts, topics: undefined }));
  await program.says('lacks topics');
  writeBundle(path, broker.bundle(id));
  await program.says('connected to');
});

eachClient('says what it uses, and takes up certificates that came meanwhile', async (command) => {
  const { id, program, path } = await started(command, ['--reread', '0.2']);
  const { old, both } = broker.trusted;
  replace(path, 'ca.pem', both.slice(0, -100));
  await program.says('the changed bundle is not used (');
  replace(path, 'ca.pem', 'no certificate');
  await program.says('the changed bundle is not used (', 2);
  // What is wrong is said once.
  await sleep(700);
  expect(program.log.split('the changed bundle is not used (')).toHaveLength(3);
  replace(path, 'ca.pem', both);
  const pings = Array.from({ length: 100 }, (_, number) => `ping ${number} ${id}`);
  for (const ping of pings) {
    await send('device/control', { command: 'ping', id: ping });
    await sleep(10);
  }
  await program.says('the bundle has changed; next try at once');
  await program.says('connected to', 2);
  for (const ping of pings) await received(`device/${id}/data`, (body) => body.id === ping);
  await losesNoData(id);
  expect(await program.end('SIGTERM')).toBe(0);
  await said(id, 'online offline online offline');
  const [before, after] = [old, both].map((ca) => ({ generation: '1', ca: shortPrints(ca) }));
  expect(reportsOf(id)).toEqual([before, before, after, after]);
  expect(after?.ca).toMatch(/^[0-9a-f]{16},[0-9a-f]{16}$/);
  expect(program.log.split('connected to')).toHaveLength(3);
});

eachClient('looks for no other bundle where it is told so', async (command) => {
  const { id, program, path } = await started(command, ['--reread', '0']);
  replace(path, 'ca.pem', broker.trusted.both);
  const seen = textsOf(`device/${id}/data`).length;
  await until(
    () => textsOf(`device/${id}/data`).length > seen + 5,
    () => 'no more data',
  );
  expect(program.log).not.toContain('next try');
});

eachClient('keeps its connection while only the broker does not know the next password', async (command) => {
  const { id, program, path } = await started(command, ['--reread', '0.2']);
  const { facts, password } = broker.bundle(id, 2);
  replace(path, 'password', password);
  replace(path, 'device.json', JSON.stringify(facts));
  await program.says('its password is another one, and the broker may not know that yet');
  await sleep(500);
  expect(program.log).not.toContain('next try');
  await broker.rotate(id, 2);
  await program.says('connected to', 2);
  await until(
    () => reportsOf(id).at(-1)?.generation === '2',
    () => `reports ${JSON.stringify(reportsOf(id))}`,
  );
});

test('all clients that trust both authorities get over a change; one that trusts the old alone does when it may', async () => {
  const all = [...clients.values()].map((command) => {
    const [id, late] = [newId(), newId()];
    const path = writeBundle(join(folder, late), broker.bundle(late));
    const program = new Program(command, writeBundle(join(folder, id), broker.bundle(id, 1, broker.trusted.both)));
    return { id, program, path, behind: new Program(command, path) };
  });
  for (const { program, behind } of all) await Promise.all([program.says('connected to'), behind.says('connected to')]);
  try {
    await broker.certify(new Date(Date.now() - 3_600_000), 'new');
    await broker.restart();
    for (const { program, behind, path } of all) {
      await program.says('connected to', 2);
      await behind.says('no connection');
      expect(behind.log.split('connected to')).toHaveLength(2);
      replace(path, 'ca.pem', broker.trusted.new);
      await behind.says('connected to', 2);
    }
  } finally {
    await broker.certify(new Date(Date.now() - 3_600_000));
  }
  await until(
    () => server.connected,
    () => 'the server is not back',
  );
});

describe('where certificates of devices are required', () => {
  eachClient('proves who it is by one, and takes up the next one', async (command) => {
    const id = newId();
    const [first, second] = [broker.issue(id), broker.issue(id, new Date(Date.now() - 1_800_000))];
    const path = writeBundle(join(folder, id), broker.bundle(id, 1, broker.trusted.old, first));
    const program = new Program(command, path, ['--reread', '0.2']);
    await received(`device/${id}/data`, ({ seq }) => seq === 1);
    replace(path, 'client.pem', second.certificate);
    await program.says('the changed bundle is not used (');
    expect(program.log).not.toContain('next try');
    writeBundle(path, broker.bundle(id, 1, broker.trusted.old, second));
    await until(
      () => reportsOf(id).at(-1)?.certificate_expires === second.notAfter,
      () => `reports ${JSON.stringify(reportsOf(id))}:\n${program.log}`,
    );
    await losesNoData(id);
    expect(reportsOf(id)[0]).toEqual({
      generation: '1',
      ca: shortPrints(broker.trusted.old),
      certificate_expires: first.notAfter,
      certificate_issuer: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(program.log).not.toMatch(/refuse|PRIVATE KEY/);
  });

  eachClient('says in words why its certificate is refused', async (command) => {
    const revoked = newId();
    const taken = broker.issue(revoked);
    await broker.revoke(taken);
    const [foreign, expired, without] = [newId(), newId(), newId()];
    const { certificate: _, privateKey: __, facts, ...rest } = certified(without, broker.issue(without));
    const bare = { ...rest, facts: { ...facts, certificate_file: null, private_key_file: null } };
    const refused: Array<[id: string, bundle: Bundle, words: string]> = [
      [revoked, certified(revoked, taken), 'it is revoked'],
      [foreign, certified(foreign, broker.forge(foreign)), 'it is of another certificate authority'],
      [expired, certified(expired, broker.issue(expired, new Date(Date.now() - 7_200_000), 1)), 'it has expired'],
      [without, bare, 'it requires one, and the bundle has none'],
    ];
    for (const [id, bundle, words] of refused) {
      const path = writeBundle(join(folder, id), bundle);
      writeFileSync(join(path, 'password.next'), 'not to be tried');
      const program = new Program(command, path);
      await program.says(
        `the broker refuses the certificate of this device (${words}); is the bundle current?; next try`,
      );
      expect(program.log).not.toMatch(/connected to|the password/);
      expect(await program.end('SIGTERM')).toBe(0);
    }
  });

  test('the class says so, too, over a line so slow that the handshake is over by then', async () => {
    const id = newId();
    const line = slowLine(broker.certifiedPort);
    await once(line, 'listening');
    const { port } = line.address() as AddressInfo;
    const device = await newDevice(certified(id, broker.forge(id)), { connect: { port }, refusedRetrySeconds: 30 });
    const lines: string[] = [];
    device.on('log', (each) => lines.push(each));
    void device.start();
    await until(
      () => lines.length > 0,
      () => 'not a word',
    );
    line.close();
    expect(lines[0]).toMatch(/^the broker refuses the certificate .* \(it is of another certificate authority\)/);
    expect(device.counters).toMatchObject({ connects: 0, refusals: 1 });
  });
});

test('all clients wait for real time, and come back to a broker that has lost every session', async () => {
  await broker.certify(new Date(Date.now() + 3_600_000));
  const all = [...clients.values()].map((command) => {
    const id = newId();
    return { id, program: new Program(command, writeBundle(join(folder, id), broker.bundle(id))) };
  });
  for (const { program } of all) {
    await program.says('the certificate is not yet valid: the clock is behind');
    expect(program.log).not.toContain('connected to');
  }
  await broker.certify(new Date(Date.now() - 3_600_000));
  for (const { program } of all) await program.says('connected to');

  await broker.restart();
  await until(
    () => server.connected,
    () => 'the server is not back',
  );
  for (const { program } of all) await program.says('connected to', 2);
  for (const { id } of all) {
    await send('device/control', { command: 'ping', id: `back ${id}` });
    await received(`device/${id}/data`, (body) => body.id === `back ${id}`);
  }
});

describe('the class', () => {
  test('takes a bundle in memory, and another place for the same name', async () => {
    const id = newId();
    const bundle = broker.bundle(id);
    bundle.facts.host = 'broker.test';
    const device = await newDevice(bundle, { connect: { host: 'localhost' } });
    const seen: string[] = [];
    device.on('acknowledged', (topic) => seen.push(topic));
    await device.start();
    await until(
      () => device.counters.acknowledged >= 2,
      () => 'nothing is acknowledged',
    );
    expect(device.counters).toMatchObject({ connects: 1, disconnects: 0, refusals: 0, denied: 0, dropped: 0 });
    expect(new Set(seen)).toEqual(new Set([`device/${id}/data`]));

    bundle.nextPassword = broker.bundle(id, 2).password;
    await broker.rotate(id, 2);
    await until(
      () => device.counters.connects === 2,
      () => 'no second connection',
    );
    expect(device.counters).toMatchObject({ disconnects: 1, refusals: 1 });
    expect(bundle).toMatchObject({ password: broker.bundle(id, 2).password, nextPassword: undefined });
  });

  test('refuses a broker under another name', async () => {
    const lines: string[] = [];
    const options = { connect: { host: '127.0.0.1', servername: 'other.test' } };
    const device = await newDevice(broker.bundle(newId()), options);
    device.on('log', (line) => lines.push(line));
    void device.start();
    await until(
      () => lines.length > 1,
      () => 'not two tries',
    );
    expect(lines[0]).toContain('does not match');
    expect(device.counters.connects).toBe(0);
  });

  test('plays two hundred devices, and none notices the rotation of another', async () => {
    const fleet = await Promise.all(Array.from({ length: 200 }, () => newDevice(broker.bundle(newId()))));
    await Promise.all(fleet.map((device) => device.start()));
    const id = newId();
    await broker.rotate(id, 2);
    const before = fleet.map(({ counters }) => counters.acknowledged);
    const rises = () => fleet.every(({ counters }, index) => counters.acknowledged > Number(before[index]) + 1);
    await until(rises, () => 'not every device goes on');
    expect(fleet.filter(({ counters }) => counters.disconnects > 0)).toEqual([]);
    await Promise.all(fleet.map((device) => device.stop()));
    await until(
      () => messages.filter(({ text }) => text === 'offline').length === 200,
      () => 'not every device says good-bye',
    );
  });
});

/** The same for every client, at the same time. */
function eachClient(title: string, scenario: (command: string[], name: string) => Promise<void>): void {
  test(title, async () => {
    const attempts = [...clients].map(async ([name, command]) => {
      try {
        await scenario(command, name);
        return [];
      } catch (error) {
        return [`${name}: ${(error as Error).message}`];
      }
    });
    const failures = (await Promise.all(attempts)).flat();
    if (failures.length > 0) throw new Error(failures.join('\n\n'));
  });
}

async function started(command: string[], options: string[] = []) {
  const id = newId();
  const bundle = broker.bundle(id);
  const path = writeBundle(join(folder, id), bundle);
  const program = new Program(command, path, options);
  await received(`device/${id}/data`, ({ seq }) => seq === 1);
  return { id, bundle, path, program };
}

async function newDevice(bundle: Bundle, options: DeviceOptions = {}): Promise<Device> {
  const { Device } = await referenceDevice();
  const quick = { intervalSeconds: 0.5, retrySeconds: 0.1, longestRetrySeconds: 0.5, refusedRetrySeconds: 0.3 };
  const device = new Device(bundle, { ...quick, ...options });
  devices.add(device);
  return device;
}

function newId(): string {
  count += 1;
  return `pi-${count - 1}`;
}

async function send(topic: string, body: object): Promise<void> {
  await server.publishAsync(topic, JSON.stringify(body), { qos: 1 });
}

function textsOf(topic: string): string[] {
  return messages.filter((message) => message.topic === topic).map(({ text }) => text);
}

/** Waits until a status topic has said exactly this, word by word, since the last look. */
async function said(id: string, words: string): Promise<void> {
  const texts = () => textsOf(`device/${id}/status`).join(' ');
  await until(
    () => texts() === words,
    () => `status ${words}, not ${texts()}`,
  );
}

/** User properties of each status since the last look. */
function reportsOf(id: string): Array<Message['report']> {
  return messages.filter(({ topic }) => topic === `device/${id}/status`).map(({ report }) => report);
}

/** Waits for more data, and sees that none of it is missing. */
async function losesNoData(id: string): Promise<void> {
  const numbers = () => textsOf(`device/${id}/data`).flatMap((text) => Number(bodyOf(text).seq) || []);
  const before = Math.max(...numbers());
  await until(
    () => Math.max(...numbers()) > before + 3,
    () => 'no more data',
  );
  expect(new Set(numbers()).size).toBe(Math.max(...numbers()));
}

/** Leads to a port of this machine, a moment later. */
function slowLine(port: number): Server {
  return createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (data) => setTimeout(() => to.write(data), 50));
      from.on('close', () => setTimeout(() => to.end(), 60));
      from.on('error', () => undefined);
    }
  }).listen(0, '127.0.0.1');
}

function certified(id: string, certificate: ClientCertificate): Bundle {
  return broker.bundle(id, 1, broker.trusted.old, certificate);
}

/** As clients name the certificates of a PEM text. */
function shortPrints(pem: string): string {
  const blocks = pem.split(/(?<=-----END CERTIFICATE-----\n)/);
  return blocks
    .map((block) => new X509Certificate(block).fingerprint256.replaceAll(':', '').toLowerCase().slice(0, 16))
    .join(',');
}

/** Replaces a file of a bundle at once, as the installer does. */
function replace(path: string, name: string, text: string): void {
  writeFileSync(join(path, 'new'), text, { mode: 0o600 });
  renameSync(join(path, 'new'), join(path, name));
}

/** The first JSON object on a topic that is as wanted. */
async function received(topic: string, wanted: (body: Body) => boolean): Promise<Body> {
  const found = () => textsOf(topic).map(bodyOf).find(wanted);
  await until(
    () => found() !== undefined,
    () => `no such message on ${topic}: ${textsOf(topic).join(' ')}`,
  );
  return found() ?? {};
}

function bodyOf(text: string): Body {
  return JSON.parse(text) as Body;
}

async function until(condition: () => boolean, otherwise: () => string): Promise<void> {
  const end = Date.now() + patience;
  while (!condition()) {
    if (Date.now() > end) throw new Error(otherwise());
    await sleep(10);
  }
}

/** A Python with packages of its own, kept for the next run. */
function python(name: string, ...packages: string[]): string[] {
  const place = join(home(), 'python', `paho-${name}`);
  const program = join(place, 'bin', 'python');
  // The mark says which packages are there, and that the installation came to its end.
  const mark = join(place, 'installed');
  const wanted = packages.map((each) => (existsSync(each) ? readFileSync(each, 'utf8') : each)).join(' ');
  if (
    !existsSync(mark) ||
    readFileSync(mark, 'utf8') !== wanted ||
    !succeeds(program, '-c', 'import paho.mqtt.client')
  ) {
    rmSync(place, { recursive: true, force: true });
    if (!succeeds('python3', '-c', 'import ensurepip, venv')) installPython();
    run('python3', '-m', 'venv', place);
    run(program, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages);
    writeFileSync(mark, wanted);
  }
  return [program, join(examples, 'python/device.py')];
}

/** On Debian and Ubuntu, virtual environments are a package of their own. */
function installPython(): void {
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const words of ['update --quiet', 'install --quiet --yes --no-install-recommends python3 python3-venv'])
    run(...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...words.split(' '));
}

function run(...command: string[]): void {
  const [program = '', ...args] = command;
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function succeeds(...command: string[]): boolean {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
