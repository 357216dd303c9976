/**
 * Proves on Mosquitto 2.0.11, 2.0.21 and 2.1.2, as Debian packages them and without a container, that the files which are
 * written for each do what those of the image do: they load, devices are kept apart, changes disconnect nobody; and that
 * what is refused, or said to be kept less well, is so.
 *
 * It does not prove anything of systemd, nor of a delivery to another machine.
 */

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import type { IClientOptions } from 'mqtt';
import { type Authority, issueClientCertificate, serialOf } from '../../certificates/client';
import { revocationLists } from '../../certificates/revocation';
import { type BrokerFiles, clientFileNames, fileNames } from '../../mosquitto/files';
import { bindAddresses } from '../../mosquitto/listeners';
import { refusedBy } from '../../mosquitto/refused';
import { goldenCases } from '../golden/cases';
import { newRoot } from '../unit/openssl';
import { settingsOf } from '../unit/rawConfig';
import { clientFiles, host, issueServer, serverFiles } from './claimsBroker';
import { accepted, Onlookers } from './clients';
import { Link } from './link';
import { Packages, packagedVersions, type Suite } from './packagedBroker';
import { PackagedStack } from './packagedStack';
import { freePorts } from './project';

jest.setTimeout(60_000);

let server: Authority;
let renewed: Authority;
let authorities: Record<'accounts' | 'devices', Authority>;
let certificates: BrokerFiles;

beforeAll(async () => {
  const root = newRoot('/CN=Releases');
  authorities = { accounts: newRoot('/CN=Accounts'), devices: newRoot('/CN=Devices') };
  [server, renewed] = await Promise.all([issueServer(root, host), issueServer(root, host)]);
  certificates = { ...serverFiles(server), ...(await clientFiles(authorities)) };
});

const loopback = { bindAddress: '127.0.0.1' };
const accounts = { ...loopback };
const devices = { ...loopback, clients: 'devices' };
const webSockets = { ...loopback, protocol: 'websockets' };

/** Ports that nobody uses, in the order in which listeners are written. */
async function portsInOrder(count: number): Promise<number[]> {
  return (await freePorts(count)).sort((a, b) => a - b);
}

/** Settings whose listeners have ports that nobody uses. */
async function settingsWith(listeners: Record<string, unknown>[], config: Record<string, unknown> = {}) {
  const ports = await portsInOrder(listeners.length);
  const placed = listeners.map((listener, index) => ({ ...listener, port: ports[index] }));
  return settingsOf({ listeners: placed, dnsNames: [host], persistence: false, ...config });
}

/** Addresses that every machine has. */
const everywhere = ['127.0.0.1', '0.0.0.0', '::1', '::'];

/** Whether somebody answers at a port of an address. */
function answers(port: number, address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, address);
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Fingerprint of the certificate that a listener shows. */
async function shown(url: string): Promise<string> {
  const socket = connectSecurely({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

/** Whether a client comes in; how it is kept out makes no difference. */
function comesIn(url: string, options: IClientOptions): Promise<boolean> {
  return Link.open(url, { rejectUnauthorized: false, ...options }).then(
    (link) => link.end().then(() => true),
    () => false,
  );
}

describe.each(Object.entries(packagedVersions) as [Suite, string][])('Mosquitto of %s, %s', (suite) => {
  let packages: Packages;
  const stacks: PackagedStack[] = [];

  beforeAll(async () => {
    packages = await Packages.of(suite);
  });

  afterEach(async () => {
    for (const stack of stacks.splice(0)) await stack.remove();
  });

  afterAll(() => packages?.remove());

  async function start(...args: Parameters<typeof settingsWith>): Promise<PackagedStack> {
    const stack = await PackagedStack.start(packages, await settingsWith(...args), certificates);
    stacks.push(stack);
    return stack;
  }

  test.each(goldenCases().map((golden) => [golden.name, golden.settings] as const))(
    'runs on the golden files of %s, as far as it can',
    async (_, golden) => {
      const ports = await portsInOrder(golden.listeners.length);
      const { release } = packages;
      const listeners = golden.listeners.map((listener, index) => ({
        ...listener,
        port: ports[index] ?? 0,
        bindAddress: bindAddresses(listener).map((address) => (everywhere.includes(address) ? address : '127.0.0.1')),
      }));
      const refused = refusedBy({ ...golden, listeners, release, binding: 'bound' }).map(({ path = '' }) => path);
      const settings = {
        ...golden,
        listeners: listeners.filter(
          (_listener, index) => !refused.some((path) => path.startsWith(`listeners[${index}]`)),
        ),
        extraOptions: golden.extraOptions.filter((_line, index) => !refused.includes(`extraOptions[${index}]`)),
      };
      const stack = await PackagedStack.start(packages, settings, { ...certificates, ...rsa() });
      stacks.push(stack);
      expect(stack.complaints).toEqual([]);
      for (const { port, bindAddress } of settings.listeners) {
        const families = bindAddresses({ bindAddress }).map((address) => (address.includes(':') ? '::1' : '127.0.0.1'));
        for (const place of families) expect([port, place, await answers(port, place)]).toEqual([port, place, true]);
      }
    },
  );

  test('answers at the addresses that are asked for, and at no other', async () => {
    const wanted = ['127.0.0.1', '::1'];
    const stack = await start([accounts, webSockets, { ...webSockets, bindAddress: wanted }, { bindAddress: wanted }]);
    const places = ['127.0.0.1', '127.0.0.2', '::1'];
    const found = [0, 1, 2, 3].map((index) => Number(new URL(stack.url(index)).port));
    const open = await Promise.all(found.map((port) => Promise.all(places.map((place) => answers(port, place)))));
    expect(open).toEqual([
      [true, false, false],
      [true, false, false],
      [true, false, true],
      [true, false, true],
    ]);
  });

  test('keeps accounts and devices apart, and devices from each other', async () => {
    const names = ['pi-1', 'pi-2'];
    const stack = await start([accounts, devices, { ...webSockets, clients: 'devices' }], { devices: names });
    const observer = await stack.link(0, 'aisa_server');
    await observer.subscribe('#');
    for (const place of [1, 2]) {
      expect(await accepted(stack.url(0), stack.login(place, 'pi-1'))).toBe(false);
      expect(await accepted(stack.url(place), stack.login(0, 'aisa_server'))).toBe(false);
      expect(await accepted(stack.url(place), { ...stack.login(place, 'pi-1'), username: 'pi-2' })).toBe(false);
      expect(await accepted(stack.url(place), {})).toBe(false);
      // Whatever client id it asks for, it is its own.
      const [one, two] = await Promise.all(names.map((name) => stack.link(place, name, { clientId: 'pi-2' })));
      await one?.subscribe(['#', 'device/pi-2/data', 'device/+/status']);
      for (const topic of ['device/pi-1/data', 'device/pi-2/data', 'device/control', 'free']) {
        await one?.publish(topic, '1');
        await two?.publish(topic, '2');
        await observer.publish(topic, '0');
      }
      expect(await observer.received()).toEqual([
        'device/control: 0',
        'device/pi-1/data: 0',
        'device/pi-1/data: 1',
        'device/pi-2/data: 0',
        'device/pi-2/data: 2',
        'free: 0',
      ]);
      expect(await one?.received()).toEqual(['device/control: 0']);
      expect([one?.closed, two?.closed]).toEqual([false, false]);
      await Promise.all([one?.end(), two?.end()]);
    }
    await observer.end();
  });

  test('takes every change live that is said to be live, and disconnects nobody else', async () => {
    const tls = { tls: true };
    const listeners = [
      accounts,
      webSockets,
      { ...accounts, ...tls },
      { ...webSockets, ...tls },
      { ...devices, ...tls },
    ];
    const config = (ids: string[], topics: string[]) => ({
      listeners: undefined,
      devices: ids,
      accounts: [
        { username: 'aisa_server', topics },
        { username: 'leaving', topics: ['read a'] },
      ],
    });
    const first = await settingsWith(listeners, { devices: ['pi-1', 'pi-2'] });
    const again = (ids: string[], names: string[], topic: string) =>
      settingsOf({
        ...config(ids, []),
        listeners: first.listeners,
        dnsNames: [host],
        persistence: false,
        accounts: names.map((username) => ({ username, topics: [topic] })),
      });
    const before = again(['pi-1', 'pi-2'], ['aisa_server', 'leaving', 'changing'], 'readwrite #');
    const stack = await PackagedStack.start(packages, before, certificates);
    stacks.push(stack);
    const onlookers = new Onlookers();
    for (const index of [0, 1, 2, 3]) await onlookers.connect(10, stack.url(index), stack.login(index, 'aisa_server'));
    await onlookers.connect(1, stack.url(4), stack.login(4, 'pi-1'));
    const [leaving, changing] = await Promise.all([stack.link(1, 'leaving'), stack.link(0, 'changing')]);
    const revoked = await stack.link(4, 'pi-2');

    await stack.reload();
    const names = ['aisa_server', 'coming', 'changing'];
    const after = again(['pi-1', 'pi-3'], names, 'readwrite b/#');
    await stack.reload({ settings: after, passwords: { changing: 'another' }, files: serverFiles(renewed) });
    expect(await accepted(stack.url(1), stack.login(1, 'coming'))).toBe(true);
    expect(await accepted(stack.url(1), stack.login(1, 'leaving'))).toBe(false);
    expect(await accepted(stack.url(0), stack.login(0, 'changing', { password: 'another' }))).toBe(true);
    expect(await accepted(stack.url(4), stack.login(4, 'pi-3'))).toBe(true);
    const { fingerprint256 } = new X509Certificate(renewed.certificate);
    for (const index of [2, 3, 4]) expect(await shown(stack.url(index))).toBe(fingerprint256);
    expect(await onlookers.serving()).toBe(41);
    expect([onlookers.disconnects, leaving.closed, changing.closed, revoked.closed]).toEqual([0, true, true, true]);
    const one = await stack.link(0, 'aisa_server');
    await one.subscribe('#');
    for (const topic of ['a', 'b/a']) await one.publish(topic, 'x');
    expect(await one.received()).toEqual(['b/a: x']);
    await Promise.all([one.end(), onlookers.end()]);
    expect(stack.complaints.filter((line) => !line.includes('OpenSSL Error'))).toEqual([]);
  });

  test('keeps revoked certificates out, but over WebSockets where that is refused', async () => {
    const certified = { tls: true, requireCertificate: true };
    const certificate = async (name: string) => {
      const term = { name, serial: serialOf('accounts', name, 1), validityHours: 1 };
      const { certificate: cert, privateKey: key } = await issueClientCertificate(authorities.accounts, term);
      return { cert, key };
    };
    const both = await Promise.all(['kept', 'gone'].map(certificate));
    const seen = (stack: PackagedStack) =>
      Promise.all(both.map((own) => comesIn(stack.url(1), stack.login(1, 'aisa_server', own))));
    const { revoked } = clientFileNames('accounts');
    const files = { [revoked]: await revocationLists([authorities.accounts], 'accounts', [['gone', 1]]) };

    const stack = await start([accounts, { ...accounts, ...certified }]);
    expect(await seen(stack)).toEqual([true, true]);
    await stack.reload({ files });
    expect(await seen(stack)).toEqual([true, false]);
    if (!packages.release.hasPlugins) {
      const overWebSockets = await settingsWith([accounts, webSockets, webSockets]);
      const [first, ...listeners] = overWebSockets.listeners;
      const settings = {
        ...overWebSockets,
        listeners: [...(first ? [first] : []), ...listeners.map((listener) => ({ ...listener, ...certified }))],
      };
      const open = await PackagedStack.start(packages, settings, { ...certificates, ...files });
      stacks.push(open);
      expect(await seen(open)).toEqual([true, true]);
    }
  });

  test('keeps messages for a client that is away, as its release is said to', async () => {
    const { forgetsAbsent } = packages.release;
    const keeps = async (listeners: Record<string, unknown>[]) => {
      const stack = await start(listeners, { persistence: true });
      const away: IClientOptions = { clientId: 'away', clean: false, properties: { sessionExpiryInterval: 600 } };
      const held: string[] = [];
      const visit = async () => {
        const link = await stack.link(0, 'aisa_server', away);
        await link.subscribe('kept/#', 1);
        await sleep(100);
        held.push(...(await link.received()));
        await link.end();
      };
      await visit();
      const speaker = await stack.link(0, 'aisa_server');
      await speaker.subscribe('late');
      const dying = await stack.link(0, 'aisa_server', {
        will: {
          topic: 'late',
          payload: Buffer.from('will'),
          qos: 1,
          retain: false,
          properties: { willDelayInterval: 1 },
        },
        properties: { sessionExpiryInterval: 60 },
      });
      await dying.crash();
      await speaker.publish('kept/1', '1');
      await sleep(2_500);
      const forgets = forgetsAbsent && listeners.length > 1;
      expect(await speaker.received()).toEqual(forgets ? [] : ['late: will']);
      await speaker.end();
      // Once a second it is written to the disk.
      await stack.broker.stop('SIGKILL');
      await stack.broker.start();
      await visit();
      expect(held).toEqual(forgets ? [] : ['kept/1: 1']);
    };
    await Promise.all([keeps([accounts]), keeps([accounts, devices])]);
  });

  test('takes over at a reload when it writes to the disk, in 2.0', async () => {
    if (packages.release.hasSqlite) return;
    const settings = await settingsWith([accounts], { persistence: true, persistenceFlushPeriodSeconds: 3_600 });
    const stack = await PackagedStack.start(packages, settings);
    stacks.push(stack);
    const link = await stack.link(0, 'aisa_server');
    await link.publish('x', 'x', true);
    const database = join(stack.broker.layout.data, 'mosquitto.db');
    await sleep(2_200);
    expect(existsSync(database)).toBe(false);
    const persistence = { ...settings.persistence, persistenceFlushPeriodSeconds: 1 };
    await stack.reload({ settings: { ...settings, persistence } });
    await sleep(2_200);
    expect(existsSync(database)).toBe(true);
    expect(link.closed).toBe(false);
    await link.end();
  });

  test('holds its limits as far as it is said to', async () => {
    const { boundsKeepalive, countsLeaving, hasTotalLimit } = packages.release;
    const stack = await start([accounts, webSockets], { maxConnections: 10 });
    const ask = (protocolVersion: 4 | 5, keepalive: number) =>
      comesIn(stack.url(0), stack.login(0, 'aisa_server', { protocolVersion, keepalive }));
    const count = async (index: number) => {
      const tried = Array.from({ length: 12 }, () => stack.link(index, 'aisa_server').catch(() => undefined));
      const links = (await Promise.all(tried)).filter((link) => link !== undefined);
      await Promise.all(links.map((link) => link.end()));
      return links.length;
    };
    expect(await count(0)).toBe(10);
    expect(await count(1)).toBe(hasTotalLimit ? 10 : 12);
    expect((await count(0)) > 10).toBe(!countsLeaving);
    expect([await ask(4, 600), await ask(4, 601), await ask(5, 601)]).toEqual([true, !boundsKeepalive, true]);
  });

  test.each([
    ['acl', 'oops\n', true],
    ['acl', undefined, true],
    ['passwords', undefined, false],
  ] as const)(
    'says Error of a broken %s (%j) at a reload, and what it then does is why that is read',
    async (name, text, isOpen) => {
      const stack = await start([accounts, devices], { devices: ['pi-1', 'pi-2'] });
      await stack.reload({ files: { [fileNames[name]]: text } }).catch(() => undefined);
      await sleep(200);
      expect(stack.broker.log).toMatch(/: Error/);
      if (packages.release.hasPlugins) {
        expect(stack.broker.runs).toBe(false);
        return;
      }
      expect(stack.broker.runs).toBe(true);
      // The rules of devices, which stand in a whole file of their own, are gone, too; so are their passwords.
      expect(await accepted(stack.url(1), stack.login(1, 'pi-1'))).toBe(isOpen);
      if (!isOpen) return;
      const [one, two] = await Promise.all([stack.link(1, 'pi-1'), stack.link(1, 'pi-2')]);
      await one.subscribe('device/pi-2/#');
      await two.publish('device/pi-2/data', 'secret');
      expect(await one.received()).toEqual(['device/pi-2/data: secret']);
      await Promise.all([one.end(), two.end()]);
    },
  );
});

/** The server's key of the case that has another kind of key; only its place matters. */
function rsa(): BrokerFiles {
  return Object.fromEntries(
    Object.entries(serverFiles(server)).map(([name, text]) => [name.replace('server-ec', 'server-rsa'), text]),
  );
}
