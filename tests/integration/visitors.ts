/** Neighbours of this machine who knock at its ports all the time, played in a network namespace of their own. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, chanceBytes, linkFor } from '../../operate/neighbourLink';
import { rootWords } from '../../operate/root';

type Answer = 'answered' | 'refused' | 'silent';

/** Ports that each visitor comes from, in turn. */
const turns = 100;

/** How long a knock waits, in milliseconds; there is one every twentieth of it. */
const patience = 300;

export class Visitors {
  private readonly child: ChildProcessWithoutNullStreams;
  private link = '';
  /** What each was told since it was forgotten last, in order. */
  private heard: Answer[][] = [];

  constructor(private readonly visits: readonly Attempt[]) {
    const words = rootWords(['unshare', '--net', '--', process.execPath, join(__dirname, 'visitor.mjs')]);
    this.child = spawn(words[0] ?? '', words.slice(1));
    this.child.stderr.pipe(process.stderr);
    this.forget();
  }

  async come(): Promise<void> {
    const lines = createInterface({ input: this.child.stdout });
    const [first] = await once(lines, 'line');
    lines.on('line', (line) => {
      const { visitor, answer } = JSON.parse(line) as { visitor: number; answer: Answer };
      this.heard[visitor]?.push(answer);
    });
    const { pid } = JSON.parse(first) as { pid: number };
    const attempts = Array.from({ length: turns }, () => this.visits).flat();
    const link = linkFor(attempts, { addresses: [], routes: [], neighbours: [] }, pid, randomBytes(chanceBytes));
    if (typeof link === 'string') throw new Error(link);
    // Suites beside look whether a neighbour's link is left.
    this.link = link.name.replace('aipi', 'visit');
    const [ip = '', ...words] = rootWords(['ip', '-batch', '-']);
    execFileSync(ip, words, { input: link.outside.replaceAll(link.name, this.link) });
    const { inside: setup, connections } = link;
    const order = { setup, connections, turns: this.visits.length, milliseconds: patience };
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  forget(): void {
    this.heard = this.visits.map(() => []);
  }

  /** Whether each was answered since then, in the order of the visits. */
  answered(): boolean[] {
    return this.heard.map((answers) => answers.includes('answered'));
  }

  /** What each is told now. */
  async now(): Promise<Answer[]> {
    // What was begun before tells of before.
    await sleep(patience + 50);
    const marks = this.heard.map(({ length }) => length);
    const fresh = () => this.heard.map((answers, visitor) => answers.slice(marks[visitor]).at(-1));
    await sleep(patience);
    while (fresh().includes(undefined)) await sleep(20);
    return fresh() as Answer[];
  }

  async leave(): Promise<void> {
    this.child.stdin.end();
    await once(this.child, 'close');
    const [ip = '', ...words] = rootWords(['ip', 'link', 'delete', this.link]);
    // The kernel takes it away, too, in its own time.
    try {
      execFileSync(ip, words, { stdio: 'ignore' });
    } catch {}
  }
}
