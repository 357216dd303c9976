/** The machine of a Docker engine, to run commands on: this one, or another one by the `ssh` that leads to its engine. */

import { type ChildProcess, spawn } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { sshAddress } from '../mosquitto/serviceAddress';
import { remoteMachine } from './docker';
import { addressOf } from './dockerAddress';
import { loginWords } from './dockerSsh';
import { rootWords } from './root';
import { quote } from './shellWord';
import { entrance } from './sshConnection';
import { missing, silent, sshFailed } from './sshProblem';
import { askingNobody, withoutAsking } from './sshProcess';
import { unreachedBySsh } from './sshReason';

export interface Machine {
  /** Its name; undefined for this one. */
  name: string | undefined;
  /**
   * Runs a command as whoever one is there.
   *
   * @returns its standard output
   * @throws Error with its last words; {@link Unreached} where it was not run
   */
  run(words: readonly string[], input?: string): Promise<string>;
  /** The same as root, by `sudo` without a password where one is not. */
  asRoot(words: readonly string[], input?: string): Promise<string>;
  /**
   * Starts a command as root, and speaks with it.
   *
   * @throws Error where it cannot be started; {@link Unreached} where it was not run
   */
  openAsRoot(words: readonly string[]): Promise<Opened>;
}

/** A command that runs. */
export interface Opened {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Its exit code; null where a signal has ended it. */
  ended: Promise<number | null>;
}

/** No command was run, because `ssh` did not come as far. The message names the machine and the remedy. */
export class Unreached extends Error {}

/** Of the machine the engine alone is reached. */
export class NoCommands extends Unreached {}

/** @param dockerHost engine; null for that of the environment */
export function machineOf(dockerHost: string | null): Machine {
  const name = remoteMachine(dockerHost);
  if (name === undefined) {
    return {
      name,
      run: here,
      asRoot: (words, input) => here(rootWords(words), input),
      openAsRoot: async (words) => opened(rootWords(words)),
    };
  }
  const way = sshAddress(addressOf(dockerHost ?? undefined).host);
  if (way === undefined) {
    const there = byTcp(name);
    return { name, run: there(), asRoot: there(), openAsRoot: there() };
  }
  const there = (before: string) => async (words: readonly string[], input?: string) =>
    outputOf(words, await heard(await openedBySsh(way, name, before, words, input ?? '')));
  return {
    name,
    run: there(asOneIs),
    asRoot: there(becomeRoot),
    openAsRoot: (words) => openedBySsh(way, name, becomeRoot, words),
  };
}

const asOneIs = '';
const becomeRoot = 'test "$(id -u)" = 0 || set -- sudo --non-interactive -- "$@"; ';

/** What the files of a shell print there stands before it; without it the command was not run. */
const mark = '--- aipi-mqtt ---\n';

/**
 * Words behind `ssh` that run a command of a machine. What `ssh` is given is one line of a shell there.
 *
 * @param before what a shell does before
 */
export function remoteWords(host: string, before: string, words: readonly string[], more?: string): string[] {
  const script = `echo ${quote(mark.trim())}; PATH="$PATH:/usr/sbin:/sbin"; ${before}exec "$@"`;
  const line = ['env', 'LC_ALL=C', 'sh', '-c', script, 'sh', ...words].map(quote);
  // Nobody is there to answer, and what only informs would stand among the last words.
  return [...askingNobody, '-o', 'LogLevel=ERROR', ...loginWords(host, more), ...line];
}

function byTcp(name: string) {
  return () => async (): Promise<never> => {
    throw new NoCommands(
      `the broker is on ${name}, whose engine is reached by TCP, and the firewall is made there by ssh alone; write ` +
        `dockerHost: ssh://USER@${name.includes(':') ? `[${name}]` : name}, or see to the firewall there and write unfiltered: true in each listener`,
    );
  };
}

async function here(words: readonly string[], input = ''): Promise<string> {
  const command = opened(words);
  command.stdin.end(input);
  return outputOf(words, await heard(command));
}

/**
 * Hands on what is said behind the mark.
 *
 * @param input all that it hears, where that is known before
 */
async function openedBySsh(
  host: string,
  name: string,
  before: string,
  words: readonly string[],
  input?: string,
): Promise<Opened> {
  const { words: way, loggedIn, limit } = await entrance(host, loginWords(host));
  const child = opened(['ssh', ...way, ...remoteWords(host, before, words)]);
  limit(child.process);
  if (input !== undefined) child.stdin.end(input);
  const said: Buffer[] = [];
  let complaint = '';
  child.stderr.on('data', (data) => {
    complaint += data;
  });
  const stderr = child.stderr.pipe(new PassThrough());
  const stdout = new PassThrough();
  const begun = new Promise<boolean>((resolve) => {
    const look = (data: Buffer) => {
      loggedIn();
      said.push(data);
      const all = Buffer.concat(said);
      const at = all.indexOf(mark);
      if (at === -1) return;
      child.stdout.off('data', look);
      stdout.write(all.subarray(at + mark.length));
      child.stdout.pipe(stdout);
      resolve(true);
    };
    child.stdout.on('data', look);
    child.ended.then(
      () => resolve(false),
      () => resolve(false),
    );
  });
  child.ended.then(loggedIn, loggedIn);
  if (await begun) return { stdin: child.stdin, stdout, stderr, ended: child.ended };
  const code = await child.ended.catch(() => {
    throw new Unreached(missing(host));
  });
  if (child.process.killed) throw new Unreached(silent(host));
  if (code === sshFailed) throw new Unreached(await unreachedBySsh(host, loginWords(host), complaint));
  throw new Unreached(noShell(name));
}

function noShell(name: string): string {
  return `${name} runs no commands of a POSIX shell for the key that ssh uses there; use one that no command is forced for`;
}

/** Its error is that of `ended`, which whoever opens it need not look at. */
function opened([program = '', ...args]: readonly string[]): Opened & { process: ChildProcess } {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(program === 'ssh' ? withoutAsking(environment()) : { env: environment() }),
  });
  // One that ends early reads no further.
  child.stdin.on('error', () => {});
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(isMissing(error) ? new Error(`there is no ${program}`) : error);
    });
    child.once('close', resolve);
  });
  ended.catch(() => {});
  return { process: child, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended };
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function outputOf([program]: readonly string[], { code, out, err }: Ended): string {
  if (code === 0) return out;
  throw new Error(err.trim() || `${program} ended with code ${code}`);
}

/** Programs of the system are not on everybody's path, and their words are to be read. */
const environment = () => ({ ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' });

async function heard({ stdout, stderr, ended }: Opened): Promise<Ended> {
  const [code, out, err] = await Promise.all([ended, text(stdout), text(stderr)]);
  return { code, out, err };
}

/** A folder of `PATH` that may not be read hides a program, too. */
function isMissing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'EACCES';
}
