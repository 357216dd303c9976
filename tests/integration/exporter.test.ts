/**
 * Proves with the real engine, broker and exporter that each metric is what happens in the broker, event by event; that
 * values go with the broker and the port stays; that the account of the exporter reads `$SYS` alone, by delivery; that a
 * running broker is watched and left alone again without a client being put out; and that no password leaves its files.
 *
 * It does not prove that an alert fires: see alertRules.test.ts.
 */

import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { Onlookers } from './clients';
import { docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const host = 'broker.example.org';
const devices = ['pi-001', 'pi-002'];

let project: Project;
let stack: string;
let broker: string;
let config: Record<string, unknown>;
let ports: { plain: number; tls: number; websockets: number; devices: number; exporter: number };
let passwords: Record<string, string>;
let deviceLogins: Record<string, { username: string; password: string }>;
const onlookers = new Onlookers();
const clients: MqttClient[] = [];

type Metrics = Map<string, number>;

beforeAll(async () => {
  project = new Project();
  const [plain = 0, tls = 0, websockets = 0, own = 0, exporter = 0] = await freePorts(5);
  ports = { plain, tls, websockets, devices: own, exporter };
  stack = `test-${plain}`;
  broker = `aipi-mqtt-${stack}`;
  config = {
    listeners: [
      { port: plain },
      { port: tls, tls: true },
      { port: websockets, protocol: 'websockets', tls: true },
      { port: own, clients: 'devices' },
    ],
    dnsNames: [host],
    devices,
    maxQueuedMessages: 5,
    // What the broker says of itself each ten seconds it says each second.
    extraOptions: ['sys_interval 1'],
  };
  project.configure(stack, config);
  await project.must('up', stack);
  const outputs = await project.outputs(stack);
  passwords = outputs.accounts;
  deviceLogins = Object.fromEntries(
    devices.map((id) => [id, { username: id, password: outputs.devices[id].password as string }]),
  );
  await onlookers.connect(20, `mqtt://127.0.0.1:${plain}`, account('aisa_server'));
});

afterAll(async () => {
  for (const client of clients) client.end(true);
  await onlookers.end();
  await project.dispose();
});

const account = (username: string): IClientOptions => ({ username, password: passwords[username] ?? '' });

async function client(options: IClientOptions, port = ports.plain): Promise<MqttClient> {
  const made = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options });
  clients.push(made);
  return made;
}

/** What a scrape gets; undefined where nobody answers. */
async function scrape(): Promise<Metrics | undefined> {
  const answer = await fetch(`http://127.0.0.1:${ports.exporter}/metrics`).catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
}

/** Asks until a metric is as it should be; the last answer is what fails. */
async function becomes(name: string, holds: (value: number | undefined) => boolean): Promise<void> {
  let value: number | undefined;
  for (let tries = 0; tries < 60; tries += 1) {
    value = (await scrape())?.get(name);
    if (holds(value)) return;
    await sleep(200);
  }
  throw new Error(`${name} is ${value}`);
}

/** Runs something, by which a counter rises by so many. */
async function raises(name: string, by: number, event: () => Promise<unknown>): Promise<void> {
  const before = (await scrape())?.get(name) ?? Number.NaN;
  await event();
  await becomes(name, (value) => value === before + by);
}

async function status() {
  const answer = await fetch(`http://127.0.0.1:${ports.exporter}/status.json`);
  return (await answer.json()) as import('../../watching/status').Status;
}

describe('a running broker is watched', () => {
  test('by an update that disconnects nobody', async () => {
    const { State } = await docker.getContainer(broker).inspect();
    project.configure(stack, { ...config, monitoring: { enabled: true, port: ports.exporter } });
    const { stderr } = await project.must('up', stack);
    passwords = (await project.outputs(stack)).accounts;
    expect(stderr).not.toContain('restarts');
    expect(onlookers.disconnects).toBe(0);
    expect(await onlookers.serving()).toBe(20);
    expect((await docker.getContainer(broker).inspect()).State.StartedAt).toBe(State.StartedAt);
  });

  test('and those who were connected before it are known', async () => {
    await becomes('mosquitto_devices_connected', (value) => value === 0);
    const { accounts, clients: seen } = await status();
    expect(accounts).toEqual([{ username: 'aisa_server', connections: 20 }]);
    expect(seen.connected).toBeGreaterThan(20);
  });

  test('an update that changes nothing leaves it alone', async () => {
    const { stdout } = await project.must('up', stack);
    expect(stdout).not.toMatch(/\d+ (created|updated|replaced|deleted)/);
  });
});

describe('each event changes its metric', () => {
  // What ends without a login while verification is at work is taken for a trial of its own.
  beforeAll(() => sleep(2_500));

  const device = () => client({ ...deviceLogins['pi-001'], clientId: 'pi-001' }, ports.devices);

  test('a login', async () => {
    let one: MqttClient | undefined;
    await raises('mosquitto_connections_total', 1, async () => {
      one = await device();
    });
    await becomes('mosquitto_devices_connected', (value) => value === 1);
    await becomes('mosquitto_device_connected{device="pi-001"}', (value) => value === 1);
    expect((await status()).fleet.devices[0]).toMatchObject({ id: 'pi-001', connected: true, silent: false });
    await raises('mosquitto_disconnections_total{kind="client"}', 1, async () => one?.endAsync());
    await becomes('mosquitto_devices_connected', (value) => value === 0);
    const seen = (await scrape())?.get('mosquitto_device_last_seen_timestamp_seconds{device="pi-001"}') ?? 0;
    expect(Math.abs(Date.now() / 1_000 - seen)).toBeLessThan(60);
  });

  test('a wrong password', () =>
    raises('mosquitto_refused_logins_total{reason="not_authorised"}', 1, () =>
      client({ username: 'aisa_server', password: 'wrong' }).catch(() => {}),
    ));

  test('packets that are none', () =>
    raises('mosquitto_protocol_errors_total', 1, async () => {
      const socket = connectTcp(ports.plain, '127.0.0.1', () => socket.write('no packet'));
      await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
    }));

  test('one id that several clients fight for', async () => {
    await raises('mosquitto_takeovers_total', 3, async () => {
      for (let turn = 0; turn < 4; turn += 1) await client({ ...account('aisa_rpi'), clientId: 'twin' });
    });
    await becomes('mosquitto_contested_client_ids', (value) => value === 1);
    await becomes('mosquitto_disconnections_total{kind="takeover"}', (value) => value === 3);
    expect((await status()).findings.map(({ kind }) => kind)).toContain('contested-client-id');
  });

  test('a client that falls silent', () =>
    raises('mosquitto_keepalive_evictions_total', 1, async () => {
      const silent = await client({ ...account('aisa_rpi'), keepalive: 1 });
      // What pings is stopped, and the connection stays.
      (silent as unknown as { keepaliveManager: { destroy(): void } }).keepaliveManager.destroy();
    }));

  test('a queue that runs full', async () => {
    const session = {
      ...account('aisa_server'),
      clientId: 'away',
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    };
    const away = await client({ ...session, protocolVersion: 5 });
    await away.subscribeAsync('test/queue', { qos: 1 });
    await away.endAsync();
    const dropped = (await scrape())?.get('broker_publish_messages_dropped') ?? 0;
    const [sender] = [await client(account('aisa_server'))];
    await raises('mosquitto_full_queues_total', 1, async () => {
      for (let message = 0; message < 10; message += 1) await sender.publishAsync('test/queue', 'full', { qos: 1 });
    });
    await becomes('broker_publish_messages_dropped', (value) => value === dropped + 5);
    await becomes('broker_messages_stored', (value = 0) => value > 0);
  });

  test('messages, bytes and what is retained', async () => {
    const before = await scrape();
    const sender = await client(account('aisa_server'));
    await sender.publishAsync('test/retained', 'x'.repeat(100_000), { qos: 1, retain: true });
    const more = (name: string, by: number) =>
      becomes(name, (value = 0) => value >= (before?.get(name) ?? Number.NaN) + by);
    await more('broker_publish_messages_received', 1);
    await more('broker_bytes_received', 100_000);
    await more('broker_retained_messages_count', 1);
    await more('mosquitto_database_bytes', 1);
    await more('broker_uptime', 1);
  });

  test('an update of the fleet', async () => {
    const before = await scrape();
    project.configure(stack, {
      ...config,
      devices: [...devices, 'pi-003'],
      monitoring: { enabled: true, port: ports.exporter },
    });
    await project.must('up', stack);
    await becomes('mosquitto_devices_declared', (value) => value === 3);
    const after = await scrape();
    const digests = (metrics?: Metrics) =>
      [...(metrics?.keys() ?? [])].filter((key) => key.startsWith('mosquitto_configuration_info'));
    expect(digests(after)).not.toEqual(digests(before));
    expect(after?.get('mosquitto_configuration_timestamp_seconds')).toBeGreaterThan(
      before?.get('mosquitto_configuration_timestamp_seconds') ?? Number.NaN,
    );
  });

  test('a proof that does not hold, and one that does', async () => {
    const container = docker.getContainer(broker);
    await container.update({ RestartPolicy: { Name: 'no' } });
    const proved = (await scrape())?.get('mosquitto_proof_timestamp_seconds') ?? Number.NaN;
    expect((await project.run('verify', stack)).code).toBe(1);
    await becomes('mosquitto_proof_failed_checks', (value) => value === 1);
    await project.must('up', stack);
    await becomes('mosquitto_proof_failed_checks', (value) => value === 0);
    await becomes('mosquitto_proof_timestamp_seconds', (value = 0) => value > proved);
  });
});

test('certificates are those that are served, and limits those that are configured', async () => {
  const metrics = await scrape();
  for (const listener of [`mqtts-${ports.tls}`, `wss-${ports.websockets}`]) {
    expect(metrics?.get(`mosquitto_certificate_remaining_days{listener="${listener}"}`)).toBeCloseTo(365, -1);
    expect(metrics?.get(`mosquitto_certificate_matches{listener="${listener}"}`)).toBe(1);
    expect(metrics?.get(`mosquitto_canary_up{listener="${listener}"}`)).toBe(1);
  }
  expect(metrics?.get('mosquitto_max_queued_messages')).toBe(5);
  expect(metrics?.get('mosquitto_max_connections')).toBe(10_000);
  expect(metrics?.get('mosquitto_memory_limit_bytes')).toBe(512 * 2 ** 20);
  expect(metrics?.get('mosquitto_database_free_bytes')).toBeLessThanOrEqual(
    metrics?.get('mosquitto_database_disk_bytes') ?? Number.NaN,
  );
});

test('the account of the exporter reads what the broker says of itself, and nothing else, by delivery', async () => {
  const spy = await client({ ...account('aipi_monitoring'), protocolVersion: 5 });
  const heard = new Set<string>();
  spy.on('message', (topic) => heard.add(topic.split('/')[0] ?? ''));
  await spy.subscribeAsync(['#', '$SYS/#', 'device/+/data'].map((topic) => topic)).catch(() => {});
  const sender = await client(account('aisa_server'));
  await sender.publishAsync('device/pi-001/data', 'heard?', { qos: 1 });
  await sender.subscribeAsync('test/from-the-exporter');
  let arrived = false;
  sender.on('message', () => {
    arrived = true;
  });
  await spy.publishAsync('test/from-the-exporter', 'written?', { qos: 1 }).catch(() => {});
  // The broker's own round, by which everything before it has come.
  await sleep(1_500);
  expect([...heard]).toEqual(['$SYS']);
  expect(arrived).toBe(false);
});

describe('without a broker', () => {
  const only = ['broker_', 'mosquitto_canary', 'mosquitto_certificate', 'mosquitto_devices_connected'];
  const present = (metrics?: Metrics) =>
    [...(metrics?.keys() ?? [])].filter((key) => only.some((name) => key.startsWith(name)));

  test.each(['pause', 'kill'] as const)(
    '%s: the next scrape has mosquitto_up 0 and none of its values',
    async (how) => {
      const container = docker.getContainer(broker);
      await container[how]();
      const metrics = await scrape();
      expect(metrics?.get('mosquitto_up')).toBe(0);
      expect(present(metrics)).toEqual([]);
      expect(metrics?.get('mosquitto_devices_declared')).toBe(3);
      const { broker: seen, findings } = await status();
      expect([seen.up, findings[0]?.kind]).toEqual([false, 'broker-down']);
      await (how === 'pause' ? container.unpause() : container.start());
      await becomes('mosquitto_up', (value) => value === 1);
      await becomes('broker_clients_connected', (value) => value !== undefined);
    },
  );

  test('an exporter that starts then answers all the same', async () => {
    await docker.getContainer(broker).pause();
    await docker.getContainer(`${broker}-exporter`).restart();
    await becomes('mosquitto_up', (value) => value === 0);
    await docker.getContainer(broker).unpause();
    await becomes('mosquitto_up', (value) => value === 1);
  });
});

test('no password is in any label, environment, argument, log or answer', async () => {
  const container = docker.getContainer(`${broker}-exporter`);
  const texts = [
    JSON.stringify(await container.inspect()),
    (await container.logs({ stdout: true, stderr: true })).toString(),
    project.state(stack),
    ...(await Promise.all(
      ['/', '/metrics', '/status.json'].map(async (path) =>
        (await fetch(`http://127.0.0.1:${ports.exporter}${path}`)).text(),
      ),
    )),
  ];
  const needles = [...Object.values(passwords), ...Object.values(deviceLogins).map(({ password }) => password)];
  expect(needles.length).toBeGreaterThan(4);
  expect(needles.filter((needle) => texts.some((each) => each.includes(needle)))).toEqual([]);
});

test('a browser that another page has led here by a name of its own gets nothing', async () => {
  const socket = connectTcp(ports.exporter, '127.0.0.1');
  socket.end('GET /status.json HTTP/1.1\r\nHost: elsewhere.example.org\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 421 /);
});

test('what becomes of its container is mended by the next update', async () => {
  const container = docker.getContainer(`${broker}-exporter`);
  await container.remove({ force: true });
  expect((await project.run('verify', stack)).code).toBe(1);
  await project.must('up', stack);
  await becomes('mosquitto_up', (value) => value === 1);
});

test('it goes without a client being put out, and destroy leaves nothing', async () => {
  await onlookers.end();
  onlookers.disconnects = 0;
  await onlookers.connect(20, `mqtt://127.0.0.1:${ports.plain}`, account('aisa_server'));
  project.configure(stack, { ...config, devices: [...devices, 'pi-003'] });
  await project.must('up', stack);
  expect(onlookers.disconnects).toBe(0);
  expect(await leftovers(`${broker}-exporter`)).toEqual([]);
  await project.must('destroy', stack);
  expect(await leftovers(broker)).toEqual([]);
});
