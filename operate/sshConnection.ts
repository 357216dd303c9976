/**
 * One login by `ssh` for everybody who goes to the same machine: the first one opens a connection that `ssh` keeps for a few
 * seconds after the last use, and the others go by it. A login takes ten times as long as what is asked afterwards.
 *
 * Where no such connection can be had, each logs in by itself. One that somebody has configured is left as it is.
 *
 * Source: ssh_config(5), ControlMaster, ControlPath, ControlPersist and ServerAliveInterval.
 */

import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configurationOf } from './sshConfiguration';
import { login } from './sshLogins';
import { inTurn } from './turn';

/** How long a connection stays that nobody uses. */
const keptSeconds = 10;
/** A connection whose other end is gone is given up after three of them. */
const aliveSeconds = 10;
/** After which nobody waits for a login any more, neither for another's nor for his own. */
const patienceMilliseconds = 20_000;
/** Between the words that a login has succeeded and a socket that others may use. */
const settlingMilliseconds = 500;
const pauseMilliseconds = 5;

/**
 * The kernel takes no longer name of a socket, and `ssh` adds as much to it while it makes one. Source: unix(7), mux.c of
 * OpenSSH.
 */
const longestPath = 103 - 17;

/** How to get in. */
export interface Entrance {
  /** Words behind `ssh`, ahead of all others. */
  words: string[];
  /** To be called when the login is done or has failed, once or more often. */
  loggedIn: () => void;
  /** Ends an `ssh` that is not let in in time: a machine that falls silent in between keeps it for ever. */
  limit: (child: ChildProcess) => void;
}

/** A line that falls silent is given up, also by whoever goes by none that is shared. */
const aliveWords = ['-o', `ServerAliveInterval=${aliveSeconds}`];

/**
 * Waits until one may log in.
 *
 * @param host `ssh://USER@HOST:PORT`
 * @param words behind `ssh` that name the machine, as `loginWords` gives them
 */
export async function entrance(host: string, words: readonly string[]): Promise<Entrance> {
  const path = await sharedPath(host, words);
  if (path === undefined) return limited(aliveWords, await login());
  if (await isOpen(path)) return through(path);
  return opening(path);
}

function limited(words: string[], loggedIn: () => void): Entrance {
  let timer: NodeJS.Timeout | undefined;
  return {
    words,
    loggedIn: () => {
      clearTimeout(timer);
      loggedIn();
    },
    limit: (child) => {
      timer = setTimeout(() => child.kill(), patienceMilliseconds);
    },
  };
}

/** Words by which the plug-in, and whoever is started, goes by the connection that is open, where there is one. */
export function sharedWords(host: string): string[] {
  const path = paths.get(host);
  return path === undefined ? aliveWords : wordsThrough(path);
}

/** To each machine that was asked for, where its connection is. */
const paths = new Map<string, string>();
const looked = new Map<string, Promise<string | undefined>>();

/** Where the connection is that all share; undefined where none can be had. */
export function sharedPath(host: string, words: readonly string[]): Promise<string | undefined> {
  const key = JSON.stringify([words, process.env.SSH_AUTH_SOCK, homedir()]);
  const before = looked.get(key);
  if (before !== undefined) return before;
  const path = findPath(words, key).then((found) => {
    if (found !== undefined) paths.set(host, found);
    return found;
  });
  looked.set(key, path);
  return path;
}

async function findPath(words: readonly string[], key: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const folder = ownFolder();
  if (folder === undefined) return undefined;
  const handedOn = words.find((word) => word.startsWith(`ControlPath=${folder}/`));
  if (handedOn !== undefined) return handedOn.slice('ControlPath='.length);
  const path = join(folder, createHash('sha256').update(key).digest('hex').slice(0, 12));
  if (path.length > longestPath || /[\s%]/.test(path)) return undefined;
  return (await isConfigured(words)) ? undefined : path;
}

/** Of its owner alone: whoever can write there could answer in the place of the machine. */
function ownFolder(): string | undefined {
  const { XDG_RUNTIME_DIR } = process.env;
  const user = process.getuid?.();
  const folder = XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'aipi-mqtt') : join(tmpdir(), `aipi-mqtt-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  }
  const found = lstatSync(folder);
  return found.isDirectory() && found.uid === user && (found.mode & 0o077) === 0 ? folder : undefined;
}

/** Whether somebody shares connections already, by a configuration of his own; also where that cannot be told. */
async function isConfigured(words: readonly string[]): Promise<boolean> {
  const { hostname, controlpath = 'none', controlmaster = 'false' } = await configurationOf(words);
  return hostname === undefined || controlpath !== 'none' || controlmaster !== 'false';
}

/** Whether somebody listens on a socket of this machine. */
export function isOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function through(path: string): Entrance {
  return { words: wordsThrough(path), loggedIn: () => {}, limit: () => {} };
}

/** Where the connection has ended meanwhile, `ssh` logs in by itself. */
function wordsThrough(path: string): string[] {
  return ['-o', 'ControlMaster=no', '-o', `ControlPath=${path}`, ...aliveWords];
}

/** One at a time opens it; whoever waited for that finds it open, or is the next to try. */
async function opening(path: string): Promise<Entrance> {
  return new Promise((resolve) => {
    void inTurn(path, patienceMilliseconds, async () => {
      if (await isOpen(path)) return resolve(through(path));
      const done = new Promise<void>((loggedIn) => {
        const words = [
          ...['-o', 'ControlMaster=auto', '-o', `ControlPath=${path}`, '-o', `ControlPersist=${keptSeconds}`],
          ...aliveWords,
        ];
        resolve(limited(words, loggedIn));
      });
      await Promise.race([done, sleep(patienceMilliseconds, undefined, { ref: false })]);
      for (let waited = 0; waited < settlingMilliseconds && !(await isOpen(path)); waited += pauseMilliseconds) {
        // Where nobody could log in, there is nothing to wait for at the end of a program.
        await sleep(pauseMilliseconds, undefined, { ref: false });
      }
    });
  });
}
