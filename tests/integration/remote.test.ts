/**
 * Proves that a stack on another machine, which ssh alone leads to and which has a Docker engine of its own, is worked on
 * like one here: every check, a live change and a renewal under 50 clients, drift, destruction; by one login for each run.
 * The machine has the name that a configuration of ssh gives it, straight and behind others; its engine is also reached by
 * TLS. What is wrong with the way there is told in one sentence, nobody is asked, and then nothing is changed.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { machineOf } from '../../operate/machine';
import { lackOfMeans } from '../../operate/nftables';
import { docker as engine } from '../../setup/docker';
import { Onlookers } from './clients';
import { engineCertificates } from './engineCertificates';
import { freePorts, docker as here, type Outcome, Project } from './project';
import { RemoteMachine } from './remoteMachine';

jest.setTimeout(300_000);

const stack = 'test-remote';
const container = `aipi-mqtt-${stack}`;
const reference = 'eclipse-mosquitto:2.1.2';
const site = 'ssh://site';
const before = { ...process.env };

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
    dockerHost: site,
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
  process.env.DOCKER_SSH_OPTS = machine.configuration();
});

afterEach(() => {
  process.env = { ...before };
});

afterAll(async () => {
  await onlookers.end();
  await machine?.end();
  await project.dispose();
});

function up(changed: Record<string, unknown> = {}): Promise<Outcome> {
  config = { ...config, ...changed };
  project.configure(stack, config);
  return project.run('up', stack, '--json');
}

async function mustUp(changed: Record<string, unknown> = {}, mostLogins = 1) {
  const logins = machine.logins;
  const { code, stdout, stderr } = await up(changed);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(machine.logins - logins).toBeLessThanOrEqual(mostLogins);
  return JSON.parse(stdout) as {
    checks: Array<{ check: string; ok: boolean; notTried?: true }>;
    steadiness: { disconnects: number; lost: number } | null;
    interruption: unknown;
  };
}

const byTls = () => ({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: machine.certificates });

/** What of ours is there. */
async function there(): Promise<string[]> {
  const [containers, { Volumes }, networks] = await Promise.all([
    machine.docker.listContainers({ all: true }),
    machine.docker.listVolumes(),
    machine.docker.listNetworks(),
  ]);
  const names = [...containers.flatMap(({ Names }) => Names), ...(Volumes ?? []).map(({ Name }) => Name)];
  // The engine lists them in another order each time.
  return [...names, ...networks.map(({ Name }) => Name).filter((name) => name.startsWith('aipi-'))].sort();
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
    const { code, stderr } = await up({ dockerHost: site });
    taker.kill();
    expect(code).toBe(1);
    expect(stderr).toMatch(/port 8883 of 0\.0\.0\.0 is taken by another program of site; /);
    expect((await there()).filter((name) => name.includes(container) && name.startsWith('/'))).toEqual([]);
  });
});

describe('a way of ssh', () => {
  const look = () => machineOf(site).run(['id', '-u']);
  const asked = () => join(machine.folder, 'asked');
  let agent: { SSH_AUTH_SOCK?: string; pid?: number };

  beforeAll(() => {
    const said = execFileSync('ssh-agent', ['-c', '-a', join(machine.folder, 'agent')], { encoding: 'utf8' });
    agent = { SSH_AUTH_SOCK: join(machine.folder, 'agent'), pid: Number(said.match(/SSH_AGENT_PID (\d+)/)?.[1]) };
    machine.lock(join(machine.folder, 'agent'));
    writeFileSync(join(machine.folder, 'ask'), `#!/bin/sh\necho "$1" >>"${asked()}"\necho a passphrase\n`, {
      mode: 0o755,
    });
  });

  beforeEach(() => {
    Object.assign(process.env, { DISPLAY: ':0', SSH_ASKPASS: join(machine.folder, 'ask') });
    delete process.env.SSH_AUTH_SOCK;
    rmSync(asked(), { force: true });
  });

  afterEach(() => {
    expect(existsSync(asked())).toBe(false);
  });

  afterAll(() => {
    if (agent.pid !== undefined) process.kill(agent.pid);
  });

  it.each([
    ['that a key leads by', () => machine.configuration()],
    ['past others', () => machine.configuration('past others')],
    ['that an agent alone has the key for', () => machine.configuration('straight', { site: 'locked' })],
    ['past others whom an agent alone has the key for', () => machine.configuration('past others', { gate: 'locked' })],
  ])('%s is found', async (_, options) => {
    process.env.DOCKER_SSH_OPTS = options();
    process.env.SSH_AUTH_SOCK = agent.SSH_AUTH_SOCK;
    await expect(look()).resolves.toBe('0\n');
  });

  it.each([
    [
      'a key with a passphrase',
      () => machine.configuration('straight', { site: 'locked' }),
      'site does not let you in by a key (publickey); put yours into the authorized_keys there, or load it into the ssh-agent here',
    ],
    [
      'such a key of others on the way',
      () => machine.configuration('past others', { gate: 'locked' }),
      '10.213.71.2, on the way to site, does not let plain in by a key (publickey); put yours into the authorized_keys there, or load it into the ssh-agent here',
    ],
    [
      'an unknown host key of others on the way',
      () => machine.configuration('past others', {}, 'none'),
      'ssh does not know the host key of a machine on the way to site; compare it with the one of that machine and accept it once: ssh site',
    ],
    [
      'another host key of others on the way',
      () => machine.configuration('past others', {}, 'another'),
      '10.213.71.2, on the way to site, shows another host key than the one that ssh knows of it; find out why, and only then correct the known hosts',
    ],
  ])('with %s is told in one sentence, and nobody is asked', async (_, options, sentence) => {
    process.env.DOCKER_SSH_OPTS = options();
    await expect(look()).rejects.toThrow(new Error(sentence));
  });
});

describe('an engine by TLS', () => {
  const version = (host: string, folder?: string) => {
    if (folder !== undefined) Object.assign(process.env, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder });
    return engine({ dockerHost: host });
  };
  const path = (name: string) => join(machine.folder, name);

  /** Certificates of the engine, with some of another authority. */
  function mixed(name: string, others: readonly string[]): string {
    const stranger = engineCertificates(path('another'), 'IP:192.0.2.1');
    mkdirSync(path(name));
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) {
      copyFileSync(join(others.includes(file) ? stranger : machine.certificates, file), join(path(name), file));
    }
    return path(name);
  }

  it('answers whoever has its certificates', async () => {
    await expect(version(machine.tlsHost, machine.certificates)).resolves.toMatchObject({
      address: { host: machine.tlsHost, certificates: machine.certificates },
    });
  });

  it.each([
    [
      'no certificates',
      () => undefined,
      () =>
        'it wants TLS); choose a Docker context with its certificates, or set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem',
    ],
    [
      'another authority',
      () => mixed('other-authority', ['ca.pem']),
      (folder: string) =>
        `its certificate is not of the authority in ${folder}/ca.pem); put the ca.pem of that engine there, or correct DOCKER_CERT_PATH`,
    ],
    [
      'a client of another authority',
      () => mixed('other-client', ['cert.pem', 'key.pem']),
      (folder: string) =>
        `it does not take the certificate in ${folder}/cert.pem); put one there that the authority of that engine has signed, with its key.pem, or correct DOCKER_CERT_PATH`,
    ],
    [
      'another key',
      () => mixed('other-key', ['key.pem']),
      (folder: string) =>
        `${folder}/cert.pem and key.pem do not belong together); put a pair there, or correct DOCKER_CERT_PATH`,
    ],
  ])('with %s is told in one sentence', async (_, folder, sentence) => {
    const certificates = folder();
    const words = `Docker does not answer at ${machine.tlsHost} (${sentence(certificates ?? '')}`;
    await expect(version(machine.tlsHost, certificates)).rejects.toThrow(new Error(words));
  });

  it('under a name that its certificate does not have is told in one sentence', async () => {
    const sockets = new Set<Socket>();
    const relay = createServer((client) => {
      const far = connectTcp(2376, machine.addresses.there);
      for (const [from, to] of [[client, far] as const, [far, client] as const]) {
        sockets.add(from);
        from.pipe(to).on('error', () => from.destroy());
      }
    });
    const [port = 0] = await freePorts(1);
    await new Promise<void>((done) => relay.listen(port, '127.0.0.1', done));
    await expect(version(`tcp://127.0.0.1:${port}`, machine.certificates)).rejects.toThrow(
      new Error(
        `Docker does not answer at tcp://127.0.0.1:${port} (its certificate is for ${machine.addresses.there}, and not for 127.0.0.1); ` +
          'write a name that it is for into dockerHost in the stack config, or give that engine one for this name',
      ),
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => relay.close(done));
  });
});

test('a firewall that does not let this machine in is refused before anything is made', async () => {
  const { listeners } = config as { listeners: Array<{ unfiltered?: boolean }> };
  const filtered = listeners.map(({ unfiltered, ...listener }) => listener);
  const present = await there();
  const { code, stderr } = await up({ listeners: filtered, firewall: ['192.168.0.0/16'] });
  config = { ...config, listeners, firewall: [] };
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('this machine comes to site as 10.213.71.1, which the firewall of mqtts-8883, wss-9001'),
  ]);
  expect(await there()).toEqual(present);
});

test('a broker is made and proved there, by one login, and nothing of it is here', async () => {
  const { checks } = await mustUp({ dockerHost: site });
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

test('what somebody has done there is named, and made good, past others who lead there', async () => {
  await onlookers.end();
  await machine.docker.getContainer(container).stop();
  process.env.DOCKER_SSH_OPTS = machine.configuration('past others');
  const verified = await project.run('verify', stack);
  expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining('has stopped')]);
  const found = async () => JSON.parse((await project.run('doctor', stack, '--json')).stdout);
  expect(await found()).toMatchObject({
    findings: [{ kind: 'container-stopped', run: [`docker -H ${site} start ${container}`] }],
    unseen: [],
  });
  // Twice in the log of the server: at those who lead there, too.
  const { checks } = await mustUp({}, 2);
  expect(checks.filter(({ ok, notTried }) => !ok || notTried)).toEqual([]);
  expect(await found()).toMatchObject({ findings: [], unseen: [] });
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
  expect(hither.stderr).toContain(`from a container on site to a container on this machine`);
  expect(hither.stderr).toContain('remove it there');
  expect([hither.code, hither.code === 0 ? '' : hither.stderr]).toEqual([0, '']);
  expect(await there()).toContain(`/${container}`);
  expect((await project.outputs(stack)).accounts).toEqual(accounts);
  Object.assign(process.env, byTls());
  const back = await up({ dockerHost: machine.tlsHost, listeners });
  expect([back.code, back.code === 0 ? '' : back.stderr]).toEqual([0, '']);
  expect((await project.outputs(stack)).accounts).toEqual(accounts);
});

test('a device more is no disconnection by TLS, and a firewall is made by ssh alone', async () => {
  Object.assign(process.env, byTls());
  const { checks, steadiness } = await mustUp({ devices: ['pi-1', 'pi-2', 'pi-3', 'pi-4'] }, 0);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  expect(await lackOfMeans(machine.tlsHost)).toMatch(
    /^the broker is on 10\.213\.71\.2, whose engine is reached by TCP, /,
  );
});

test('a machine that suddenly shows another host key is refused', async () => {
  await machine.changeHostKey();
  const { code, stderr } = await up({ devices: ['pi-1'], dockerHost: site });
  await machine.changeHostKey();
  expect([code, stderr]).toEqual([1, expect.stringContaining('shows another host key')]);
});

test('a destroyed stack leaves nothing there', async () => {
  project.configure(stack, { ...config, dockerHost: machine.tlsHost });
  Object.assign(process.env, byTls());
  await project.must('destroy', stack);
  expect(await there()).toEqual([]);
});
