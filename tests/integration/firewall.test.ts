/**
 * Proves who reaches a broker from other machines: the table of nftables is in force before a port is published, lets in
 * and keeps out by real connections of neighbours in a network namespace, disconnects nobody, comes back where somebody
 * has changed it, and goes with the stack.
 *
 * It does not prove what happens at a boot, which is tried on its own, with ufw or firewalld beside it, or on another
 * machine.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tableName } from '../../mosquitto/firewall';
import { askNeighbours } from '../../operate/neighbours';
import { Onlookers } from './clients';
import { docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let stack: string;
let container: string;
let ports: number[];
let onlookers: Onlookers;
let config: Record<string, unknown>;

const [inside, outside] = ['10.255.255.252', '203.0.113.77'];
const [inside6, outside6] = ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:fffc', '2001:db8:77::77'];

const nft = (...words: string[]) => spawnSync('nft', words, { encoding: 'utf8' });
const table = () => nft('--stateless', 'list', 'table', 'inet', tableName(container)).stdout;
const files = () => ['json', 'nft'].map((kind) => existsSync(`/etc/aipi-mqtt/firewall/${container}.${kind}`));

/** Answers for the IPv4 and the IPv6 listener. */
async function answers(): Promise<unknown> {
  const [port, port6] = [ports[1] ?? 0, ports[2] ?? 0];
  return askNeighbours(
    [
      { from: inside, port },
      { from: outside, port },
      { from: inside6, port: port6 },
      { from: outside6, port: port6 },
    ],
    1_500,
  );
}

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(3);
  stack = `test-${ports[0]}`;
  container = `aipi-mqtt-${stack}`;
  const open = { protocol: 'mqtt', insecurePlaintext: true };
  config = {
    listeners: [
      { port: ports[0], protocol: 'mqtt', bindAddress: '127.0.0.1' },
      { port: ports[1], ...open, bindAddress: '0.0.0.0' },
      { port: ports[2], ...open, bindAddress: '::', firewall: ['fd00::/8'] },
    ],
    firewall: ['10.0.0.0/8'],
  };
});

afterAll(async () => {
  await onlookers?.end();
  await project.dispose();
  expect(await leftovers(container)).toEqual([]);
  expect(table()).toBe('');
  expect(files()).toEqual([false, false]);
});

test.each(['prod', 'everything'])('nft takes the golden table of %s', (name) => {
  const { status, stderr } = nft('--check', '--file', join(__dirname, '../golden', name, 'firewall.nft'));
  expect([status, stderr]).toEqual([0, '']);
});

test('no port is published before the table is in force, and each neighbour gets the answer that it should', async () => {
  project.configure(stack, config);
  const { outcome } = project.start('up', stack, '--json');
  const seen: string[] = [];
  let ended = false;
  const watch = (async () => {
    while (!ended) {
      const info = await docker
        .getContainer(container)
        .inspect()
        .catch(() => undefined);
      if (info?.State.Running) seen.push(table() === '' ? 'open' : 'filtered');
      await sleep(20);
    }
  })();
  const { code, stdout, stderr } = await outcome;
  ended = true;
  await watch;
  expect([code, stderr]).toEqual([0, expect.stringContaining('checks passed now')]);
  expect(new Set(seen)).toEqual(new Set(['filtered']));
  const { checks } = JSON.parse(stdout) as { checks: Array<{ check: string; ok: boolean; notTried?: true }> };
  const own = checks.filter(({ check }) => /neighbour|firewall/.test(check));
  expect(own.map(({ check, ok, notTried }) => [check.replace(/^\w+-\d+/, 'listener'), ok, notTried])).toEqual([
    ['the firewall in force is the one that was written', true, undefined],
    ['listener on 0.0.0.0 answers a neighbour in 10.0.0.0/8', true, undefined],
    ['listener on 0.0.0.0 does not answer a neighbour in no network of the firewall', true, undefined],
    ['listener on :: answers a neighbour in fd00::/8', true, undefined],
    ['listener on :: does not answer a neighbour in no network of the firewall', true, undefined],
  ]);
  expect(await answers()).toEqual(['answered', 'silent', 'answered', 'silent']);
});

test('who is let in changes while everybody stays connected, and is said before', async () => {
  const { accounts } = await project.outputs(stack);
  const login = { username: 'aisa_server', password: accounts.aisa_server };
  onlookers = new Onlookers();
  await onlookers.connect(10, `mqtt://127.0.0.1:${ports[1]}`, login);
  const changed = { ...config, firewall: ['10.0.0.0/16', '203.0.113.0/24'] };
  project.configure(stack, changed);
  const lines = [
    `mqtt-${ports[1]} on 0.0.0.0 becomes reachable for 10.0.0.0/16, 203.0.113.0/24`,
    `mqtt-${ports[1]} on 0.0.0.0 is closed for 10.0.0.0/8`,
  ];
  const before = table();
  const { stderr: forecast } = await project.must('preview', stack);
  for (const line of lines) expect(forecast).toContain(line);
  expect(table()).toBe(before);
  const { stderr } = await project.must('up', stack);
  for (const line of lines) expect(stderr).toContain(line);
  expect(await answers()).toEqual(['silent', 'answered', 'answered', 'silent']);
  project.configure(stack, config);
  await project.must('up', stack);
  expect(await answers()).toEqual(['answered', 'silent', 'answered', 'silent']);
  expect(onlookers.disconnects).toBe(0);
});

test.each([
  ['is gone', () => nft('delete', 'table', 'inet', tableName(container))],
  ['has a rule too many', () => nft('insert', 'rule', 'inet', tableName(container), 'prerouting', 'accept')],
  [
    'has a network too many',
    () => nft('add', 'element', 'inet', tableName(container), `mqtt-${ports[1]}-ipv4`, '{ 203.0.113.0/24 }'),
  ],
])('a table that %s is named, disproved and brought back', async (kind, plant) => {
  const before = table();
  expect(plant().status).toBe(0);
  expect(table()).not.toBe(before);
  const named = /The firewall of \S+ is gone|Somebody changed the firewall of/;
  // A preview says the same of each of them.
  if (kind === 'is gone') expect((await project.must('preview', stack)).stderr).toMatch(named);
  const verified = await project.run('verify', stack);
  expect(verified.code).toBe(1);
  expect(verified.stderr).toMatch(/✗ the firewall in force is the one that was written: /);
  expect((await project.must('up', stack)).stderr).toMatch(named);
  expect(table()).toBe(before);
  expect(onlookers.disconnects).toBe(0);
});

test('files that would put another table in force after a boot are named, disproved and written again', async () => {
  const file = `/etc/aipi-mqtt/firewall/${container}.nft`;
  const written = readFileSync(file, 'utf8');
  writeFileSync(file, written.replace('10.0.0.0/8', '0.0.0.0/0'));
  const named = 'Somebody changed the files that put the firewall of';
  const verified = await project.run('verify', stack);
  expect([verified.code, verified.stderr]).toEqual([1, expect.stringContaining(named)]);
  expect(verified.stderr).toContain(
    '✗ the firewall in force is the one that was written: the files that put it in force',
  );
  expect((await project.must('up', stack)).stderr).toContain(named);
  expect(readFileSync(file, 'utf8')).toBe(written);
  expect((await project.must('up', stack)).stderr).not.toContain(named);
});

test('a client that could not come back is named before anything is done, and may be accepted', async () => {
  const { Gateway: gateway = '' } = (await docker.getNetwork('bridge').inspect()).IPAM?.Config?.[0] ?? {};
  const network = gateway.replace(/\.\d+\.\d+$/, '.0.0/16');
  project.configure(stack, { ...config, firewall: ['10.0.0.0/8', network] });
  await project.must('up', stack);
  const name = `${container}-neighbour`;
  const script = `sleep 600 | nc ${gateway} ${ports[1]}`;
  execFileSync('docker', [
    'run',
    '--rm',
    '--detach',
    '--name',
    name,
    '--entrypoint',
    'sh',
    'eclipse-mosquitto:2.1.2',
    '-c',
    script,
  ]);
  try {
    const address = (await docker.getContainer(name).inspect()).NetworkSettings.Networks.bridge?.IPAddress ?? '';
    await sleep(500);
    const before = table();
    project.configure(stack, config);
    const refused = await project.run('up', stack);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`could not come back: ${address}`);
    expect(refused.stderr).toContain('maxCutOffClients: 1');
    expect(table()).toBe(before);
    expect((await project.must('preview', stack)).stderr).toContain(`Will be refused: 1 client`);
    project.configure(stack, { ...config, maxCutOffClients: 1 });
    await project.must('up', stack);
    expect(table()).not.toBe(before);
  } finally {
    execFileSync('docker', ['rm', '--force', '--volumes', name], { stdio: 'ignore' });
  }
});

test('a listener without a firewall is said each time, and a table that nobody wants is taken away', async () => {
  const { listeners } = config as { listeners: object[] };
  project.configure(stack, {
    ...config,
    firewall: [],
    listeners: [
      listeners[0],
      { ...listeners[1], unfiltered: true },
      { ...listeners[2], firewall: undefined, unfiltered: true },
    ],
  });
  const { stderr } = await project.must('up', stack);
  expect(stderr).toContain(`mqtt-${ports[1]} on 0.0.0.0 becomes reachable for EVERYBODY, without a firewall`);
  expect(table()).toBe('');
  expect(files()).toEqual([false, false]);
  expect((await project.must('up', stack)).stderr).toContain(
    `mqtt-${ports[1]} on 0.0.0.0 has no firewall: whoever finds a way to this machine reaches it`,
  );
  expect(await answers()).toEqual(['answered', 'answered', 'answered', 'answered']);
  expect(onlookers.disconnects).toBe(0);
});

test('a destroyed stack leaves no table', async () => {
  project.configure(stack, config);
  await project.must('up', stack);
  expect(await answers()).toEqual(['answered', 'silent', 'answered', 'silent']);
  expect(onlookers.disconnects).toBe(0);
  await onlookers.end();
  await project.must('destroy', stack);
  expect(table()).toBe('');
  expect(files()).toEqual([false, false]);
});
