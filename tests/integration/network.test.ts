/**
 * Proves what containers and the broker reach of each other: the broker has a network that it is alone in, others join one
 * that leads nowhere else, and what the broker starts by itself arrives nowhere.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { tableName } from '../../mosquitto/firewall';
import { linkName } from '../../mosquitto/networks';
import { docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const image = 'eclipse-mosquitto:2.1.2';

let project: Project;
let stack: string;
let container: string;
let shared: string;
let ports: number[];
let config: Record<string, unknown>;
let worker: string;

const run = (...words: string[]) => execFileSync('docker', words, { encoding: 'utf8' });
const nft = (...words: string[]) => execFileSync('nft', words, { encoding: 'utf8' });

/** Whether a container in a network gets a connection. */
function reaches(network: string, host: string, port = ports[1]): boolean {
  const script = `nc -w 2 ${host} ${port} </dev/null`;
  const { status } = spawnSync('docker', [
    'run',
    '--rm',
    '--network',
    network,
    '--entrypoint',
    'sh',
    image,
    '-c',
    script,
  ]);
  return status === 0;
}

async function addressIn(network: string): Promise<string> {
  const { NetworkSettings } = await docker.getContainer(container).inspect();
  return NetworkSettings.Networks[network]?.IPAddress ?? '';
}

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(2);
  stack = `test-${ports[0]}`;
  container = `aipi-mqtt-${stack}`;
  shared = `${container}-shared`;
  worker = `${container}-worker`;
  config = {
    listeners: [
      { port: ports[0], protocol: 'mqtt', bindAddress: '127.0.0.1' },
      { port: ports[1], protocol: 'mqtt', bindAddress: '0.0.0.0', insecurePlaintext: true },
    ],
    firewall: ['10.0.0.0/8'],
    network: shared,
  };
});

afterAll(async () => {
  spawnSync('docker', ['rm', '--force', '--volumes', worker]);
  await project.dispose();
  expect(await leftovers(container)).toEqual([]);
});

test('a network of the name that is not ours is left alone, and said', async () => {
  run('network', 'create', shared);
  project.configure(stack, config);
  const { code, stdout } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toContain(
    `network: there is a Docker network "${shared}" already, which is not this stack's; choose another name, or remove that network`,
  );
  expect(run('network', 'ls', '--format', '{{.Name}}')).toContain(shared);
  run('network', 'rm', shared);
});

test('other containers reach the broker by the network that they join, and by no other', async () => {
  const { stdout } = await project.must('up', stack, '--json');
  const { checks } = JSON.parse(stdout) as { checks: Array<{ check: string; ok: boolean; detail: string }> };
  expect(checks).toContainEqual(
    expect.objectContaining({
      check: 'the broker itself reaches nobody',
      ok: true,
      detail: 'neither a neighbour nor this machine answered it',
    }),
  );
  expect(reaches(shared, container)).toBe(true);
  expect(reaches('bridge', await addressIn(container))).toBe(false);
  expect(reaches('bridge', await addressIn(shared))).toBe(false);
  const { Gateway: machine = '' } = (await docker.getNetwork(container).inspect()).IPAM?.Config?.[0] ?? {};
  // By a published port it is a neighbour like another one.
  expect(reaches('bridge', machine)).toBe(false);
});

test('who sends to the address of the container itself gets no answer; and where that is open, it is disproved', async () => {
  const space = `aipi-test-${ports[0]}`;
  const link = `aipi${ports[0]}`;
  const [here, there] = ['198.18.231.1', '198.18.231.2'];
  const ip = (...words: string[]) => execFileSync('ip', words);
  const address = await addressIn(container);
  const asks = () =>
    spawnSync('ip', ['netns', 'exec', space, 'timeout', '2', 'bash', '-c', `</dev/tcp/${address}/${ports[1]}`]).status;
  ip('netns', 'add', space);
  try {
    ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'there', 'netns', space);
    ip('address', 'add', `${here}/30`, 'dev', link);
    ip('link', 'set', link, 'up');
    ip('-n', space, 'address', 'add', `${there}/30`, 'dev', 'there');
    ip('-n', space, 'link', 'set', 'there', 'up');
    ip('-n', space, 'route', 'add', 'default', 'via', here);
    expect(asks()).not.toBe(0);
    for (const chain of ['forward', 'input']) nft('flush', 'chain', 'inet', tableName(container), chain);
    // By itself an engine before Docker 28 lets it pass.
    const isOld = Number.parseInt((await docker.version()).Version, 10) < 28;
    expect(asks() === 0).toBe(isOld);
  } finally {
    ip('netns', 'delete', space);
  }
  const { code, stderr } = await project.run('verify', stack);
  expect(code).toBe(1);
  expect(stderr).toContain(
    '✗ the broker itself reaches nobody: the neighbour 203.0.113.77 and this machine answered it',
  );
  await project.must('up', stack);
});

test('a container in the network of the broker alone is named, and taken out', async () => {
  run('run', '--detach', '--name', worker, '--network', container, '--entrypoint', 'sleep', image, '600');
  const words = `Somebody put the container ${worker} into ${container}, the network of the broker alone`;
  expect((await project.must('preview', stack)).stderr).toContain(words);
  const { code, stderr } = await project.run('verify', stack);
  expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  expect((await project.must('up', stack)).stderr).toContain(words);
  expect(Object.values((await docker.getNetwork(container).inspect()).Containers ?? {})).toEqual([
    expect.objectContaining({ Name: container }),
  ]);
  expect((await project.must('up', stack)).stderr).not.toContain(words);
});

test('a network is not taken away beneath others, and without it there is none', async () => {
  run('network', 'connect', shared, worker);
  const words = `network: the Docker network "${shared}" cannot be removed, because other containers are in it (${worker})`;
  project.configure(stack, { ...config, network: '' });
  const { code, stderr } = await project.run('up', stack);
  expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  expect((await project.must('preview', stack)).stderr).toContain(`Will be refused: ${words}`);
  const destroyed = await project.run('destroy', stack);
  expect([destroyed.code, destroyed.stderr]).toEqual([1, expect.stringContaining(words)]);
  run('rm', '--force', '--volumes', worker);
  const { stderr: said } = await project.must('up', stack);
  expect(said).toContain(`networks: ${container} in place of ${container}, ${shared}`);
  expect((await docker.getContainer(container).inspect()).NetworkSettings.Networks).not.toHaveProperty(shared);
  expect(nft('list', 'table', 'inet', tableName(container))).not.toContain(linkName(shared));
  await project.must('destroy', stack);
  expect(await leftovers(container)).toEqual([]);
});
