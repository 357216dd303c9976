/**
 * Proves that played neighbours see this machine as real ones do: what listens on it, what a container publishes and what
 * a table of rules drops, by IPv4 and IPv6; and that they leave nothing, even if the one who plays them is killed. It does
 * not prove that a network between machines lets anything through.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { logs } from '../../operate/docker';
import { type Attempt, askNeighbours } from '../../operate/neighbours';
import { kill, privileged, read, running } from './processes';
import { docker, freePorts } from './project';

const allowed = { ipv4: '203.0.113.9', ipv6: '2001:db8::9' };
const forbidden = { ipv4: '203.0.113.66', ipv6: '2001:db8::66' };
const addresses = [...Object.values(allowed), ...Object.values(forbidden)];

/** How long a neighbour waits, in milliseconds: nothing is dropped by a network, so less than usual does. */
const patience = 500;

/** Of this machine, without those of networks that other suites make and remove meanwhile. */
const lasting = Object.entries(networkInterfaces())
  .filter(([name]) => !/^(br-|veth)/.test(name))
  .flatMap(([, all]) => all ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));

const table = `aipi_neighbours_${randomBytes(4).toString('hex')}`;

let servers: Server[];
let container: Docker.Container;
/** Of a process on 0.0.0.0, of one on ::, of a container on 0.0.0.0, and of nobody. */
let ports: { ipv4: number; ipv6: number; container: number; closed: number };
/** What this machine had before the neighbours came. */
let before: string;

beforeAll(async () => {
  before = remains();
  const [published = 0, closed = 0] = await freePorts(2);
  servers = [createServer().listen(0, '0.0.0.0'), createServer().listen({ port: 0, host: '::', ipv6Only: true })];
  await Promise.all(servers.map(async (server) => server.listening || (await once(server, 'listening'))));
  const [ipv4 = 0, ipv6 = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  ports = { ipv4, ipv6, container: published, closed };
  container = await docker.createContainer({
    name: `aipi-mqtt-neighbours-${published}`,
    Image: 'eclipse-mosquitto:2.1.2',
    Cmd: ['sh', '-c', 'printf "listener 1883\\n" >/tmp/listens.conf; exec mosquitto -c /tmp/listens.conf'],
    ExposedPorts: { '1883/tcp': {} },
    HostConfig: { PortBindings: { '1883/tcp': [{ HostIp: '0.0.0.0', HostPort: `${published}` }] } },
  });
  await container.start();
  while (!/running/.test(await logs(container))) await sleep(20);
});

afterAll(async () => {
  for (const server of servers ?? []) server.close();
  await container?.remove({ force: true, v: true });
});

/** Those of other suites come and go. */
afterEach(() => until(() => remains() === before));

describe('without rules', () => {
  it('are answered by what listens and refused by what does not, from addresses of no network here', async () => {
    const answers = await askNeighbours(
      [
        { from: allowed.ipv4, port: ports.ipv4 },
        { from: allowed.ipv6, port: ports.ipv6 },
        { from: allowed.ipv4, port: ports.closed },
        { from: '2001:0DB8:0::9', port: ports.closed },
        { from: forbidden.ipv4, port: ports.ipv4 },
      ],
      patience,
    );
    expect(answers).toEqual(['answered', 'answered', 'refused', 'refused', 'answered']);
  });

  it('reach each address of this machine', async () => {
    const attempts = lasting.map(
      ({ family, address }): Attempt =>
        family === 'IPv4'
          ? { from: allowed.ipv4, to: address, port: ports.ipv4 }
          : { from: allowed.ipv6, to: address, port: ports.ipv6 },
    );
    expect(attempts).not.toEqual([]);
    expect(await askNeighbours(attempts, patience)).toEqual(attempts.map(() => 'answered'));
  });

  it('are answered by a container with a published port', async () => {
    const answers = await askNeighbours([{ from: allowed.ipv4, port: ports.container }], patience);
    expect(answers).toEqual(['answered']);
  });

  it.each([
    ['127.0.0.1', 'no neighbour can have the address 127.0.0.1; choose another one'],
    ...lasting.map(({ address }) => [
      address,
      `${address} is an address of this machine itself, no neighbour can be played with it`,
    ]),
  ])('cannot be played with %s', async (from, words) => {
    expect(await askNeighbours([{ from, port: ports.ipv4 }], patience)).toBe(words);
  });
});

describe('with rules that drop what comes from an address', () => {
  beforeAll(() => {
    const chain = 'type filter hook prerouting priority -150;';
    const rules = [`ip saddr ${forbidden.ipv4} drop`, `ip6 saddr ${forbidden.ipv6} drop`];
    nft(`table inet ${table} {\n chain from {\n ${[chain, ...rules].join('\n')}\n }\n}\n`);
  });

  afterAll(() => nft(`delete table inet ${table}\n`));

  it('tell apart who is let through', async () => {
    const answers = await askNeighbours(
      [
        { from: allowed.ipv4, port: ports.ipv4 },
        { from: forbidden.ipv4, port: ports.ipv4 },
        { from: allowed.ipv6, port: ports.ipv6 },
        { from: forbidden.ipv6, port: ports.ipv6 },
        { from: allowed.ipv4, port: ports.container },
        { from: forbidden.ipv4, port: ports.container },
        { from: forbidden.ipv4, port: ports.closed },
      ],
      patience,
    );
    expect(answers).toEqual(['answered', 'silent', 'answered', 'silent', 'answered', 'silent', 'silent']);
  });

  it('leave nothing when the one who plays them is killed', async () => {
    const player = playing({ from: forbidden.ipv4, port: ports.ipv4 }, { from: forbidden.ipv6, port: ports.ipv6 });
    try {
      await until(() => remains().includes(forbidden.ipv6));
      expect(remains()).toContain('neighbour.mjs');
    } finally {
      kill(player.pid ?? 0);
    }
    await until(() => remains() === before);
  });

  it('say so when they are killed themselves, and leave nothing', async () => {
    const answers = askNeighbours([{ from: forbidden.ipv4, port: ports.ipv4 }], 60_000);
    await until(() => remains().includes(forbidden.ipv4));
    for (const pid of played()) execFileSync('kill', ['-KILL', `${pid}`]);
    expect(await answers).toMatch(/: it has ended$/);
  });
});

/** Plays in a process of its own, for longer than this test. */
function playing(...attempts: Attempt[]): ChildProcess {
  const root = join(__dirname, '../..');
  const script = [
    `require(${JSON.stringify(join(root, 'setup/typescript.cjs'))});`,
    `require(${JSON.stringify(join(root, 'operate/neighbours.ts'))})`,
    `.askNeighbours(${JSON.stringify(attempts)}, 60_000);`,
  ];
  return spawn(process.execPath, ['-e', script.join('')], { stdio: 'inherit' });
}

function nft(rules: string): void {
  execute('nft', ['-f', '-'], rules);
}

function execute(program: string, args: string[], input = ''): string {
  const [command = '', ...rest] = [...privileged, program, ...args];
  return execFileSync(command, rest, { input, encoding: 'utf8' });
}

/** Processes that play neighbours of this suite, or whose caller is gone. */
function played(): number[] {
  return running().filter((pid) => read(pid, 'cmdline').includes('neighbour.mjs') && isOurs(pid));
}

function isOurs(pid: number): boolean {
  const parent = Number(read(pid, 'stat').match(/^\d+ \(.*\) \S (\d+)/)?.[1] ?? 0);
  return parent <= 1 || parent === process.pid || isOurs(parent);
}

/** Everything of this machine that neighbours could leave. Containers of others come and go meanwhile, and their networks. */
function remains(): string {
  const lines = [
    'link',
    'address',
    '-4 route show table all',
    '-6 route show table all',
    '-4 rule',
    '-6 rule',
    'neighbour',
  ]
    .flatMap((question) => execute('ip', ['-oneline', ...question.split(' ')]).split('\n'))
    .filter((line) => /\baipi-[0-9a-f]{8}\b/.test(line) || addresses.some((address) => line.includes(address)));
  return [...lines, execute('ip', ['netns']), ...played().map((pid) => read(pid, 'cmdline'))].join('\n');
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await sleep(20);
}
