/**
 * Proves that a stack on another machine, which ssh alone leads to and which has a Docker engine of its own, is worked on
 * like one here: every check, a live change and a renewal under 50 clients, drift, destruction; by one login for each run.
 * What is wrong with the way there is told in one sentence, and then nothing is changed.
 */

import { Onlookers } from './clients';
import { freePorts, docker as here, type Outcome, Project } from './project';
import { RemoteMachine } from './remoteMachine';

jest.setTimeout(300_000);

const stack = 'test-remote';
const container = `aipi-mqtt-${stack}`;
const reference = 'eclipse-mosquitto:2.1.2';
const before = process.env.DOCKER_SSH_OPTS;

let project: Project;
let machine: RemoteMachine;
let config: Record<string, unknown>;
const onlookers = new Onlookers();

beforeAll(async () => {
  project = new Project();
  machine = await RemoteMachine.start(71);
  await machine.load(reference);
  const open = { tls: true, bindAddress: '0.0.0.0', unfiltered: true };
  config = {
    dockerHost: machine.host(),
    ipAddresses: [machine.addresses.there],
    devices: ['pi-1', 'pi-2'],
    listeners: [
      { port: 1883, protocol: 'mqtt', bindAddress: '127.0.0.1' },
      { port: 8883, protocol: 'mqtt', ...open },
      { port: 9001, protocol: 'websockets', ...open },
      { port: 8884, protocol: 'mqtt', clients: 'devices', ...open },
    ],
  };
});

beforeEach(() => {
  process.env.DOCKER_SSH_OPTS = machine.options();
});

afterAll(async () => {
  if (before === undefined) delete process.env.DOCKER_SSH_OPTS;
  else process.env.DOCKER_SSH_OPTS = before;
  await onlookers.end();
  await machine?.end();
  await project.dispose();
});

function up(changed: Record<string, unknown> = {}): Promise<Outcome> {
  config = { ...config, ...changed };
  project.configure(stack, config);
  return project.run('up', stack, '--json');
}

async function mustUp(changed: Record<string, unknown> = {}) {
  const logins = machine.logins;
  const { code, stdout, stderr } = await up(changed);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(machine.logins - logins).toBeLessThanOrEqual(1);
  return JSON.parse(stdout) as {
    checks: Array<{ check: string; ok: boolean; notTried?: true }>;
    steadiness: { disconnects: number; lost: number } | null;
    interruption: unknown;
  };
}

/** What of ours is there. */
async function there(): Promise<string[]> {
  const [containers, { Volumes }, networks] = await Promise.all([
    machine.docker.listContainers({ all: true }),
    machine.docker.listVolumes(),
    machine.docker.listNetworks(),
  ]);
  const names = [...containers.flatMap(({ Names }) => Names), ...(Volumes ?? []).map(({ Name }) => Name)];
  return [...names, ...networks.map(({ Name }) => Name).filter((name) => name.startsWith('aipi-'))];
}

describe('a way that leads nowhere', () => {
  it.each([
    ['an unknown host key', 'root', 'none', /ssh does not know the host key of \S+; compare it .* accept it once: ssh/],
    ['another host key', 'root', 'another', /shows another host key than the one that ssh knows of it; find out why/],
    ['a user without rights', 'plain', 'its own', /plain may not use the Docker engine of \S+; .*usermod -aG docker/],
    ['no docker command there', 'bare', 'its own', /has no "docker" command on the PATH of bare; install one there/],
  ] as const)('with %s is told in one sentence', async (_, user, known, sentence) => {
    process.env.DOCKER_SSH_OPTS = machine.options('user', known);
    const { code, stderr } = await up({ dockerHost: machine.host(user) });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').slice(-1)).toEqual([expect.stringMatching(sentence)]);
    expect(await there()).toEqual([]);
  });

  it('with a port that is taken there is told before anything is made', async () => {
    const taker = await machine.listen(8883);
    const { code, stderr } = await up({ dockerHost: machine.host() });
    taker.kill();
    expect(code).toBe(1);
    expect(stderr).toMatch(/port 8883 of 0\.0\.0\.0 is taken by another program of 10\.213\.71\.2; /);
    expect((await there()).filter((name) => name.includes(container) && name.startsWith('/'))).toEqual([]);
  });
});

test('a broker is made and proved there, by one login, and nothing of it is here', async () => {
  const { checks } = await mustUp({ dockerHost: machine.host() });
  expect(checks.filter(({ ok, notTried }) => !ok || notTried)).toEqual([]);
  expect(checks.map(({ check }) => check).filter((check) => check.startsWith('mqtt-1883:')).length).toBeGreaterThan(0);
  expect((await here.listContainers({ all: true })).flatMap(({ Names }) => Names)).not.toContain(`/${container}`);
});

test('devices, the certificate and the names change while 50 clients stay', async () => {
  const { accounts, caCertificate } = await project.outputs(stack);
  const tls = { ca: caCertificate, servername: '' };
  const login = { username: 'aisa_server', password: accounts.aisa_server, ...tls, wsOptions: tls };
  const address = machine.addresses.there;
  await Promise.all([
    onlookers.connect(25, `mqtts://${address}:8883`, login),
    onlookers.connect(25, `wss://${address}:9001`, login),
  ]);
  const added = await mustUp({ devices: ['pi-1', 'pi-2', 'pi-3'] });
  expect(added.steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  const renewed = await mustUp({ serverCertificateValidityHours: 8_000 });
  expect([renewed.interruption, renewed.steadiness]).toEqual([null, expect.objectContaining({ disconnects: 0 })]);
  expect([onlookers.disconnects, await onlookers.serving()]).toEqual([0, 50]);
});

test('what somebody has done there is named, and made good', async () => {
  await onlookers.end();
  await machine.docker.getContainer(container).stop();
  const verified = await project.run('verify', stack);
  expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining('has stopped')]);
  const { checks } = await mustUp();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
});

test('no secret is there but in the volumes of the broker, and in no line of a command', async () => {
  const { accounts } = await project.outputs(stack);
  const found = machine.filesWith(Object.values(accounts) as string[]);
  expect(found.filter((file) => !/\/docker\/volumes\/aipi-mqtt-test-remote-(configuration|data)\//.test(file))).toEqual(
    [],
  );
  for (const secret of Object.values(accounts) as string[]) expect(machine.commands.join('\n')).not.toContain(secret);
});

test('a broker moves to another engine and back, and the one from before is named', async () => {
  const { accounts } = await project.outputs(stack);
  const { listeners } = config;
  const [plain = 0, tls = 0, ofDevices = 0] = await freePorts(3);
  const moved = [{ port: plain }, { port: tls, tls: true }, { port: ofDevices, tls: true, clients: 'devices' }];
  const hither = await up({ dockerHost: '', listeners: moved });
  expect(hither.stderr).toContain(`from a container on ${machine.addresses.there} to a container on this machine`);
  expect(hither.stderr).toContain('remove it there');
  expect([hither.code, hither.code === 0 ? '' : hither.stderr]).toEqual([0, '']);
  expect(await there()).toContain(`/${container}`);
  expect((await project.outputs(stack)).accounts).toEqual(accounts);
  const back = await up({ dockerHost: machine.host(), listeners });
  expect([back.code, back.code === 0 ? '' : back.stderr]).toEqual([0, '']);
  expect((await project.outputs(stack)).accounts).toEqual(accounts);
});

test('a machine that suddenly shows another host key is refused', async () => {
  await machine.changeHostKey();
  const { code, stderr } = await up({ devices: ['pi-1'] });
  await machine.changeHostKey();
  expect([code, stderr]).toEqual([1, expect.stringContaining('shows another host key')]);
});

test('a destroyed stack leaves nothing there', async () => {
  await project.must('destroy', stack);
  expect(await there()).toEqual([]);
});
