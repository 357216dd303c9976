/**
 * Proves that each alert fires at what really happens to a real broker, as its real exporter sees it and a real Prometheus
 * scrapes it, and ends with it.
 *
 * A minute lasts a second here: the durations of the rules are scaled, and so are the minutes of the exporter. That the
 * real ones fire when they should, and that nothing does in an hour of quiet, is proved in alertRules.test.ts.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { serverFileNames } from '../../mosquitto/files';
import { alertRules, alerts } from '../../watching/alerts';
import type { ProofRecord } from '../../watching/exporterSettings';
import { watched } from '../unit/watched';
import { Alarms } from './alarms';
import { hurriedProgram, hurriedRules, programsWithMinutes } from './hurried';
import { freePorts, leftovers, Project } from './project';
import { WatchedBroker } from './watchedBroker';

jest.setTimeout(300_000);

const fleet = ['pi-1', 'pi-2', 'pi-3', 'pi-4', 'pi-5', 'pi-6'];
const [flapping, silent] = ['pi-7', 'pi-8'];
const [maxConnections, maxQueuedMessages, memoryMebibytes, diskMebibytes] = [250, 1_500, 128, 512];
const topics = ['write device/{id}/data'];

const project = new Project();
const alarms = new Alarms();
/** One that keeps running, and one that does not. */
let steady: WatchedBroker;
let beaten: WatchedBroker;
/** Where the messages of the second one are. */
let disk: string;
const present = new Map<string, MqttClient>();
let certificates: string;

/** Ends what happens, and puts back what was before. */
type Undo = () => unknown;

interface Event {
  /** Those that fire at it. */
  alerts: string[];
  broker: () => WatchedBroker;
  what: string;
  /** Alerts whose events are over before this one begins. */
  after?: string[];
  happens: () => Promise<Undo>;
}

const onSteady = () => steady;
const onBeaten = () => beaten;

const events: Event[] = [
  {
    alerts: ['MosquittoDown'],
    broker: onBeaten,
    what: 'the broker is killed',
    after: ['MosquittoRestarts'],
    happens: async () => {
      await beaten.container.kill();
      return () => beaten.container.start();
    },
  },
  {
    alerts: ['MosquittoMetricsMissing'],
    broker: onBeaten,
    what: 'the exporter is stopped',
    after: ['MosquittoDown', 'MosquittoDiskFull'],
    happens: async () => {
      await beaten.exporter.stop();
      return () => beaten.exporter.start();
    },
  },
  {
    alerts: ['MosquittoListenerDown'],
    broker: onSteady,
    what: 'one port of the broker is cut off',
    // The broker does not notice, and counts a client that the exporter knows to be gone.
    after: ['MosquittoDeviceFlapping', 'MosquittoFleetGone', 'MosquittoProofFailed'],
    happens: async () => {
      const table = ['inet', 'cut'];
      await steady.inItsNetwork('nft', 'add', 'table', ...table);
      await steady.inItsNetwork('nft', 'add', 'chain', ...table, 'input', '{ type filter hook input priority 0; }');
      const port = ['tcp', 'dport', `${steady.ports.other}`];
      await steady.inItsNetwork('nft', 'add', 'rule', ...table, 'input', ...port, 'reject', 'with', 'tcp', 'reset');
      return () => steady.inItsNetwork('nft', 'delete', 'table', ...table);
    },
  },
  {
    alerts: ['MosquittoRestarts'],
    broker: onBeaten,
    what: 'the broker is started anew again and again',
    happens: async () =>
      again(2_500, async () => {
        await beaten.container.restart({ t: 10 });
      }),
  },
  {
    alerts: ['MosquittoRefusedLogins'],
    broker: onSteady,
    what: 'a client tries a wrong password',
    after: ['MosquittoDeviceFlapping'],
    happens: async () => again(200, () => steady.account({ password: 'wrong' })),
  },
  {
    alerts: ['MosquittoProtocolErrors'],
    broker: onSteady,
    what: 'somebody brings what is no MQTT',
    after: ['MosquittoDeviceFlapping'],
    happens: async () => again(150, () => steady.garbage()),
  },
  {
    alerts: ['MosquittoContestedClientIds'],
    broker: onSteady,
    what: 'two clients fight for one id',
    after: ['MosquittoDeviceFlapping'],
    happens: async () => again(300, () => steady.account({ clientId: 'twin' })),
  },
  {
    alerts: ['MosquittoKeepaliveEvictions'],
    broker: onSteady,
    what: 'ten clients fall silent',
    after: ['MosquittoDeviceFlapping', 'MosquittoConnectionsNearLimit'],
    happens: async () => {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const client = await steady.account({ keepalive: 1 });
          // What pings is stopped, and the connection stays.
          (client as unknown as { keepaliveManager: { destroy(): void } }).keepaliveManager.destroy();
        }),
      );
      return () => {};
    },
  },
  {
    alerts: ['MosquittoConnectionsFlapping'],
    broker: onSteady,
    what: 'connections of a device break off, again and again',
    after: ['MosquittoDeviceFlapping', 'MosquittoConnectionsNearLimit'],
    happens: async () => again(75, async () => (await steady.device(flapping)).stream.destroy()),
  },
  {
    alerts: ['MosquittoDeviceFlapping'],
    broker: onSteady,
    what: 'a device comes and goes',
    happens: async () => {
      let device: MqttClient | undefined;
      const stop = again(1_500, async () => {
        if (device === undefined) device = await steady.device(flapping);
        else {
          await device.endAsync();
          device = undefined;
        }
      });
      return stop;
    },
  },
  {
    alerts: ['MosquittoHighMessageRate'],
    broker: onSteady,
    what: 'somebody sends 15,000 messages a second',
    after: ['MosquittoQueuesFilling'],
    happens: () => flood(200, packet('test/flood', 0), 3_000),
  },
  {
    alerts: ['MosquittoHighByteRate'],
    broker: onSteady,
    what: 'somebody sends 50 MB a second',
    after: ['MosquittoQueuesFilling'],
    happens: () => flood(20, packet('test/flood', 1_000_000), 1),
  },
  {
    alerts: ['MosquittoMessagesDropped'],
    broker: onSteady,
    what: 'more messages come for a client that is away than are kept',
    after: ['MosquittoQueuesFilling'],
    happens: () => sendToAbsent('dropped', maxQueuedMessages + 100),
  },
  {
    alerts: ['MosquittoQueuesFilling'],
    broker: onSteady,
    what: 'messages come for a client that is away',
    happens: () => sendToAbsent('queued', 0.9 * maxQueuedMessages),
  },
  {
    alerts: ['MosquittoSlowClients'],
    broker: onSteady,
    what: 'a client does not read what it is sent',
    after: ['MosquittoMessagesDropped'],
    happens: async () => {
      const slow = await steady.account();
      await slow.subscribeAsync('test/slow');
      slow.stream.unpipe();
      slow.stream.pause();
      const sender = await steady.account();
      await reaches(
        () => alarms.value(`broker_packet_out_count{stack="${steady.stack}"}`),
        1_200,
        () => Promise.all(Array.from({ length: 500 }, () => sender.publishAsync('test/slow', Buffer.alloc(10_000)))),
      );
      sender.end();
      return () => slow.stream.destroy();
    },
  },
  {
    alerts: ['MosquittoMemoryNearLimit', 'MosquittoMemoryAtLimit'],
    broker: onBeaten,
    what: 'retained messages fill the memory',
    after: ['MosquittoMetricsMissing'],
    happens: async () => {
      const sender = await beaten.account();
      const limit = memoryMebibytes * 2 ** 20;
      let count = 0;
      const publish = (bytes: number) =>
        sender.publishAsync(`test/memory/${count++}`, Buffer.alloc(bytes), { qos: 1, retain: true });
      const used = () => alarms.value(`broker_heap_current{stack="${beaten.stack}"}`);
      // Whoever comes to the limit is cut off, so that the last of it is filled slowly.
      await reaches(used, 0.96 * limit, async (now) => {
        const missing = 0.97 * limit - now;
        const bytes = missing > 2_000_000 ? 0.8 * missing : missing;
        for (let sent = 0; sent < bytes; sent += 100_000) await publish(Math.min(100_000, Math.ceil(bytes - sent)));
      });
      return async () => {
        for (let each = 0; each < count; each += 1) {
          await sender.publishAsync(`test/memory/${each}`, '', { qos: 1, retain: true });
        }
      };
    },
  },
  {
    alerts: ['MosquittoConnectionsNearLimit'],
    broker: onSteady,
    what: 'nearly as many clients connect as may',
    after: ['MosquittoDeviceFlapping', 'MosquittoProofFailed'],
    happens: async () => {
      const crowd = await Promise.all(Array.from({ length: 0.82 * maxConnections }, () => steady.account()));
      return () => Promise.all(crowd.map((client) => client.endAsync()));
    },
  },
  {
    alerts: ['MosquittoDiskFilling', 'MosquittoDiskFull'],
    broker: onBeaten,
    what: 'a file fills the disk with the messages',
    happens: async () => {
      const file = join(disk, 'filling');
      execFileSync('fallocate', ['--length', `${0.97 * diskMebibytes}MiB`, file]);
      return () => rmSync(file);
    },
  },
  {
    alerts: ['MosquittoDevicesSilent'],
    broker: onSteady,
    what: 'a device is away for longer than its role allows',
    happens: async () => {
      await present.get(silent)?.endAsync();
      return () => comes(silent);
    },
  },
  {
    alerts: ['MosquittoFleetGone'],
    broker: onSteady,
    what: 'six devices of eight go',
    after: ['MosquittoDevicesSilent'],
    happens: async () => {
      await Promise.all(fleet.map((id) => present.get(id)?.endAsync()));
      return () => Promise.all(fleet.map(comes));
    },
  },
  {
    alerts: ['MosquittoCertificateEnds', 'MosquittoCertificateEndsSoon'],
    broker: onSteady,
    what: 'the certificate was deployed for 100 hours',
    happens: async () => async () => {
      await over.get('MosquittoCertificateDiffers');
      await serve('long');
    },
  },
  {
    alerts: ['MosquittoCertificateDiffers'],
    broker: onSteady,
    what: 'somebody puts another certificate into the volume',
    // A proof would see that the files were written to.
    after: ['MosquittoProofFailed'],
    happens: async () => {
      await serve('short');
      return () => serve('deployed');
    },
  },
  {
    alerts: ['MosquittoProofFailed'],
    broker: onSteady,
    what: 'somebody changes the container, and the broker is proved',
    happens: async () => {
      const { HostConfig } = await steady.container.inspect();
      await steady.container.update({ RestartPolicy: { Name: 'no' } });
      expect((await project.run('verify', steady.stack)).code).toBe(1);
      return async () => {
        await steady.container.update({ RestartPolicy: HostConfig.RestartPolicy });
        await project.must('verify', steady.stack);
      };
    },
  },
  {
    alerts: ['MosquittoProofOld'],
    broker: onSteady,
    what: 'the last proof is 27 hours old',
    after: ['MosquittoProofFailed'],
    happens: async () => {
      const file = await steady.exporterFile('proof');
      const proof = readFileSync(file, 'utf8');
      const time = new Date(Date.now() - 27 * 3_600_000).toISOString();
      writeFileSync(file, JSON.stringify({ ...(JSON.parse(proof) as ProofRecord), time }));
      return () => writeFileSync(file, proof);
    },
  },
];

/** Does something again and again, whatever comes of it, until it is undone. */
function again(pauseMilliseconds: number, action: () => Promise<unknown>): Undo {
  let isOver = false;
  const work = (async () => {
    for (; !isOver; await sleep(pauseMilliseconds)) {
      // A connection that comes to nothing is not always told.
      await Promise.race([action().catch(() => {}), sleep(3_000)]);
    }
  })();
  return () => {
    isOver = true;
    return work;
  };
}

/** Does something until a value is reached; the broker tells it each second. */
async function reaches(value: () => Promise<number>, least: number, action: (now: number) => Promise<unknown>) {
  for (let tries = 0; tries < 40; tries += 1) {
    const now = await value();
    if (now >= least) return;
    if (!Number.isNaN(now)) await action(now);
    await sleep(2_000);
  }
  throw new Error(`${least} is not reached`);
}

/** A message with QoS 0 as it goes over the line. */
function packet(topic: string, bytes: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([topic.length >> 8, topic.length & 0xff]),
    Buffer.from(topic),
    Buffer.alloc(bytes),
  ]);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest >>= 7) length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
}

async function flood(pauseMilliseconds: number, message: Buffer, count: number): Promise<Undo> {
  const { stream } = await steady.account({ protocolVersion: 4 });
  const packets = Buffer.concat(Array.from({ length: count }, () => message));
  const stop = again(pauseMilliseconds, () => new Promise((written) => stream.write(packets, written)));
  return async () => {
    await stop();
    stream.destroy();
  };
}

/** Sends so many messages to a client that is away, and takes them in the end. */
async function sendToAbsent(name: string, count: number): Promise<Undo> {
  const session = {
    clientId: name,
    clean: false,
    protocolVersion: 5 as const,
    properties: { sessionExpiryInterval: 600 },
  };
  const away = await steady.account(session);
  await away.subscribeAsync(`test/${name}`, { qos: 1 });
  await away.endAsync();
  const sender = await steady.account();
  await Promise.all(Array.from({ length: count }, () => sender.publishAsync(`test/${name}`, 'x', { qos: 1 })));
  await sender.endAsync();
  return async () => {
    const back = await steady.account({ ...session, clean: true });
    await back.endAsync();
  };
}

async function comes(id: string): Promise<void> {
  present.set(id, await steady.device(id));
}

/** Has the broker serve another certificate than it does. */
async function serve(which: 'deployed' | 'short' | 'long'): Promise<void> {
  const files = serverFileNames('ec');
  for (const kind of ['certificate', 'privateKey'] as const) {
    const path = await steady.configurationFile(files[kind]);
    writeFileSync(path, readFileSync(join(certificates, `${which}-${kind}`)));
  }
  await steady.reload();
}

/** Keeps the certificate that is deployed, and makes two others. */
async function makeCertificates(): Promise<void> {
  certificates = mkdtempSync(join(tmpdir(), 'aipi-served-'));
  const files = serverFileNames('ec');
  for (const kind of ['certificate', 'privateKey'] as const) {
    writeFileSync(join(certificates, `deployed-${kind}`), readFileSync(await steady.configurationFile(files[kind])));
  }
  for (const [which, days] of Object.entries({ short: 4, long: 300 })) {
    const [certificate, key] = ['certificate', 'privateKey'].map((kind) => join(certificates, `${which}-${kind}`));
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=other'];
    const words = ['req', '-x509', ...kind, '-days', `${days}`, '-out', `${certificate}`, '-keyout', `${key}`];
    execFileSync('openssl', words, { stdio: 'ignore' });
  }
}

/** @throws Error after the longest time that an event may take */
async function tooLate(): Promise<never> {
  await sleep(60_000, undefined, { ref: false });
  throw new Error('the event cannot be brought about');
}

/** What came of each event. */
const outcomes = new Map<Event, Promise<void>>();
/** Alert to the end of its event. */
const over = new Map<string, Promise<void>>();

function begin(): void {
  const ends = new Map<string, () => void>();
  for (const name of events.flatMap((event) => event.alerts)) {
    over.set(name, new Promise((end) => ends.set(name, end)));
  }
  for (const event of events) {
    const outcome = happen(event).finally(() => {
      for (const name of event.alerts) ends.get(name)?.();
    });
    outcome.catch(() => {});
    outcomes.set(event, outcome);
    async function happen({ alerts: names, broker, after = [], happens }: Event) {
      await Promise.all(after.map((name) => over.get(name)));
      const { stack } = broker();
      const each = (isFiring: boolean) => Promise.all(names.map((name) => alarms.wait(stack, name, isFiring)));
      // What fires already would prove nothing.
      await each(false);
      const undo = await Promise.race([happens(), tooLate()]);
      try {
        await each(true);
      } finally {
        await undo();
      }
      for (const name of names) ends.get(name)?.();
      await each(false);
    }
  }
}

beforeAll(async () => {
  for (const program of programsWithMinutes) {
    const path = join(project.folder, program);
    writeFileSync(path, hurriedProgram(readFileSync(path, 'utf8')));
  }
  const [plain = 0, other = 0, tls = 0, devices = 0, exporter = 0, plain2 = 0, exporter2 = 0] = await freePorts(7);
  steady = new WatchedBroker(
    project,
    { plain, other, tls, devices, exporter },
    {
      listeners: [{ port: plain }, { port: other }, { port: tls, tls: true }, { port: devices, clients: 'devices' }],
      serverCertificateValidityHours: 100,
      roles: [
        { name: 'device', topics, maxSilenceMinutes: 1_000 },
        { name: 'short', topics, maxSilenceMinutes: 1 },
      ],
      devices: [...fleet, flapping, { id: silent, role: 'short' }],
      maxConnections,
      maxQueuedMessages,
    },
  );
  beaten = new WatchedBroker(
    project,
    { plain: plain2, other: 0, tls: 0, devices: 0, exporter: exporter2 },
    { listeners: [{ port: plain2 }], memoryLimitMebibytes: memoryMebibytes },
  );
  await Promise.all([
    steady.deploy().then(makeCertificates),
    beaten.deploy().then(async () => {
      disk = await beaten.withSmallDisk(diskMebibytes);
    }),
  ]);
  await Promise.all([...fleet, silent].map(comes));
  await alarms.start(
    [steady, beaten].map(({ stack, ports }) => ({
      stack,
      port: ports.exporter,
      rules: hurriedRules(alertRules({ ...watched, stack })),
    })),
  );
  begin();
});

afterAll(async () => {
  await Promise.allSettled(outcomes.values());
  await alarms.end();
  for (const broker of [steady, beaten]) broker?.end();
  if (certificates !== undefined) rmSync(certificates, { recursive: true });
  await project.dispose();
  for (const broker of [steady, beaten]) expect(await leftovers(broker.name)).toEqual([]);
});

test('each alert of the rules has its event', () => {
  expect(events.flatMap((event) => event.alerts).sort()).toEqual(
    alerts(watched)
      .map(({ name }) => name)
      .sort(),
  );
});

test.each(events)('$alerts: $what', async (event) => {
  await outcomes.get(event);
});
