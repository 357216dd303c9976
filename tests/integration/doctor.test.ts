/**
 * Proves that the doctor names what is wrong with a real deployment: each fault is planted by hand on the real thing, is the
 * first that the doctor tells, and is mended by the remedy that it tells; before and after nothing needs a hand. Without a
 * state or a passphrase it says what it cannot look at.
 *
 * It does not prove that every fault is found, nor anything of other machines: there the looks are those of `verify`.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import type { Examination } from '../../commands/examination/examination';
import { diagnosed, exitCode, type FindingKind } from '../../doctor/finding';
import { roomFindings } from '../../doctor/room';
import { tableName } from '../../mosquitto/firewall';
import { monitoringUsername } from '../../mosquitto/monitoring';
import { insideOf } from '../../operate/doctor/usage';
import { machineOf } from '../../operate/machine';
import { takeAway } from '../../operate/nftables';
import { ready } from '../../operate/readiness';
import { watcherContainer } from '../../watching/containers';
import { selfSigned } from '../unit/selfSigned';
import { DriftStack } from './driftStack';
import { docker, freePorts } from './project';
import { RoomBroker } from './roomBroker';

jest.setTimeout(300_000);

const device = 'pi-001';
let deployed: DriftStack;
let ports: number[];
let scratch: string;
const clients: MqttClient[] = [];

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'aipi-mqtt-doctor-'));
  ports = await freePorts(5);
  const [plain = 0, secured = 0, open = 0, devices = 0, metrics = 0] = ports;
  const config = {
    listeners: [
      { port: plain, bindAddress: '127.0.0.1' },
      { port: secured, bindAddress: '127.0.0.1', tls: true },
      { port: open, bindAddress: '0.0.0.0', tls: true },
      { port: devices, bindAddress: '127.0.0.1', tls: true, clients: 'devices' },
    ],
    firewall: ['10.0.0.0/8'],
    dnsNames: ['localhost'],
    devices: [device],
    monitoring: { enabled: true, port: metrics },
  };
  deployed = new DriftStack(`test-${plain}`, config, `mqtt://127.0.0.1:${plain}`);
  await deployed.deploy();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync()));
});

afterAll(async () => {
  await takeAway(machineOf(null), deployed.name);
  await deployed.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

interface Said extends Examination {
  code: number;
}

/** What the doctor says; by default as a person calls it. */
async function doctor(
  program = 'node',
  words: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Said> {
  const { project, stack } = deployed;
  const all = [...words, 'commands/start.mjs', 'doctor', stack, '--json'];
  const env = { ...project.environment, ...environment };
  return new Promise((done, fail) => {
    execFile(program, all, { cwd: project.folder, env }, (error, stdout, stderr) => {
      if (stdout === '') return fail(new Error(`the doctor said nothing (${error?.message}): ${stderr}`));
      done({ ...JSON.parse(stdout), code: error === null ? 0 : (error.code as unknown as number) });
    });
  });
}

const needsHand = ({ findings }: Examination) => findings.filter(({ weight }) => weight !== 'note');

interface Fault {
  plant: () => Promise<unknown> | unknown;
  /** Where it is looked at in another way than usual. */
  look?: () => Promise<Said>;
  first: FindingKind;
  says: RegExp;
  /** Carries out what is told; default: the commands as they stand, each of which must succeed. */
  mend?: (run: string[]) => Promise<unknown>;
}

/** Runs what is told as a person would, in the folder of the project. */
async function carryOut(run: readonly string[]): Promise<void> {
  for (const command of run) {
    const npm = command.match(/^npm run (\S+) -- (.*)$/);
    if (npm !== null) await deployed.project.must(npm[1] ?? '', ...(npm[2] ?? '').split(' '));
    else execFileSync('sh', ['-c', command], { stdio: 'pipe' });
  }
}

let squatter: Server | undefined;

/** Logs in, and stays; whoever is refused throws. */
async function login(options: mqtt.IClientOptions, url = `mqtt://127.0.0.1:${ports[0]}`): Promise<MqttClient> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, ...options });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

const ofDevices = () => `mqtts://localhost:${ports[3]}`;
const asDevice = async (password: string) => ({
  username: device,
  password,
  clientId: device,
  ca: (await deployed.project.outputs(deployed.stack)).caCertificate as string,
});

async function devicePassword(): Promise<string> {
  const { devices } = await deployed.project.outputs(deployed.stack);
  return devices[device].password;
}

/** Two programs that want one client id, until they are ended. */
async function fight(): Promise<void> {
  const worker = { ...(await deployed.login()), clientId: 'worker', protocolVersion: 5 as const };
  for (let round = 0; round < 4; round += 1) await login(worker);
}

/** A program that keeps the clock of another day. */
function playedClock(days: number): string {
  const file = join(scratch, 'clock.cjs');
  writeFileSync(
    file,
    `const real = Date.now, by = ${days} * 86_400_000, Own = Date;
     globalThis.Date = class extends Own {
       constructor(...words) { if (words.length === 0) super(real() + by); else super(...words); }
       static now() { return real() + by; }
     };`,
  );
  return file;
}

/** A machine that knows other names. */
function withHosts(...lines: string[]): Promise<Said> {
  const [hosts, resolver] = [join(scratch, 'hosts'), join(scratch, 'resolv.conf')];
  writeFileSync(hosts, `${lines.join('\n')}\n`);
  writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  const mounts = `mount --bind ${hosts} /etc/hosts; mount --bind ${resolver} /etc/resolv.conf; exec node "$@"`;
  return doctor('unshare', ['--mount', 'sh', '-ec', mounts, 'sh']);
}

const onVolume = async (script: string) => {
  await deployed.onVolume(script);
  await deployed.signal();
};

const faults: Readonly<Record<string, Fault>> = {
  'a container that somebody stopped': {
    plant: () => deployed.broker.stop({ t: 3 }),
    first: 'container-stopped',
    says: /has stopped \(exit code 0\)/,
  },
  'a container that somebody paused': {
    plant: () => deployed.broker.pause(),
    first: 'container-paused',
    says: /is paused/,
  },
  'a port that another program took while the container was down': {
    plant: async () => {
      await deployed.broker.stop({ t: 3 });
      squatter = createServer().listen(ports[0], '127.0.0.1');
      await new Promise((done) => squatter?.once('listening', done));
    },
    first: 'port-taken',
    says: /has port \d+ of 127\.0\.0\.1/,
    mend: async ([names = '', ...others]) => {
      expect(execFileSync('sh', ['-c', names], { encoding: 'utf8' })).toContain(`:${ports[0]}`);
      await new Promise((done) => squatter?.close(done));
      await carryOut(others);
    },
  },
  'a container that somebody removed': {
    plant: () => deployed.broker.remove({ force: true }),
    first: 'container-gone',
    says: /is gone/,
  },
  'a table of the firewall that somebody deleted': {
    plant: () => execFileSync('nft', ['delete', 'table', 'inet', tableName(deployed.name)]),
    first: 'firewall-changed',
    says: /The firewall of \S+ is gone/,
  },
  'a file that the broker cannot read': {
    plant: () => deployed.onVolume('chmod 000 acl'),
    first: 'file-unreadable',
    says: /cannot read or write \S+\/acl /,
  },
  'a password that was changed by hand': {
    plant: () => onVolume(`sed -i '/^aisa_rpi:/d' passwords`),
    first: 'files-changed',
    says: /passwords: missing: aisa_rpi/,
  },
  'a certificate that was replaced by one that has expired': {
    plant: () => {
      const { certificate, privateKey } = selfSigned('250102000000Z');
      return onVolume(`cat >server-ec.pem <<'END'\n${certificate}END\ncat >server-ec.key <<'END'\n${privateKey}END`);
    },
    first: 'files-changed',
    says: /server-ec\.pem is another one/,
  },
  'a memory limit that somebody lowered': {
    plant: () => deployed.broker.update({ Memory: 300 * 2 ** 20, MemorySwap: 300 * 2 ** 20 }),
    first: 'container-changed',
    says: /memory in MiB: 300 in place of 1024/,
  },
  'a name that does not resolve': {
    plant: () => {},
    look: () => withHosts('127.0.0.1 other'),
    first: 'name-unresolved',
    says: /The name localhost, which clients use, does not resolve here/,
    mend: async () => expect(needsHand(await withHosts('127.0.0.1 other', '127.0.0.1 localhost'))).toEqual([]),
  },
  'a clock that was put forward': {
    plant: () => {},
    look: () => doctor('node', ['--require', playedClock(400)]),
    first: 'clock-off',
    says: /The clock of this machine says .* and was moved forward by 400 days/,
    // The next look is by the clock of this machine.
    mend: async ([date = '']) => execFileSync('sh', ['-c', date]),
  },
  'an engine at an address where none is': {
    plant: () => {},
    look: () => doctor('node', [], { DOCKER_HOST: `unix://${scratch}/nowhere.sock` }),
    first: 'engine-silent',
    says: /Docker does not answer at/,
    mend: async () => {},
  },
  'an exporter that somebody stopped': {
    plant: () => docker.getContainer(watcherContainer(deployed.name, 'exporter')).stop({ t: 1 }),
    first: 'watcher-down',
    says: /-exporter, which watches the broker, is stopped/,
  },
  'two clients that fight about one id': {
    plant: fight,
    first: 'contested-client-id',
    says: /worker \(3 times from /,
    mend: () => over(),
  },
  'a device that is refused again and again': {
    plant: async () => {
      const wrong = await asDevice('another');
      // What verification has left of an update that was just made is no attempt of a device.
      await sleep(2_500);
      for (let tries = 0; tries < 4; tries += 1)
        await expect(mqtt.connectAsync(ofDevices(), { ...wrong, reconnectPeriod: 0 })).rejects.toThrow();
    },
    first: 'refused-logins',
    says: /pi-001 \(4 times from /,
    mend: async (run) => {
      await carryOut(run.map((command) => command.replace('FOLDER', join(scratch, 'bundles'))));
      expect(existsSync(join(scratch, 'bundles', device))).toBe(true);
      await login(await asDevice(await devicePassword()), ofDevices());
    },
  },
  'a device whose connection is lost again and again': {
    plant: async () => {
      const own = await asDevice(await devicePassword());
      for (let tries = 0; tries < 5; tries += 1) {
        const client = await mqtt.connectAsync(ofDevices(), { ...own, reconnectPeriod: 0 });
        client.on('error', () => {}).stream.destroy();
        await sleep(50);
      }
    },
    first: 'flapping-client',
    says: /pi-001 \(\d+ times from /,
    mend: async () => {
      await login(await asDevice(await devicePassword()), ofDevices());
      await over();
    },
  },
};

/** What has stopped is over when it would have come again. */
function over(): Promise<void> {
  return sleep(4_500);
}

test('nothing is found where nothing is wrong', async () => {
  expect(await doctor()).toMatchObject({ code: 0, findings: [], unseen: [] });
});

test.each(Object.entries(faults))('%s', async (_, { plant, look = doctor, first, says, mend = carryOut }) => {
  await plant();
  const ill = await look();
  expect({ ...ill.findings[0], code: ill.code }).toMatchObject({
    kind: first,
    says: expect.stringMatching(says),
    code: 1,
  });
  await mend(ill.findings[0]?.run ?? []);
  const well = await doctor();
  expect({ code: well.code, findings: needsHand(well), unseen: well.unseen }).toEqual({
    code: 0,
    findings: [],
    unseen: [],
  });
});

describe('a data volume', () => {
  let broker: RoomBroker;

  beforeAll(async () => {
    broker = await RoomBroker.start(2);
    await ready(broker.handle, broker.handle.dial());
  });

  afterAll(() => broker.remove());

  test('that is full', async () => {
    const patient = { stack: 'prod', container: broker.handle.name, runtime: 'container', engine: undefined } as const;
    const { container } = broker.handle;
    const found = async () => {
      const { usage, unreadable } = await insideOf(container, await container.inspect(), undefined);
      expect(unreadable).toEqual([]);
      return diagnosed(roomFindings(patient, usage));
    };
    expect(await found()).toEqual([]);
    await broker.shell('cat /dev/zero >/mosquitto/data/other');
    const ill = await found();
    expect(ill.map(({ kind }) => kind)).toEqual(['disk-full']);
    expect(exitCode(ill, [])).toBe(1);
    await broker.shell('rm /mosquitto/data/other');
    expect(await found()).toEqual([]);
  });
});

describe('what it cannot look at', () => {
  /** Takes a file of the home away while something runs. */
  async function without<T>(name: string, work: () => Promise<T>): Promise<T> {
    const file = join(deployed.project.home, name);
    renameSync(file, `${file}.away`);
    try {
      return await work();
    } finally {
      renameSync(`${file}.away`, file);
    }
  }

  test('without the passphrase it finds by the state, and says what it has not seen', async () => {
    const well = await without('passphrase', () => doctor());
    expect({ code: well.code, findings: needsHand(well) }).toEqual({ code: 2, findings: [] });
    expect(well.unseen).toEqual([
      {
        what: 'which accounts, rules and passwords of changed files are others',
        why: expect.stringContaining('passphrase'),
      },
    ]);
    await deployed.broker.pause();
    const ill = await without('passphrase', () => doctor());
    await deployed.broker.unpause();
    expect({ code: ill.code, first: ill.findings[0]?.kind }).toEqual({ code: 1, first: 'container-paused' });
  });

  test('without the state it still looks at engine, container, ports, clock, disk and log', async () => {
    const well = await without('state', () => doctor());
    expect({ code: well.code, findings: needsHand(well) }).toEqual({ code: 2, findings: [] });
    expect(well.unseen.map(({ what }) => what)).toEqual(['what was deployed']);
    await deployed.broker.stop({ t: 3 });
    const ill = await without('state', () => doctor());
    await deployed.broker.start();
    expect({ code: ill.code, first: ill.findings[0]?.kind }).toEqual({ code: 1, first: 'container-stopped' });
  });

  test('of a stack that nobody has written it says so', async () => {
    const { code, stdout, stderr } = await deployed.project.run('doctor', 'nowhere');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('There is no Pulumi.nowhere.yaml');
  });

  test('of a stack that was never deployed it says so', async () => {
    deployed.project.configure('never', {});
    const { code, stdout } = await deployed.project.run('doctor', 'never', '--json');
    const { findings, unseen } = JSON.parse(stdout) as Examination;
    expect({ code, findings }).toEqual({ code: 2, findings: [] });
    expect(unseen).toEqual([
      { what: 'what was deployed', why: expect.stringContaining('The stack "never" has not been deployed') },
      { what: 'the container', why: expect.stringContaining('there is no container aipi-mqtt-never') },
    ]);
  });
});

describe('the log', () => {
  test('as JSON lines tells verification by itself, and what is left of it is what the documentation says', async () => {
    const before = await lines();
    await deployed.project.must('verify', deployed.stack);
    const own = (await lines()).slice(before.length);
    const probes = own.filter(({ probe }) => probe);
    expect(own.length).toBeGreaterThan(100);
    expect(probes.length / own.length).toBeGreaterThan(0.6);
    // Attempts that break TLS, or that end before they say who they are, have no client id.
    const rest = own.filter(({ probe, client }) => !probe && !(client ?? '').startsWith(monitoringUsername));
    expect([...new Set(rest.map(({ kind, message }) => kind ?? message))].sort()).toEqual([
      'disconnected',
      'hungUp',
      'opened',
      'tlsFailed',
    ]);
    expect(rest.every(({ user }) => user === null)).toBe(true);
  });

  test('does not grow by the check of health', async () => {
    const { Config } = await deployed.broker.inspect();
    // What the clients before have left is said within a moment.
    await sleep(500);
    const before = await lines();
    const [, test = ''] = Config.Healthcheck?.Test ?? [];
    execFileSync('docker', ['exec', deployed.name, 'sh', '-c', test]);
    await sleep(300);
    expect((await lines()).slice(before.length)).toEqual([]);
  });

  test('is followed, and can be had from a time on', async () => {
    const { project, stack } = deployed;
    const child = spawn('node', ['commands/start.mjs', 'log', stack, '--json', '--follow', '--since', '1s'], {
      cwd: project.folder,
      env: project.environment,
    });
    const clientId = `follower-${randomBytes(4).toString('hex')}`;
    try {
      const heard = new Promise<string>((done) => {
        let text = '';
        child.stdout.on('data', (data) => {
          text += data;
          if (text.includes(`as ${clientId} `)) done(text);
        });
      });
      // The log is opened once the command runs.
      await sleep(1_500);
      await login({ ...(await deployed.login()), clientId });
      const records = (await heard)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(records.find(({ client }) => client === clientId)).toMatchObject({
        kind: 'connected',
        user: 'aisa_server',
        level: 'note',
        probe: false,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      });
    } finally {
      child.kill();
    }
  });

  async function lines() {
    const { stdout } = await deployed.project.must('log', deployed.stack, '--json');
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
});
