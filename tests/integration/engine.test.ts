/**
 * Proves what commands do when the Docker engine that a stack was deployed on does not answer, or is another one by now:
 * one sentence with the remedy, and a destruction by the engine that is configured. The engine that goes away is a
 * relay to the one of the machine.
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { devLike, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let stack: string;
let relay: Relay;

/** Stands for an engine of its own, until it is closed. */
class Relay {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(readonly port: number) {
    const path = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
    this.server = createServer((client) => {
      const engine = connect(path);
      for (const [from, to] of [[client, engine] as const, [engine, client] as const]) {
        this.sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
      }
    });
    this.server.listen(port, '127.0.0.1');
  }

  close(): Promise<unknown> {
    const closed = new Promise((done) => this.server.close(done));
    for (const socket of this.sockets) socket.destroy();
    return closed;
  }
}

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  stack = own.stack;
  const [port = 0] = await freePorts(1);
  relay = new Relay(port);
  project.configure(stack, { ...own.config, dockerHost: `tcp://127.0.0.1:${port}` });
  await project.must('up', stack);
  await relay.close();
  project.configure(stack, own.config);
});

afterAll(async () => {
  await project.dispose();
});

test.each([['preview'], ['up', '--yes'], ['refresh', '--yes'], ['destroy', '--yes', '--ignore-protect']])(
  'without an engine, pulumi %s says in one sentence what is missing',
  async (...words) => {
    process.env.DOCKER_HOST = 'unix:///nobody.sock';
    try {
      const { child, outcome } = project.start('pulumi', ...words, '--stack', stack);
      child.stdin.end();
      const { code, stdout, stderr } = await outcome;
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain(
        'Docker does not answer at unix:///nobody.sock (no such socket); start it there, or correct DOCKER_HOST',
      );
      expect(stdout + stderr).not.toMatch(/Configure|serializing|\n {4}at /);
    } finally {
      delete process.env.DOCKER_HOST;
    }
  },
);

test('plain destruction deletes nothing as long as something is protected', async () => {
  const state = project.state(stack);
  const { child, outcome } = project.start('pulumi', 'destroy', '--yes', '--skip-preview', '--stack', stack);
  child.stdin.end();
  const { code, stderr } = await outcome;
  expect(code).not.toBe(0);
  expect(stderr).toContain(`mqtt-fleet-secret, mqtt-verification-run of ${stack} are protected`);
  expect(project.state(stack)).toBe(state);
});

test('a stack is destroyed by the engine that is configured, though its own is gone', async () => {
  const { stderr } = await project.must('destroy', stack);
  expect(stderr).toContain(
    `The stack was deployed on the Docker engine at tcp://127.0.0.1:${relay.port}, and is looked for at`,
  );
  expect(await leftovers(`aipi-mqtt-${stack}`)).toEqual([]);
});
