/**
 * Command lines and environments of every process that lives while a test looks on: of each program that begins, as the
 * kernel reports it. Where the kernel does not report to this user, all processes are read as fast as it can be done.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { privileged, read, running } from './processes';

type Reporter = ChildProcessByStdio<Writable, Readable, null>;

/** What a process says of itself later, such as a title that it takes, is read as often. */
const pauseMilliseconds = 250;

export class Sampler {
  /** Command lines and environments, each once, their words separated by NUL. */
  readonly seen = new Set<string>();
  private readonly older = new Set(running());
  private stopped = false;
  private readonly loop: Promise<void>;

  private constructor(private readonly reporter: Reporter | undefined) {
    reporter?.stdout.on('error', () => {});
    if (reporter !== undefined) createInterface({ input: reporter.stdout }).on('line', (line) => this.note(line));
    this.loop = this.sample();
  }

  static async start(): Promise<Sampler> {
    return new Sampler(await report());
  }

  /** Reads the processes once more, those that were there before too, and ends. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    await this.loop;
    if (this.reporter !== undefined) {
      const closed = once(this.reporter, 'close');
      this.reporter.stdin.end();
      await closed;
    }
    for (const pid of this.older) this.take(pid);
  }

  private async sample(): Promise<void> {
    while (!this.stopped) {
      for (const pid of running()) if (!this.older.has(pid)) this.take(pid);
      await (this.reporter === undefined ? nextTurn() : sleep(pauseMilliseconds));
    }
  }

  private note(line: string): void {
    for (const hex of line.split(' ')) this.seen.add(Buffer.from(hex, 'hex').toString('latin1'));
  }

  private take(pid: number): void {
    if (pid === process.pid) return;
    this.seen.add(read(pid, 'cmdline')).add(read(pid, 'environ'));
  }
}

/** Has the kernel report; undefined where it does not. */
async function report(): Promise<Reporter | undefined> {
  const [program = '', ...args] = [...privileged, 'python3', join(__dirname, 'execs.py')];
  const reporter = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const listens = once(reporter.stdout, 'data').then(() => true);
  const ended = once(reporter, 'close').then(
    () => false,
    () => false,
  );
  if (await Promise.race([listens, ended, sleep(5_000, false)])) return reporter;
  reporter.kill();
  return undefined;
}
