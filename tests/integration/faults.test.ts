/**
 * Proves with the real engine that bad input stops before anything is touched, and that what goes wrong on the machine
 * ends in one sentence with the remedy, after which the next update continues.
 */

import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { devLike, docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const stackTrace = /\n\s+at .*:\d+/;
let project: Project;

beforeAll(() => {
  project = new Project();
});

afterAll(() => project.dispose());

test('every problem of a configuration is listed at once, and nothing is touched', async () => {
  project.configure('bad', {
    listener: [],
    listeners: [{ port: 70000, tsl: true }, { port: 1883, bindAddress: '0.0.0.0' }, { port: 1883 }],
    accounts: [{ username: 'a b', topics: ['reed x', 'read a/#/b', 'write $SYS/x'] }],
    maxKeepaliveSeconds: 1,
    persistence: 'maybe',
    extraOptions: ['allow_anonymous true'],
  });
  const { code, stdout, stderr } = await project.run('up', 'bad');
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(stackTrace);
  for (const path of [
    'listener: there is no such key; did you mean "listeners"?',
    'listeners[0].port: 70000',
    'listeners[0].tsl: there is no such key; did you mean "tls"?',
    'accounts[0].username: "a b" contains " "',
    'accounts[0].topics[0]: "reed x"',
    'accounts[0].topics[1]: "read a/#/b"',
    'accounts[0].topics[2]: "write $SYS/x"',
    'maxKeepaliveSeconds: 1',
    'persistence: "maybe"',
    'extraOptions[0]: "allow_anonymous" is refused',
  ]) {
    expect(stderr).toContain(`\n  ${path}`);
  }
  expect(await leftovers('aipi-mqtt-bad')).toEqual([]);
});

test('the program itself refuses the same configuration without a stack trace', async () => {
  project.configure('alsobad', { containerName: 'no spaces allowed', logMaxFiles: 0 });
  await project.run('pulumi', 'stack', 'init', 'alsobad');
  const { code, stdout } = await project.run('pulumi', 'up', '--yes', '--skip-preview', '--stack', 'alsobad');
  expect(code).not.toBe(0);
  expect(stdout).toContain('containerName: "no spaces allowed" is not a container name');
  expect(stdout).toContain('logMaxFiles: 0 cannot be used');
  expect(stdout).not.toMatch(stackTrace);
});

test('an image that cannot be had', async () => {
  project.configure('noimage', { image: 'localhost:1/no/such-image:1.0' });
  const { code, stderr } = await project.run('up', 'noimage');
  expect(code).toBe(1);
  expect(stderr).toMatch(/The image localhost:1\/no\/such-image:1\.0 is not on the Docker engine .*; put it there/);
  expect(stderr).not.toMatch(stackTrace);
});

test('a Docker engine that does not answer', async () => {
  project.configure('nodocker', { dockerHost: 'tcp://127.0.0.1:1' });
  const { code, stderr } = await project.run('up', 'nodocker');
  expect(code).toBe(1);
  expect(stderr).toMatch(/Docker does not answer at tcp:\/\/127\.0\.0\.1:1 .*correct dockerHost in the stack config/);
  expect(stderr).not.toMatch(stackTrace);
});

describe('on the machine', () => {
  let taker: Server | undefined;
  let volume: string | undefined;

  afterEach(async () => {
    taker?.close();
    if (volume !== undefined)
      await docker
        .getVolume(volume)
        .remove({ force: true })
        .catch(() => {});
    taker = undefined;
    volume = undefined;
  });

  test('a taken port is named, and the next update continues', async () => {
    const { stack, config, ports } = await devLike();
    project.configure(stack, config);
    taker = createServer();
    await new Promise<void>((done) => taker?.listen(ports[1], '127.0.0.1', done));
    const { code, stdout } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toContain(`listeners: port ${ports[1]} of 127.0.0.1 is taken by another program`);
    expect(stdout).not.toMatch(stackTrace);
    await new Promise((done) => taker?.close(done));
    taker = undefined;
    expect((await project.must('up', stack)).stderr).toContain('68 checks passed now');
  });

  test('a full disk is named, and the next update continues', async () => {
    const { stack, config } = await devLike();
    project.configure(stack, config);
    volume = `aipi-mqtt-${stack}-configuration`;
    execFileSync('docker', [
      'volume',
      'create',
      '--opt',
      'type=tmpfs',
      '--opt',
      'device=tmpfs',
      '--opt',
      'o=size=4k',
      volume,
    ]);
    const { code, stdout } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toContain('the disk of the Docker engine is full; free some space');
    expect(stdout).not.toMatch(stackTrace);
    execFileSync('docker', ['volume', 'rm', volume]);
    execFileSync('docker', ['volume', 'create', volume]);
    expect((await project.must('up', stack)).stderr).toContain('68 checks passed now');
  });

  test('a broker that dies at start shows its last words, and the next update continues', async () => {
    const { stack, config } = await devLike();
    project.configure(stack, config);
    volume = `aipi-mqtt-${stack}-data`;
    // A database that is none: only the broker itself can find out, because a rehearsal never sees the data.
    const damage = ['sh', '-c', 'echo this is no database, far from it > /mosquitto/data/mosquitto.sqlite3'];
    execFileSync('docker', [
      'run',
      '--rm',
      '--user',
      '1883',
      '-v',
      `${volume}:/mosquitto/data`,
      'eclipse-mosquitto:2.1.2',
      ...damage,
    ]);
    const { code, stdout } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/the broker in aipi-mqtt-test-\d+ has ended with code \d+; its last words:/);
    expect(stdout).toMatch(/sqlite/i);
    expect(stdout).not.toMatch(stackTrace);
    for (const command of ['verify', 'devices', 'outputs', 'certificates']) {
      const { code: refused, stderr } = await project.run(command, stack);
      expect({ command, refused, stderr }).toEqual({
        command,
        refused: 1,
        stderr: expect.stringContaining(`The stack "${stack}" has not been deployed, or its first deployment`),
      });
      expect(stderr).not.toMatch(stackTrace);
    }
    const repair = ['rm', '/mosquitto/data/mosquitto.sqlite3'];
    execFileSync('docker', [
      'run',
      '--rm',
      '--user',
      '1883',
      '-v',
      `${volume}:/mosquitto/data`,
      'eclipse-mosquitto:2.1.2',
      ...repair,
    ]);
    // One more where Docker has started the broker meanwhile: the files are then read by one that runs.
    expect((await project.must('up', stack)).stderr).toMatch(/(68|69) checks passed now/);
  });

  test('a name that belongs to somebody else is left alone', async () => {
    const [port] = await freePorts(1);
    const name = `foreign-${port}`;
    const container = await docker.createContainer({ name, Image: 'eclipse-mosquitto:2.1.2' });
    try {
      project.configure('foreign', { listeners: [{ port }], containerName: name });
      const { code, stdout } = await project.run('up', 'foreign');
      expect(code).not.toBe(0);
      expect(stdout).toContain(`containerName: "${name}" belongs to another container`);
      await expect(container.inspect()).resolves.toMatchObject({ Name: `/${name}` });
    } finally {
      await container.remove({ v: true });
    }
  });
});
