/**
 * Proves that the firewall of a broker on another machine is made there, by the ssh that leads to its engine: nothing is
 * left on this machine, what somebody changes there is named and brought back, it goes with the stack, and whoever is not
 * the machine that ssh knows is told nothing.
 *
 * The other machine is played: it has other files and a server of SSH, and the kernel and the engine of this one. It does
 * not prove what systemd does there at a boot.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tableName } from '../../mosquitto/firewall';
import { machineOf } from '../../operate/machine';
import { lackOfMeans } from '../../operate/nftables';
import { freePorts, leftovers, Project } from './project';
import { plainUser, SshMachine } from './sshMachine';

jest.setTimeout(300_000);

const folder = '/etc/aipi-mqtt';
let project: Project;
let machine: SshMachine;
let stack: string;
let container: string;
let open: number;
const before = process.env.DOCKER_SSH_OPTS;

const nft = (...words: string[]) => spawnSync('nft', words, { encoding: 'utf8' });
const table = () => nft('--stateless', 'list', 'table', 'inet', tableName(container)).stdout;
const there = (...words: string[]) => machineOf(machine.host()).run(words);
const filesHere = () => existsSync(`${folder}/firewall/${container}.nft`);

beforeAll(async () => {
  project = new Project();
  const [ssh = 0, port = 0, loopback = 0] = await freePorts(3);
  machine = await SshMachine.start(ssh);
  open = port;
  stack = `test-${open}`;
  container = `aipi-mqtt-${stack}`;
  project.configure(stack, {
    dockerHost: machine.host(),
    listeners: [
      { port: loopback, protocol: 'mqtt', bindAddress: '127.0.0.1' },
      { port: open, protocol: 'mqtt', bindAddress: '0.0.0.0', insecurePlaintext: true },
    ],
    firewall: ['10.0.0.0/8'],
  });
});

beforeEach(() => {
  process.env.DOCKER_SSH_OPTS = machine.options();
});

afterAll(async () => {
  if (before === undefined) delete process.env.DOCKER_SSH_OPTS;
  else process.env.DOCKER_SSH_OPTS = before;
  await machine?.end();
  await project.dispose();
  expect(await leftovers(container)).toEqual([]);
  expect([table(), filesHere()]).toEqual(['', false]);
});

test('a machine whose host key is unknown is told nothing', async () => {
  process.env.DOCKER_SSH_OPTS = machine.options('user', 'none');
  const { code, stderr } = await project.run('up', stack);
  expect([code, stderr]).toEqual([1, expect.stringContaining('ssh does not know the host key of 127.0.0.1')]);
  expect(await leftovers(container)).toEqual([]);
  expect(table()).toBe('');
});

test('the table is made there, with its files', async () => {
  const { stdout } = await project.must('up', stack, '--json');
  const { checks } = JSON.parse(stdout) as { checks: Array<{ check: string; detail: string; notTried?: true }> };
  expect(checks.filter(({ check }) => /neighbour|firewall/.test(check)).map(({ detail }) => detail)).toEqual([
    'unchanged',
    'not tried: the broker is on 127.0.0.1',
    'not tried: the broker is on 127.0.0.1',
  ]);
  expect(table()).toContain('10.0.0.0/8');
  expect(filesHere()).toBe(false);
  expect(await there('ls', `${folder}/firewall`)).toBe(`${container}.json\n${container}.nft\n`);
});

test('a table that somebody has changed there is named, disproved and brought back', async () => {
  const own = table();
  expect(nft('delete', 'table', 'inet', tableName(container)).status).toBe(0);
  const gone = `The firewall of ${container} is gone, and whoever finds a way to 127.0.0.1 reaches the broker`;
  const verified = await project.run('verify', stack);
  expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining('its table is gone')]);
  expect((await project.must('up', stack)).stderr).toContain(gone);
  expect(table()).toBe(own);
});

test('a destroyed stack leaves nothing there', async () => {
  await project.must('destroy', stack);
  expect(table()).toBe('');
  await expect(there('ls', folder)).rejects.toThrow('No such file or directory');
});

test('what is lacking is said with the name of the machine', async () => {
  const root = machine.host();
  expect(await lackOfMeans(root)).toBeUndefined();
  expect(await lackOfMeans(machine.host(plainUser.name))).toMatch(
    /^the firewall needs root on 127\.0\.0\.1; .*sudo without a password$/,
  );
  process.env.DOCKER_SSH_OPTS = machine.options('stranger');
  expect(await lackOfMeans(root)).toMatch(/^127\.0\.0\.1 does not let root in by a key \(publickey\); /);
  process.env.DOCKER_SSH_OPTS = machine.options('user', 'none');
  expect(await lackOfMeans(root)).toBe(
    `ssh does not know the host key of 127.0.0.1; compare it with the one of that machine and accept it once: ssh -p ${machine.port} root@127.0.0.1`,
  );
  process.env.DOCKER_SSH_OPTS = machine.options('user', 'another');
  expect(await lackOfMeans(root)).toMatch(/^127\.0\.0\.1 shows another host key than the one that ssh knows of it; /);
});
