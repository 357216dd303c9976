/**
 * Proves that a review is the same wherever it is made: on the machine of the broker, and on one that has no Docker at
 * all, with the state alone; and that two revisions alone, without state, lead to the same verdict, access, devices and
 * listeners. The machine without Docker is a mount namespace in which its socket is hidden, and `DOCKER_HOST` leads nowhere.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Review, reviewForm } from '../../review/form';
import { History } from './history';
import { freePorts } from './project';

jest.setTimeout(300_000);

let history: History;
let elsewhere: string;

beforeAll(async () => {
  const ports = await freePorts(3);
  history = new History(
    `test-${ports[0]}`,
    {
      listeners: [
        { port: ports[0] },
        { port: ports[1], tls: true, protocol: 'websockets' },
        { port: ports[2], tls: true, clients: 'devices' },
      ],
      dnsNames: ['broker.example.org'],
      devices: ['pi-1', 'pi-2', 'pi-3'],
    },
    [],
  );
  await history.project.must('up', history.stack);
  elsewhere = mkdtempSync(join(tmpdir(), 'aipi-mqtt-elsewhere-'));
  cpSync(history.project.home, elsewhere, { recursive: true, verbatimSymlinks: true });
  history.commit(
    {
      devices: ['pi-1', 'pi-3', { id: 'pi-4' }],
      accounts: [
        { username: 'aisa_server', topics: ['readwrite #'] },
        { username: 'aisa_rpi', topics: ['read #', 'write device/+/data'] },
      ],
      listeners: [
        { port: ports[0] },
        { port: ports[1], protocol: 'websockets' },
        { port: ports[2], tls: true, clients: 'devices' },
      ],
      maxConnections: 500,
      maxRevokedDevicesPercent: 50,
    },
    'A change of everything',
  );
});

afterAll(async () => {
  await history?.project.dispose();
  rmSync(elsewhere, { recursive: true, force: true });
});

/** A command where no Docker engine is. */
function withoutDocker(...words: string[]) {
  const { environment, folder } = history.project;
  const env = { ...environment, AIPI_HOME: elsewhere, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  const hidden =
    'mount -t tmpfs none /run && if env -u DOCKER_HOST docker version >/dev/null 2>&1; then exit 99; fi && exec "$@"';
  const command = ['node', 'commands/start.mjs', 'review', history.stack, '--base', 'HEAD~1', ...words];
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', hidden, 'sh', ...command],
    { cwd: folder, env, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function read(text: string): Review {
  return reviewForm.parse(JSON.parse(text));
}

test.each([[[]], [['--json']]])('the same bytes with Docker and without it: %j', async (words) => {
  const here = await history.project.must('review', history.stack, '--base', 'HEAD~1', ...words);
  const there = withoutDocker(...words);
  expect(there.stderr).toBe('');
  expect(there.status).toBe(0);
  expect(there.stdout).toBe(here.stdout);
  expect(here.stdout).toContain('broker-container');
});

test('two revisions alone say the same of who is concerned', async () => {
  const words = ['--base', 'HEAD~1', '--json'];
  const whole = read((await history.project.must('review', history.stack, ...words)).stdout);
  rmSync(elsewhere, { recursive: true });
  const alone = read(withoutDocker('--json', '--from', 'base').stdout);
  const said = ({ verdict, access, accounts, devices, listeners, reach, levels, image, settings }: Review) => ({
    verdict,
    access,
    accounts,
    devices,
    listeners,
    reach,
    levels,
    image,
    settings,
  });
  expect(said(alone)).toEqual(said(whole));
  expect(alone.against.source).toBe('base');
  expect(alone.engine.steps).toBeNull();
  expect(alone.unknown).toContain('what is deployed: the state of the stack is not here');
  expect(whole.verdict).toMatchObject({ disconnected: 'everybody' });
});
