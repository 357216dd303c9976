/**
 * The socket of an engine behind `ssh`, forwarded to one of this machine by the connection that all share: a request then
 * needs no program there, and no session, of which a server allows ten. It is the socket that the `docker` command there
 * would use. Where it cannot be had, that command itself passes requests on.
 *
 * Source: ssh(1), -L and -O; sshd_config(5), AllowStreamLocalForwarding and MaxSessions.
 */

import { execFile } from 'node:child_process';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { entrance, isOpen, sharedPath } from './sshConnection';
import { SshFailure, silent, sshFailed } from './sshProblem';
import { isLogin, startSsh } from './sshProcess';
import { unreachedBySsh } from './sshReason';

const usualPath = '/var/run/docker.sock';
const patienceMilliseconds = 20_000;
const pauseMilliseconds = 10;

const known = new Map<string, Promise<boolean>>();

/**
 * A connection to the forwarded socket; undefined where there is none.
 *
 * @param host `ssh://USER@HOST:PORT/PATH`
 * @param words behind `ssh` that name the machine
 * @throws SshFailure where nobody can log in
 */
export async function forwardedEngine(host: string, words: readonly string[]): Promise<Socket | undefined> {
  const control = await sharedPath(host, words);
  if (control === undefined) return undefined;
  const local = localSocket(control, host);
  const open = spareAt(local) ?? (await connected(local));
  if (open !== undefined) return open;
  const before = known.get(local);
  const found = before ?? forward(host, words, control, local);
  if (before === undefined) {
    known.set(local, found);
    // One that has ended is made again.
    found.then(
      (isThere) => isThere && known.delete(local),
      () => known.delete(local),
    );
  }
  return (await found) ? (spareAt(local) ?? connected(local)) : undefined;
}

/** Connections by which a forwarded socket was tried: to open another takes the time of one more answer. */
const spare = new Map<string, Socket[]>();
const spareCount = 8;

function spareAt(local: string): Socket | undefined {
  const sockets = spare.get(local) ?? [];
  for (let socket = sockets.pop(); socket !== undefined; socket = sockets.pop()) {
    if (!socket.destroyed && socket.writable) return socket.ref();
  }
  return undefined;
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.off('error', fail);
      resolve(socket);
    });
    const fail = () => resolve(undefined);
    socket.once('error', fail);
  });
}

/** Beside that of the connection: whoever asks for another socket there has another one here. */
function localSocket(control: string, host: string): string {
  const path = pathIn(host);
  return `${control}.${path === undefined ? 'd' : Buffer.from(path).toString('hex').slice(-12)}`;
}

function pathIn(host: string): string | undefined {
  const { pathname } = new URL(host);
  return /^\/*$/.test(pathname) ? undefined : pathname;
}

/** The usual place is tried while the command there still says where it is. */
async function forward(host: string, words: readonly string[], control: string, local: string): Promise<boolean> {
  const asked = askPath(host, words);
  asked.catch(() => {});
  const failed = asked.then(
    () => false,
    () => true,
  );
  const guess = pathIn(host) ?? usualPath;
  const attempt = whenOpen(control, failed).then((open) => open && tryPath(words, control, guess, local));
  const path = await asked;
  const isGuessed = await attempt;
  if (path === guess) return isGuessed;
  if (isGuessed) rmSync(local, { force: true });
  return path !== undefined && tryPath(words, control, path, local);
}

/** Waits until others may go by the connection. */
async function whenOpen(control: string, failed: Promise<boolean>): Promise<boolean> {
  let hasFailed = false;
  void failed.then((has) => {
    hasFailed = has;
  });
  for (let waited = 0; waited < patienceMilliseconds && !hasFailed; waited += pauseMilliseconds) {
    if (await isOpen(control)) return true;
    await sleep(pauseMilliseconds);
  }
  return false;
}

async function tryPath(words: readonly string[], control: string, path: string, local: string): Promise<boolean> {
  // One that was not tried has a name that nobody looks for.
  const untried = `${local}.${process.pid}`;
  const place = `${untried}:${path}`;
  const through = ['-o', `ControlPath=${control}`];
  const order = (verb: string) => ssh([...through, '-O', verb, '-L', place, ...words]);
  if (!(await order('forward'))) return false;
  const answered = await Promise.all(Array.from({ length: spareCount }, () => answering(untried)));
  const sockets = answered.filter((socket) => socket !== undefined);
  if (sockets.length > 0) {
    sweep(control);
    renameSync(untried, local);
    spare.set(local, sockets);
    return true;
  }
  await order('cancel');
  rmSync(untried, { force: true });
  return false;
}

/** `ssh` leaves the sockets of connections that have ended. */
function sweep(control: string): void {
  const folder = dirname(control);
  const names = readdirSync(folder);
  for (const name of names) {
    const [connection = ''] = name.split('.');
    if (name !== connection && !names.includes(connection)) rmSync(join(folder, name), { force: true });
  }
}

function ssh(words: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { env: process.env, timeout: patienceMilliseconds };
    execFile('ssh', [...words], options, (error) => resolve(error === null));
  });
}

/** A connection by which an engine has answered: where the other end is refused, it is closed without a word. */
function answering(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let said = '';
    const settle = (isThere: boolean) => {
      socket.setTimeout(0).removeAllListeners();
      if (isThere) return resolve(socket.pause().unref());
      socket.on('error', () => {}).destroy();
      resolve(undefined);
    };
    socket.setTimeout(patienceMilliseconds, () => settle(false));
    socket.once('error', () => settle(false)).once('close', () => settle(false));
    socket.on('data', (data) => {
      said += data.toString('latin1');
      if (!said.startsWith('HTTP/1.'.slice(0, said.length))) settle(false);
      // The whole answer, of which this is the end.
      else if (said.endsWith('\r\n\r\nOK')) settle(true);
    });
    socket.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
  });
}

/**
 * Where the `docker` command there looks for its engine; undefined where that is no socket, or it does not say.
 *
 * @throws SshFailure where nobody can log in
 */
async function askPath(host: string, words: readonly string[]): Promise<string | undefined> {
  const { words: way, loggedIn, limit } = await entrance(host, words);
  const command = `docker context inspect --format '{{.Endpoints.docker.Host}}'`;
  const options = ['-o', 'LogLevel=VERBOSE'];
  const child = startSsh([...way, ...options, ...words, command]);
  limit(child);
  child.stdin.on('error', () => {}).end();
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
    if (isLogin(err)) loggedIn();
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('close', resolve);
  });
  loggedIn();
  if (child.killed) throw new SshFailure(silent(host));
  if (code === sshFailed) throw new SshFailure(await unreachedBySsh(host, words, err));
  if (code !== 0) return undefined;
  const said = out.trim().split(/\r?\n/).at(-1);
  return pathIn(host) ?? said?.match(/^unix:\/\/(\/\S+)$/)?.[1];
}
