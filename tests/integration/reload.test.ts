/**
 * Proves of each option what a running broker does with it at SIGHUP, by what a client sees: those that count as reloaded
 * take effect at once, those that do not are in force only after a restart, whatever the manual says.
 *
 * It does not prove anything of a later version of Mosquitto: the image is the pinned one.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IClientOptions, type IConnackPacket } from 'mqtt';
import { extraOptionProblem } from '../../mosquitto/extraOptions';
import { isReloaded, reloadedOptions } from '../../mosquitto/reload';
import { Link } from './link';
import { OptionsBroker } from './optionsBroker';

jest.setTimeout(60_000);

let broker: OptionsBroker;

beforeAll(async () => {
  broker = await OptionsBroker.start();
});

afterAll(() => broker?.remove());

const open = (options: IClientOptions = {}) => Link.open(broker.url, options);

/** What the broker answers to CONNECT, or that it refuses. */
async function connack(options: IClientOptions = {}): Promise<IConnackPacket | 'refused'> {
  const client = mqtt.connect(broker.url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  try {
    return await new Promise((resolve) => {
      client.once('connect', resolve);
      for (const event of ['error', 'close'] as const) client.once(event, () => resolve('refused'));
    });
  } finally {
    client.end(true);
  }
}

async function isAccepted(options: IClientOptions = {}): Promise<boolean> {
  return (await connack(options)) !== 'refused';
}

const property = async (name: 'maximumPacketSize' | 'serverKeepAlive' | 'receiveMaximum' | 'retainAvailable') =>
  ((await connack({ keepalive: 3_000 })) as IConnackPacket).properties?.[name];

/** What a connected client gets of one message to itself. */
async function echoed(filters: string[], topic: string, text: string): Promise<string[]> {
  const link = await open({ protocolVersion: 4 });
  await link.subscribe(filters);
  await link.client.publishAsync(topic, text, { qos: 1 }).catch(() => {});
  const received = link.closed ? [] : await link.received();
  await link.end();
  return received;
}

/** How many messages a session holds for a client that was away. */
async function held(qos: 0 | 1, count: number): Promise<number> {
  const session = { clientId: 'away', clean: false, properties: { sessionExpiryInterval: 600 } };
  const away = await open(session);
  await away.subscribe('held', 1);
  await away.end();
  const speaker = await open();
  for (let each = 0; each < count; each += 1) await speaker.client.publishAsync('held', `${each}`, { qos });
  await speaker.publish('elsewhere', '');
  await speaker.end();
  const back = await open(session);
  const { length } = await back.received();
  await back.end();
  await (await open({ ...session, clean: true, properties: {} })).end();
  return length;
}

/** What the log says of one connection. */
async function logged(): Promise<string> {
  const from = (await broker.log()).length;
  await connack({ clientId: 'logged' });
  await sleep(300);
  return (await broker.log()).slice(from);
}

/** Days that the session of a client is kept, as the broker writes it to its database. */
async function keptDays(): Promise<number> {
  const client = await mqtt.connectAsync(broker.url, { protocolVersion: 4, clean: false, clientId: 'kept' });
  await client.endAsync();
  await connack();
  return Math.round(await broker.sessionDays('kept'));
}

/** Whether figures of the broker come at least once in two seconds. */
async function saysFigures(): Promise<boolean> {
  const link = await open();
  await link.subscribe('$SYS/broker/uptime');
  // The last one is retained.
  await link.received();
  await sleep(2_500);
  const { length } = await link.received();
  await link.end();
  return length > 0;
}

/** The quality of service with which a message of QoS 0 comes to a subscription of QoS 1. */
async function upgraded(): Promise<number> {
  const link = await open();
  await link.subscribe('upgraded', 1);
  const came = new Promise<number>((resolve) => {
    link.client.once('message', (_, __, { qos }) => resolve(qos));
  });
  await link.client.publishAsync('upgraded', '');
  const qos = await came;
  await link.end();
  return qos;
}

interface Case {
  /** Values of the option, and what is seen with each of them. */
  values: [string, string];
  see: () => Promise<unknown>;
  seen: [unknown, unknown];
}

const live: Record<string, Case> = {
  allow_anonymous: { values: ['true', 'false'], see: () => isAccepted(), seen: [true, false] },
  allow_duplicate_messages: {
    values: ['true', 'false'],
    see: async () => (await echoed(['a/#', 'a/b'], 'a/b', '')).length,
    seen: [2, 1],
  },
  clientid_prefixes: {
    values: ['pi-', 'other-'],
    see: () => isAccepted({ clientId: 'pi-1' }),
    seen: [true, false],
  },
  connection_messages: {
    values: ['true', 'false'],
    see: async () => (await logged()).includes('logged'),
    seen: [true, false],
  },
  log_timestamp: {
    values: ['true', 'false'],
    see: async () => /^\d{4}/m.test(await logged()),
    seen: [true, false],
  },
  log_timestamp_format: {
    values: ['A%Y', 'B%Y'],
    see: async () => (await logged()).match(/^([AB])\d{4}: /m)?.[1],
    seen: ['A', 'B'],
  },
  log_type: {
    values: ['all', 'error'],
    see: async () => (await logged()).includes('logged'),
    seen: [true, false],
  },
  message_size_limit: {
    values: ['1000', '10'],
    see: async () => (await echoed(['size'], 'size', 'x'.repeat(100))).length,
    seen: [1, 0],
  },
  persistent_client_expiration: { values: ['30d', '2d'], see: keptDays, seen: [30, 2] },
  queue_qos0_messages: { values: ['false', 'true'], see: () => held(0, 3), seen: [0, 3] },
  sys_interval: { values: ['3600', '1'], see: saysFigures, seen: [false, true] },
  upgrade_outgoing_qos: { values: ['false', 'true'], see: upgraded, seen: [0, 1] },
};

/** The manual calls these reloaded, too. */
const resting: Record<string, Case> = {
  max_inflight_messages: { values: ['20', '30'], see: () => property('receiveMaximum'), seen: [20, 30] },
  max_keepalive: { values: ['600', '700'], see: () => property('serverKeepAlive'), seen: [600, 700] },
  max_packet_size: { values: ['2000', '3000'], see: () => property('maximumPacketSize'), seen: [2_000, 3_000] },
  max_queued_messages: { values: ['2', '4'], see: () => held(1, 10), seen: [2, 4] },
  retain_available: {
    values: ['false', 'true'],
    see: async () => (await property('retainAvailable')) ?? true,
    seen: [false, true],
  },
};

test('each option that counts as reloaded is seen here', () => {
  expect(Object.keys(live).sort()).toEqual([...reloadedOptions].sort());
  expect(Object.keys(resting).filter((option) => isReloaded(option))).toEqual([]);
});

test.each(Object.entries(live))('%s takes effect at a reload', async (option, { values, see, seen }) => {
  const found: unknown[] = [];
  for (const value of values) {
    await broker.reload([`${option} ${value}`]);
    found.push(await see());
  }
  expect(found).toEqual(seen);
  await broker.reload([]);
});

test.each(Object.entries(resting))('%s takes effect at a restart alone', async (option, { values, see, seen }) => {
  const [before, after] = values.map((value) => [`${option} ${value}`]);
  await broker.restart(before ?? []);
  const found = [await see()];
  await broker.reload(after ?? []);
  found.push(await see());
  await broker.restart(after ?? []);
  found.push(await see());
  expect(found).toEqual([seen[0], seen[0], seen[1]]);
});

test.each([
  ['600', [false, true, true, false]],
  ['0', [true, true, true, true]],
])(
  'with max_keepalive %s, MQTT 3.1.1 may ask for 0, 1, 600 and 601 as far as the manual says',
  async (limit, expected) => {
    await broker.restart([`max_keepalive ${limit}`]);
    const found: boolean[] = [];
    for (const keepalive of [0, 1, 600, 601]) found.push(await isAccepted({ protocolVersion: 4, keepalive }));
    expect(found).toEqual(expected);
  },
);

test('a reload takes auto_id_prefix away, which therefore nobody may add', async () => {
  const id = async () =>
    ((await connack({ clientId: '' })) as IConnackPacket).properties?.assignedClientIdentifier?.replace(/-.*/s, '');
  await broker.restart(['auto_id_prefix own-']);
  expect(await id()).toBe('own');
  await broker.reload(['auto_id_prefix own-']);
  expect(await id()).not.toBe('own');
  expect(extraOptionProblem('auto_id_prefix own-')).toContain('a reload takes it away');
});

test('a memory limit below what is in use ends a running broker at a reload', async () => {
  await broker.restart(['memory_limit 500000000']);
  await broker.reload(['memory_limit 1000']);
  expect(await isAccepted()).toBe(false);
  expect((await broker.log()).split('\n').slice(-6).join('\n')).toContain('Error: Out of memory.');
});
