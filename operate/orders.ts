/**
 * Orders to a shell inside a container that somebody is attached to: a line in, an answer among what the container says.
 * A command that the engine runs there instead takes fifty milliseconds to start.
 */

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';

/** Begins each answer; nothing else in the log does. */
const mark = 'aipi-answer';
const deadlineMilliseconds = 10_000;

/**
 * Reads orders from standard input until it ends: a name, then words without blanks.
 *
 * @param orders shell scripts by name, each of which gets the words; in none of them stands a single quote
 */
export function orderLoop(orders: Readonly<Record<string, readonly string[]>>): string {
  const cases = Object.entries(orders).map(([name, lines]) => `${name}) script='${lines.join('\n')}' ;;`);
  return [
    'while read -r number name words; do',
    `case "$name" in ${cases.join(' ')} *) script='exit 127' ;; esac`,
    'code=0',
    'output=$(sh -ec "$script" sh $words 2>&1 </dev/null) || code=$?',
    `echo "${mark} $number $code" $output`,
    'done',
  ].join('\n');
}

/** What a container says, and what it is told. */
export class Orders {
  private log = '';
  private hasEnded = false;
  private number = 0;
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly stream: NodeJS.ReadWriteStream) {}

  /** Attaches to a container, before it is started. */
  static async to(container: Docker.Container): Promise<Orders> {
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
    const orders = new Orders(stream);
    const [out, error] = [new PassThrough(), new PassThrough()];
    container.modem.demuxStream(stream, out, error);
    const end = () => {
      for (const said of [out, error]) said.end();
    };
    // One that is lost may close without an end.
    stream.once('end', end).once('close', end).on('error', end);
    void Promise.all([out, error].map((said) => orders.hear(said))).then(() => {
      orders.hasEnded = true;
      orders.tell();
    });
    return orders;
  }

  /** Whole lines: what comes by standard output and by standard error may fall into each other's lines. */
  private async hear(said: PassThrough): Promise<void> {
    let begun = '';
    said.setEncoding('utf8').on('data', (data: string) => {
      const lines = begun + data;
      const end = lines.lastIndexOf('\n') + 1;
      begun = lines.slice(end);
      if (end === 0) return;
      this.log += lines.slice(0, end);
      this.tell();
    });
    await once(said, 'end');
    this.log += begun;
  }

  /** What has been said so far. */
  get text(): string {
    return this.log;
  }

  /** Whatever waits on standard input goes on. */
  go(): void {
    this.stream.write('\n');
  }

  /** Carries an order out. */
  async carryOut(name: string, ...words: string[]): Promise<{ code: number; output: string }> {
    this.number += 1;
    const answer = new RegExp(`^${mark} ${this.number} (\\d+)(.*)\\n`, 'm');
    const from = this.log.length;
    this.stream.write(`${this.number} ${name} ${words.join(' ')}\n`);
    const found = await this.said(answer, { from }).catch(() => null);
    if (found === null) return { code: -1, output: `no answer within ${deadlineMilliseconds / 1_000} s` };
    if (found === undefined) return { code: -1, output: 'the container has ended' };
    return { code: Number(found[1]), output: found[2] ?? '' };
  }

  /**
   * Waits for words.
   *
   * @param from where to begin to look for them
   * @returns undefined where the container has ended without them
   * @throws Error when they do not come in time
   */
  async said(words: RegExp, { from = 0, patience = deadlineMilliseconds } = {}): Promise<RegExpExecArray | undefined> {
    return new Promise((resolve, reject) => {
      const timer = Number.isFinite(patience) && setTimeout(() => settle(() => reject(new Error('timeout'))), patience);
      const settle = (end: () => void) => {
        if (timer !== false) clearTimeout(timer);
        this.listeners.delete(look);
        end();
      };
      const look = () => {
        const found = words.exec(this.log.slice(from));
        if (found !== null) settle(() => resolve(found));
        else if (this.hasEnded) settle(() => resolve(undefined));
      };
      this.listeners.add(look);
      look();
    });
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
