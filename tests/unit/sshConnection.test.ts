/** Proves who shares a connection, and who does not, by an `ssh` that is played. */

import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { entrance, sharedPath, sharedWords } from '../../operate/sshConnection';

const before = { ...process.env };
let folder: string;
let number = 0;
let servers: Server[] = [];

/** What `ssh -G` says of its configuration. */
function ssh(configuration: string): void {
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n[ "$1" = -G ] && printf 'hostname a\\n${configuration}'\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-ssh-'));
  process.env = { ...before, PATH: [folder, before.PATH].join(delimiter), XDG_RUNTIME_DIR: folder };
  ssh('controlmaster false\\n');
});

afterEach(async () => {
  for (const server of servers) await new Promise((done) => server.close(done));
  servers = [];
  process.env = before;
  rmSync(folder, { recursive: true });
});

/** Another machine each time, because what was found of one is remembered. */
const machine = () => {
  number += 1;
  return { host: `ssh://machine-${number}`, words: ['--', `machine-${number}`] };
};

function open(path: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  return new Promise((done) => server.listen(path, done));
}

/** Whoever goes by no connection, or finds it ended, notices that a line is silent. */
const alive = ['-o', 'ServerAliveInterval=10'];

test('the first one opens the connection, and whoever waited goes by it', async () => {
  const { host, words } = machine();
  const path = (await sharedPath(host, words)) ?? '';
  const first = await entrance(host, words);
  expect(first.words).toEqual(expect.arrayContaining(['ControlMaster=auto', `ControlPath=${path}`]));
  const second = entrance(host, words);
  await open(path);
  first.loggedIn();
  expect((await second).words).toEqual(['-o', 'ControlMaster=no', '-o', `ControlPath=${path}`, ...alive]);
  expect(sharedWords(host)).toEqual((await second).words);
});

test('sockets lie in a folder of the user alone', async () => {
  const { host, words } = machine();
  const path = (await sharedPath(host, words)) ?? '';
  expect(path.startsWith(`${folder}/aipi-mqtt/`)).toBe(true);
  expect(lstatSync(join(folder, 'aipi-mqtt')).mode & 0o777).toBe(0o700);
});

test.each([
  ['that others may enter', () => mkdirSync(join(folder, 'aipi-mqtt')) ?? chmodSync(join(folder, 'aipi-mqtt'), 0o755)],
  ['that is a link', () => symlinkSync(tmpdir(), join(folder, 'aipi-mqtt'))],
])('in a folder %s there is no connection', async (_, make) => {
  make();
  const { host, words } = machine();
  expect(await sharedPath(host, words)).toBeUndefined();
  const { words: way, loggedIn } = await entrance(host, words);
  loggedIn();
  expect(way).toEqual(alive);
  expect(sharedWords(host)).toEqual(alive);
});

test.each(['controlmaster auto\\n', 'controlpath /somewhere\\n'])(
  'who shares connections already does so: %s',
  async (said) => {
    ssh(said);
    const { host, words } = machine();
    expect(await sharedPath(host, words)).toBeUndefined();
    expect(existsSync(join(folder, 'aipi-mqtt', 'any'))).toBe(false);
  },
);

test('whoever is started goes by the connection of who has started it', async () => {
  const { host, words } = machine();
  const path = (await sharedPath(host, words)) ?? '';
  expect(await sharedPath(host, ['-o', `ControlPath=${path}`, ...words])).toBe(path);
});
