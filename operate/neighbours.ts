/**
 * Neighbours of this machine, played in a network namespace of their own: what a firewall lets through is asked by
 * connections.
 *
 * Nothing of it has a name on this machine but one end of a link. The namespace lives as long as a process whose standard
 * input this one holds: whatever ends this one, the kernel takes away the namespace, the link and the routes over it.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Attempt, chanceBytes, type Departure, type Link, linkFor, type Surroundings } from './neighbourLink';
import { rootWords } from './root';
import { inTurn } from './turn';

export type { Attempt, Departure } from './neighbourLink';

/**
 * `answered`: a connection was made. With a port that Docker publishes by its own proxy, it is the proxy that answers.
 * `refused`: RST, or ICMP that says no. `silent`: nothing within the time.
 */
export type Answer = 'answered' | 'refused' | 'silent';

/** How long the neighbours are given beyond their patience, to get ready and to report, in milliseconds. */
const spareMilliseconds = 10_000;

/** Two who play the same neighbour would take it away from each other. */
const turn = 'aipi-mqtt.neighbours';
const turnMilliseconds = 30_000;

const program = join(__dirname, 'neighbour.mjs');

/** Programs of the system are not on everybody's path; nothing of the caller's environment is needed. */
const environment = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' };

/** Packages that have the programs. */
const packages: Readonly<Record<string, string>> = { ip: 'iproute2', unshare: 'util-linux' };

/**
 * Plays neighbours, all at once. While it lasts, what this machine itself sends to their addresses does not arrive, and is
 * sent again later; own addresses, gateways and known neighbours are refused.
 *
 * @param attempts from addresses that need not be in a network of this machine, of both families if wanted
 * @param milliseconds after which a neighbour takes no answer for silence
 * @param departures connections of others to neighbours who listen, and to this machine
 * @returns an answer for each attempt and then for each departure, in order; or in words why nothing could be tried: no root and no `sudo` without a
 *   password, no `ip` or `unshare`, another system than Linux, a kernel that does not allow it, an address that is taken
 */
export async function askNeighbours(
  attempts: readonly Attempt[],
  milliseconds = 1_000,
  departures: readonly Departure[] = [],
): Promise<Answer[] | string> {
  if (process.platform !== 'linux') return `neighbours can be played on Linux alone, not on ${process.platform}`;
  if (attempts.length + departures.length === 0) return [];
  try {
    return await inTurn(turn, turnMilliseconds, () => play(attempts, milliseconds, departures));
  } catch (error) {
    return (error as Error).message;
  }
}

async function play(
  attempts: readonly Attempt[],
  milliseconds: number,
  departures: readonly Departure[],
): Promise<Answer[] | string> {
  const neighbours = new Neighbours();
  let link: string | undefined;
  try {
    const [pid, surroundings] = await Promise.all([neighbours.pid(), surroundingsHere()]);
    const wanted = linkFor(attempts, surroundings, pid, randomBytes(chanceBytes), departures);
    if (typeof wanted === 'string') return wanted;
    link = wanted.name;
    await run(rootWords(['ip', '-batch', '-']), wanted.outside);
    return await neighbours.ask(wanted, milliseconds);
  } finally {
    // The kernel would take it away, too, in its own time.
    if (link !== undefined) await run(rootWords(['ip', 'link', 'delete', link])).catch(() => {});
    await neighbours.leave();
  }
}

async function surroundingsHere(): Promise<Surroundings> {
  const questions = 'address show\nroute show table all\nneighbour show\n';
  const both = await Promise.all(['-4', '-6'].map((family) => run(['ip', family, '-json', '-batch', '-'], questions)));
  const [addresses, routes, neighbours] = [0, 1, 2].map((index) =>
    both.flatMap((said) => {
      const answer = said.trim().split('\n')[index];
      if (answer === undefined) throw new Error('ip: it does not answer in JSON; install a newer iproute2');
      return JSON.parse(answer);
    }),
  );
  return { addresses, routes, neighbours } as unknown as Surroundings;
}

/** The process in the namespace. */
class Neighbours {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly words: string[];
  private readonly closed: Promise<unknown>;
  private readonly said: AsyncIterator<string>;

  constructor() {
    const [command = '', ...rest] = rootWords(['unshare', '--net', '--', process.execPath, program]);
    this.words = [command];
    this.child = spawn(command, rest, { env: environment });
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (data) => this.words.push(String(data)));
    // Without a process there is no event "close" in every case.
    this.closed = Promise.race([once(this.child, 'close'), once(this.child, 'error')]).catch((error) => error);
    this.child.on('error', () => {});
    this.said = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async pid(): Promise<number> {
    return (await this.next<{ pid: number }>(spareMilliseconds)).pid;
  }

  async ask({ inside: setup, connections, departures }: Link, milliseconds: number): Promise<Answer[]> {
    this.child.stdin.write(`${JSON.stringify({ setup, connections, departures, milliseconds })}\n`);
    type Report = { answers: Answer[] } | { problem: string };
    const report = await this.next<Report>(milliseconds + spareMilliseconds);
    if ('problem' in report) throw new Error(report.problem);
    return report.answers;
  }

  async leave(): Promise<void> {
    this.child.stdin.end();
    await this.closed;
  }

  private async next<Message>(milliseconds: number): Promise<Message> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the neighbours do not report')), milliseconds);
    });
    try {
      const { value, done } = await Promise.race([this.said.next(), late]);
      if (done !== true) return JSON.parse(value) as Message;
      const cause = await this.closed;
      throw cause instanceof Error ? cause : new Error('');
    } catch (error) {
      const [command = '', ...words] = this.words;
      throw reasonOf(error as NodeJS.ErrnoException, command, words.join(''));
    } finally {
      clearTimeout(timer);
    }
  }
}

async function run([command = '', ...rest]: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, rest, { env: environment });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (data) => {
    said.out += data;
  });
  child.stderr.setEncoding('utf8').on('data', (data) => {
    said.error += data;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return said.out;
  } catch (error) {
    throw reasonOf(error as NodeJS.ErrnoException, command, said.error);
  }
  throw reasonOf(new Error(''), command, said.error);
}

function reasonOf(error: NodeJS.ErrnoException, command: string, words: string): Error {
  const absent = error.code === 'ENOENT' || error.code === 'EACCES';
  if (absent && command === 'sudo') return new Error('it needs root, and there is no "sudo" here; run this as root');
  if (absent) return new Error(`there is no "${command}" on PATH; install the package ${packages[command] ?? command}`);
  const [line = ''] = words.trim().split('\n');
  if (command === 'sudo' && /password|terminal/.test(line))
    return new Error('it needs root, and "sudo" wants a password here; run this as root, or allow sudo without one');
  const reason = line || error.message || 'it has ended';
  return new Error(reason.startsWith(`${command}:`) ? reason : `${command}: ${reason}`);
}
