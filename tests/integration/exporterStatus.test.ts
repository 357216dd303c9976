/**
 * Proves that the status of an exporter is had from wherever a stack is worked on: by its port on this machine, by `ssh` on
 * another one, and from within its container where neither leads to it; and that it is told why there is none.
 *
 * The other machine is this one behind a real server of SSH. What answers is no exporter but says what one says; in its
 * container a script stands for `node`.
 */

import { createServer, type Server } from 'node:http';
import { pack } from 'tar-stream';
import { type ExporterPlace, exporterStatus } from '../../operate/exporterStatus';
import { watcherContainer } from '../../watching/containers';
import type { Status } from '../../watching/status';
import { statusOf } from '../unit/statuses';
import { docker, freePorts } from './project';
import { SshMachine } from './sshMachine';

const broker = `aipi-status-${process.pid}`;
const name = watcherContainer(broker, 'exporter');
const before = { ...process.env };

let machine: SshMachine;
let server: Server;
let answer: { code: number; text: string };
let asked: string[];
let place: ExporterPlace;

beforeAll(async () => {
  const [port = 0, sshPort = 0] = await freePorts(2);
  place = { dockerHost: null, broker, port };
  server = createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    response.writeHead(answer.code).end(answer.text);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  machine = await SshMachine.start(sshPort);
});

beforeEach(() => {
  asked = [];
  answer = { code: 200, text: JSON.stringify(statusOf({ container: broker })) };
});

afterEach(async () => {
  process.env = { ...before };
  await docker
    .getContainer(name)
    .remove({ force: true })
    .catch(() => {});
});

afterAll(async () => {
  await machine?.end();
  await new Promise((done) => server?.close(done));
});

/** A container with a program `node` that says this. */
async function container(said: string): Promise<void> {
  const made = await docker.createContainer({
    name,
    Image: 'eclipse-mosquitto:2.1.2',
    Entrypoint: ['sleep', '600'],
    HostConfig: { NetworkMode: 'none', Init: true },
  });
  const archive = pack();
  archive.entry({ name: 'node', mode: 0o755 }, `#!/bin/sh\ntest "$1" = -e && cat <<'end'\n${said}\nend\n`);
  archive.finalize();
  await made.putArchive(archive as unknown as NodeJS.ReadableStream, { path: '/usr/bin' });
  await made.start();
}

function told(at: Partial<ExporterPlace> = {}): Promise<string | Status> {
  return exporterStatus({ ...place, ...at }).catch((error: Error) => error.message);
}

test('by its port on this machine', async () => {
  expect(await told()).toEqual(statusOf({ container: broker }));
  expect(asked).toEqual([`127.0.0.1:${place.port}/status.json`]);
});

test('by ssh on another machine, and not without its key', async () => {
  const dockerHost = `ssh://root@site:${machine.port}`;
  const there = `-o HostName=127.0.0.1 -o HostKeyAlias=[127.0.0.1]:${machine.port}`;
  process.env.DOCKER_SSH_OPTS = `${machine.options()} ${there}`;
  expect(await told({ dockerHost })).toEqual(statusOf({ container: broker }));
  expect(asked).toEqual([`127.0.0.1:${place.port}/status.json`]);
  process.env.DOCKER_SSH_OPTS = `${machine.options('stranger')} ${there}`;
  expect(await told({ dockerHost })).toMatch(/site/);
  expect(asked).toHaveLength(1);
});

test('from within its container', async () => {
  const [port = 0] = await freePorts(1);
  await container(JSON.stringify({ code: 200, text: JSON.stringify(statusOf({ container: broker })) }));
  expect(await told({ port })).toEqual(statusOf({ container: broker }));
  expect(asked).toEqual([]);
});

test('why there is none', async () => {
  const [port = 0] = await freePorts(1);
  expect(await told({ port })).toBe(`the container ${name} is not there`);
  await container('');
  await docker.getContainer(name).kill();
  expect(await told({ port })).toBe(`the container ${name} is stopped`);
  answer = { code: 404, text: '' };
  expect(await told()).toBe('the exporter has not been told yet what it watches');
  answer = { code: 200, text: '<html>' };
  expect(await told()).toBe(`what answers at port ${place.port} is no exporter (HTTP code 200)`);
  answer = { code: 200, text: JSON.stringify(statusOf({ container: 'another' })) };
  expect(await told()).toBe(`port ${place.port} is that of the exporter of another broker, another`);
});
