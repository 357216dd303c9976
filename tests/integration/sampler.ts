/** Command lines and environments of every process that lives while a test looks on, read as fast as it can. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { read, running } from './processes';

export class Sampler {
  /** Command lines and environments, each once, their words separated by NUL. */
  readonly seen = new Set<string>();
  /** How often every process was read. */
  rounds = 0;
  private readonly older = new Set(running());
  private readonly own = new Set([process.pid]);
  private stopped = false;
  private readonly loop = this.sample();

  /** Reads the processes once more, those that were there before too, and ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
    for (const pid of this.older) this.take(pid);
  }

  private async sample(): Promise<void> {
    while (!this.stopped) {
      for (const pid of running()) if (!this.older.has(pid)) this.take(pid);
      this.rounds += 1;
      await nextTurn();
    }
  }

  private take(pid: number): void {
    if (this.own.has(pid)) return;
    this.seen.add(read(pid, 'cmdline')).add(read(pid, 'environ'));
  }
}
