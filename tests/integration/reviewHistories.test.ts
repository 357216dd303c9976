/**
 * Proves that a review says what then happens: in twelve pull requests, each a commit on the one before, it is asked before
 * anything is applied, and what it says is compared with what clients, devices, the engine and the broker show afterwards:
 * who is disconnected and for how long, which container it is, which resources are changed, whose access changes (by
 * delivery), which certificate is served, who is let in by the firewall, and whether bundles that are handed out still fit.
 *
 * It does not prove that the words are good ones: they are golden files, `tests/golden/reviews`, to be read in a review.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { IClientOptions } from 'mqtt';
import { askNeighbours } from '../../operate/neighbours';
import type { Review } from '../../review/form';
import { type Absence, Attendance } from './attendance';
import { reconnects } from './crowd';
import { History } from './history';
import { accessOf, changedAccess, type Holder, predictedAccess } from './measuredAccess';
import { docker, freePorts, leftovers } from './project';

jest.setTimeout(300_000);

const golden = join(__dirname, '../golden/reviews');
const host = 'broker.example.org';
const next = 'mqtt.example.org';
const [inside, outside] = ['10.255.255.252', '203.0.113.77'];

const ids = Array.from({ length: 12 }, (_, index) => `pi-${String(index + 1).padStart(2, '0')}`);
const more = ['pi-13', 'pi-14', 'pi-15'];
/** Devices whose access is tried; they do not play. */
const probes = ['probe-1', { id: 'probe-2', role: 'gateway' }, 'probe-3'];
const topics = [
  'device/control',
  'device/{id}/data',
  'device/probe-9/data',
  'device/probe-9/status',
  'langchain/process/{id}',
  'langchain/response/probe-9',
  'system/alerts/probe-9',
  'telemetry/room',
];

const piTopics = [
  'read device/control',
  'write device/+/data',
  'write device/+/status',
  'read langchain/process/+',
  'write langchain/response/+',
];
const accountsWith = (...first: string[]) => [
  { username: 'aisa_server', topics: ['readwrite #'] },
  { username: 'aisa_rpi', topics: [...first, ...piTopics.slice(1)] },
  { username: 'dashboard', topics: ['read device/+/data'] },
];

let history: History;
let attendance: Attendance;
let ports: number[];
let bundles: string;
let container: string;
let images: string[];
let answers = ['answered', 'silent'];
let isPlain = false;
let servername = host;
let listeners: Array<Record<string, unknown>>;
const rows: string[][] = [['pull request', 'disconnected', 'seen', 'seconds', 'resources', 'access']];

/** Devices that are deployed. */
let fleet: Array<string | { id: string; role: string }> = [...ids, ...probes];

beforeAll(async () => {
  ports = (await freePorts(4)).sort((a, b) => a - b);
  const stack = `test-${ports[0]}`;
  container = `aipi-mqtt-${stack}`;
  images = [`aipi-mqtt-history-${ports[0]}:1`, `aipi-mqtt-history-${ports[0]}:2`];
  await tagImages();
  listeners = [
    { port: ports[0], bindAddress: '127.0.0.1' },
    { port: ports[1], bindAddress: '0.0.0.0', tls: true },
    { port: ports[2], bindAddress: '127.0.0.1', tls: true, protocol: 'websockets' },
    { port: ports[3], bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
  ];
  const config = {
    listeners,
    firewall: ['10.0.0.0/8'],
    dnsNames: [host],
    accounts: accountsWith('read device/control'),
    devices: fleet,
    roles: [
      { name: 'device', topics: ['write device/{id}/data', 'write device/{id}/status', 'read device/control'] },
      { name: 'gateway', topics: ['write device/{id}/data', 'write device/{id}/status', 'read device/+/data'] },
    ],
    image: images[0],
  };
  const fixed = [1883, 8883, 9001, 8884].map((port, index) => [String(ports[index]), String(port)] as const);
  history = new History(stack, config, [
    ...images.map((image, index) => [image, `eclipse-mosquitto:2.1.${index + 1}`] as const),
    [stack, 'prod'],
    ...fixed,
    [/`[0-9a-f]{12}`/g, '`0123456789ab`'],
  ]);
  await history.project.must('up', stack);
  bundles = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bundles-'));
  attendance = new Attendance();
  await handOut();
  await takeSeats();
  await Promise.all(ids.map((id) => attendance.play(id, bundles)));
  expect(await neighbours()).toEqual(answers);
});

afterAll(async () => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  console.log(rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n'));
  await attendance?.disband();
  // The firewall goes with the stack alone.
  const { code } = await history.project.run('destroy', history.stack);
  await history.project.dispose();
  for (const image of images) await docker.getImage(image).remove();
  rmSync(bundles, { recursive: true, force: true });
  expect([code, await leftovers(container)]).toEqual([0, []]);
  expect(existsSync(`/etc/aipi-mqtt/firewall/${container}.nft`)).toBe(false);
});

/** Two images of the same broker. */
async function tagImages(): Promise<void> {
  const [repo = ''] = images[0]?.split(':') ?? [];
  const { Id } = await docker.getImage('eclipse-mosquitto:2.1.2').inspect();
  await docker.getImage(Id).tag({ repo, tag: '1' });
  const made = await docker.createContainer({ Image: Id });
  await made.commit({ repo, tag: '2', changes: 'LABEL newer=yes' });
  await made.remove({ v: true });
}

async function handOut(): Promise<void> {
  await history.project.must('provision', history.stack, '--all', '--out', bundles);
}

/** What a service is told by the outputs. */
async function loginOf(username: string): Promise<IClientOptions> {
  const { accounts, caCertificate } = await history.project.outputs(history.stack);
  const tls = { ca: caCertificate, servername };
  return { username, password: accounts[username], ...tls, wsOptions: tls };
}

function urls(): Record<string, string> {
  return {
    mqtt: `mqtt://127.0.0.1:${ports[0]}`,
    mqtts: `${isPlain ? 'mqtt' : 'mqtts'}://127.0.0.1:${ports[1]}`,
    wss: `wss://127.0.0.1:${ports[2]}`,
  };
}

/** Two accounts on each listener. */
async function takeSeats(): Promise<void> {
  for (const username of ['aisa_server', 'aisa_rpi']) {
    const login = await loginOf(username);
    for (const [name, url] of Object.entries(urls())) await attendance.take(`${username} by ${name}`, url, login);
  }
}

/** Login of a device, from its bundle. */
function bundleOf(id: string): IClientOptions {
  const folder = join(bundles, id, 'boot', 'aipi');
  const facts = JSON.parse(readFileSync(join(folder, 'device.json'), 'utf8'));
  const [password, ca] = ['password', 'ca.pem'].map((name) => readFileSync(join(folder, name), 'utf8'));
  return { username: facts.username, clientId: facts.client_id, password, ca, servername: facts.host };
}

const devicesUrl = () => `mqtts://127.0.0.1:${ports[3]}`;

async function holders(review: Review): Promise<Holder[]> {
  const account = async (name: string): Promise<Holder> => ({
    kind: 'account',
    name,
    id: name,
    url: urls().mqtt ?? '',
    options: await loginOf(name),
  });
  const device = (kind: Holder['kind'], name: string, id: string): Holder => ({
    kind,
    name,
    id,
    url: devicesUrl(),
    options: { ...bundleOf(id), servername },
  });
  const [moved] = review.devices?.reassigned.filter(({ id }) => id === 'probe-3') ?? [];
  return [
    await account('aisa_server'),
    await account('aisa_rpi'),
    await account('dashboard'),
    device('role', 'device', 'probe-1'),
    device('role', 'gateway', 'probe-2'),
    ...(moved === undefined ? [] : [device('devices', `${moved.from} -> ${moved.to}`, moved.id)]),
  ];
}

async function measure(review: Review) {
  const witness = { url: urls().mqtt ?? '', options: await loginOf('aisa_server') };
  const tried = [...new Set([...topics, ...review.access.map(({ example }) => example)])];
  const { Id, State } = await docker.getContainer(container).inspect();
  const { devices } = await history.project.outputs(history.stack);
  return {
    access: await accessOf(await holders(review), tried, witness),
    container: `${Id} ${State.StartedAt}`,
    serial: await served(),
    devices: Object.keys(devices),
    isBundleGood: await reconnects(devicesUrl(), bundleOf('probe-1')),
    tried,
  };
}

/** What the TLS port of accounts answers to a neighbour of the firewall's first network, and to one of the other subnet. */
function neighbours() {
  return askNeighbours(
    [inside, outside].map((from) => ({ from, port: ports[1] ?? 0 })),
    3_000,
  );
}

/** Serial number of the certificate that is shown to devices. */
function served(): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connectTls({ host: '127.0.0.1', port: ports[3] ?? 0, rejectUnauthorized: false }, () => {
      const { serialNumber = '' } = socket.getPeerX509Certificate() ?? {};
      socket.destroy();
      done(serialNumber);
    });
    socket.once('error', fail);
  });
}

function mustBeGolden(name: string, markdown: string): void {
  const file = join(golden, `${name}.md`);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, markdown);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'no golden file').toBe(markdown);
}

/** Who is disconnected, as a review says it; an account is disconnected on every listener. */
function predictedAbsence({ verdict }: Review): string[] {
  const { names } = attendance;
  if (verdict.disconnected === 'everybody') return names;
  const who = new Set(verdict.who);
  return names.filter((name) => who.has(name.split(' by ')[0] ?? ''));
}

/** The seconds of those who came back. */
function secondsOf(absence: Absence): number[] {
  return [...absence.values()].filter((seconds) => seconds !== null);
}

/**
 * Reviews what is checked out, applies it, and compares.
 *
 * @param closed clients that cannot come back by themselves, because their listener is another one
 */
async function reviewedAndApplied(name: string, base = 'HEAD~1', closed: readonly string[] = []): Promise<Review> {
  const { review, markdown } = await history.review(base);
  mustBeGolden(name, markdown);
  const before = await measure(review);
  const away = predictedAbsence(review);
  const present = attendance.names.length;
  attendance.begin();
  const { code, stdout, stderr, operations } = await history.apply();
  const isRefused = review.verdict.refused.length > 0;
  expect([code === 0, `${stdout}${stderr}`]).toEqual([!isRefused, expect.any(String)]);
  const gone = review.devices?.revoked ?? [];
  const isApplied = !isRefused;
  const absence = await attendance.end([...closed, ...(isApplied ? gone : [])]);
  if (isApplied) for (const id of gone) await attendance.leave(id);
  if (review.settings.some(({ key }) => key === 'dnsNames')) servername = next;
  if (closed.length > 0) isPlain = true;
  const after = await measure(review);
  const expected = isApplied ? predictedAccess(review.access, await holders(review), before.tried) : none;
  const changed = changedAccess(before.access, after.access);
  const steps = isApplied ? (review.engine.steps ?? []) : [];
  const predicted = steps.map(({ operation, type, name }) => ({ operation, type: shortType(type), name }));
  const seconds = secondsOf(absence);
  rows.push([
    name,
    review.verdict.disconnected === 'some' ? String(away.length) : review.verdict.disconnected,
    `${absence.size} of ${present}`,
    review.verdict.seconds === null ? '' : `${review.verdict.seconds} / ${Math.max(...seconds).toFixed(2)}`,
    `${predicted.length} / ${operations.length}`,
    `${expected.whole.length} / ${changed.length}`,
  ]);
  expect([...absence.keys()]).toEqual(isApplied ? away : []);
  if (review.verdict.seconds !== null) expect(Math.max(...seconds)).toBeLessThan(10);
  expect(after.container === before.container).toBe(isRefused || review.verdict.disconnected !== 'everybody');
  expect(operations).toEqual(predicted);
  expect(changed).toEqual(changed.filter((each) => expected.possible.includes(each)));
  expect(expected.whole.filter((each) => !changed.includes(each))).toEqual([]);
  const server = review.certificates.list.find((each) => each.name === 'server');
  expect(after.serial === before.serial).toBe(isRefused || server?.outcome === 'stays');
  const { added = [], revoked = [] } = review.devices ?? {};
  const [came, went] = isApplied ? [added, revoked] : [[], []];
  expect(after.devices.filter((id) => !before.devices.includes(id)).sort()).toEqual([...came].sort());
  expect(before.devices.filter((id) => !after.devices.includes(id)).sort()).toEqual([...went].sort());
  if (review.reach.length > 0) answers = ['answered', 'answered'];
  if (predicted.some(({ name: resource }) => resource.startsWith('mqtt-firewall-')))
    expect(await neighbours()).toEqual(answers);
  expect(after.isBundleGood).toBe(review.bundles.length === 0);
  if (review.bundles.length > 0 || came.length > 0) await handOut();
  for (const id of came) await attendance.play(id, bundles);
  await takeSeats();
  return review;
}

/** As the engine shows it: `tls:index:CertRequest` for `tls:index/certRequest:CertRequest`. */
function shortType(type: string): string {
  return type.replace(/\/\w+/, '');
}

const none = { whole: [], possible: [] };

function commit(changed: Record<string, unknown>, message: string): void {
  history.commit(changed, message);
}

function withFleet(devices: typeof fleet, message: string, others: Record<string, unknown> = {}): void {
  fleet = devices;
  commit({ devices, ...others }, message);
}

const idOf = (device: (typeof fleet)[number]) => (typeof device === 'string' ? device : device.id);

test('three Pis are added', async () => {
  withFleet([...fleet, ...more], 'Three Pis more');
  // The others are read as data, which says as much.
  mustBeGolden('01-three-pis-added', await history.shown('HEAD~1'));
  const { verdict } = await reviewedAndApplied('01-three-pis-added');
  expect(verdict.disconnected).toBe('nobody');
});

test('one is revoked', async () => {
  withFleet(
    fleet.filter((device) => device !== 'pi-02'),
    'One Pi less',
  );
  const { verdict } = await reviewedAndApplied('02-one-revoked');
  expect(verdict).toMatchObject({ disconnected: 'some', who: ['pi-02'] });
});

test('the TLS port is opened to another subnet', async () => {
  const opened = { ...listeners[1], firewall: ['10.0.0.0/8', '203.0.113.0/24'] };
  listeners = listeners.map((listener, index) => (index === 1 ? opened : listener));
  commit({ listeners }, 'The office may come in');
  const { verdict, reach } = await reviewedAndApplied('03-another-subnet');
  expect([verdict.disconnected, reach.length]).toEqual(['nobody', 1]);
});

test('a typo grants everything', async () => {
  commit({ accounts: accountsWith('readwrite #') }, 'Control for all');
  const { levels } = await reviewedAndApplied('04-a-typo-grants-everything');
  expect(levels.map(({ level }) => level)).toContain('access-widened');
});

test('the image is a new one', async () => {
  commit({ image: images[1] }, 'A new image');
  const { verdict } = await reviewedAndApplied('05-new-image');
  expect(verdict.disconnected).toBe('everybody');
});

test('the certificate is another one', async () => {
  commit({ serverCertificateValidityHours: 4_380 }, 'Half a year is enough');
  const { certificates } = await reviewedAndApplied('06-renewed-certificate');
  expect(certificates.list[0]).toMatchObject({ name: 'server', outcome: 'replaced' });
});

test('the host has another name', async () => {
  commit({ dnsNames: [next] }, 'Another name');
  const { bundles: reasons, certificates } = await reviewedAndApplied('07-renamed-host');
  expect(reasons).toHaveLength(1);
  const login = await loginOf('aisa_server');
  expect(await reconnects(urls().mqtts ?? '', { ...login, servername: host })).toBe(false);
  expect(await reconnects(urls().mqtts ?? '', login)).toBe(true);
  expect(certificates.list[0]?.warning).toContain(host);
});

test('TLS is taken away from a listener', async () => {
  const { tls: _, ...plain } = listeners[1] ?? {};
  listeners = listeners.map((listener, index) => (index === 1 ? { ...plain, insecurePlaintext: true } : listener));
  commit({ listeners }, 'No TLS for now');
  const closed = ['aisa_rpi by mqtts', 'aisa_server by mqtts'];
  const { levels } = await reviewedAndApplied('08-tls-taken-away', 'HEAD~1', closed);
  expect(levels.map(({ level }) => level)).toContain('tls-weakened');
});

describe('the fleet is cut by half', () => {
  const leaving = ['pi-01', 'pi-03', 'pi-04', 'pi-05', 'pi-06', 'pi-07', 'pi-08', 'pi-09'];

  test('which is refused', async () => {
    withFleet(
      fleet.filter((device) => !leaving.includes(idOf(device))),
      'Half of them',
    );
    const { verdict } = await reviewedAndApplied('09-half-of-the-fleet-refused');
    expect(verdict.refused).toHaveLength(1);
  });

  test('as somebody has decided', async () => {
    commit({ maxRevokedDevicesPercent: 50 }, 'Half of them, really');
    const { verdict, levels } = await reviewedAndApplied('09-half-of-the-fleet', 'HEAD~2');
    expect(verdict).toMatchObject({ disconnected: 'some', who: leaving });
    expect(levels.map(({ level }) => level)).toContain('fleet-shrinks');
  });
});

test('devices get another role', async () => {
  const moving = ['pi-10', 'probe-3'];
  withFleet(
    fleet.map((device) => (moving.includes(idOf(device)) ? { id: idOf(device), role: 'gateway' } : device)),
    'Two gateways more',
  );
  const { verdict, devices } = await reviewedAndApplied('10-another-role');
  expect([verdict.disconnected, devices?.reassigned.length]).toEqual(['nobody', 2]);
});

test('a rollover of the certificate authority begins', async () => {
  commit({ trustedCaGenerations: [1, 2] }, 'A rollover begins');
  const { certificates } = await reviewedAndApplied('11-rollover-begins');
  expect(certificates.list.find(({ name }) => name === 'ca-2')).toMatchObject({ outcome: 'made' });
});

test('a commit is taken back', async () => {
  commit({ maxConnections: 500 }, 'Fewer clients');
  const { review, markdown } = await history.review('HEAD~1');
  mustBeGolden('12-before-it-is-taken-back', markdown);
  expect(review.verdict.disconnected).toBe('everybody');
  commit({ maxConnections: undefined }, 'As it was');
  const taken = await reviewedAndApplied('12-taken-back', 'HEAD~2');
  expect(taken.verdict).toMatchObject({ isChange: false, disconnected: 'nobody' });
});
