/** Lines of a log as they come, each with whether it is of verification. */

import type { LogLine } from './logLines';
import { isProbe } from './probes';

interface Waiting {
  line: LogLine;
  /** Undefined until the connection says whose it is. */
  probe: boolean | undefined;
}

/**
 * Hands lines on in their order. Who has reached a port is known a line later: until then that line and those behind it
 * wait, as many as there may be.
 */
export class LogFlow {
  private readonly waiting: Waiting[] = [];

  /** @param hand gets each line */
  constructor(
    private readonly hand: (line: LogLine, probe: boolean) => void,
    private readonly most = 1_000,
  ) {}

  add(line: LogLine): void {
    const { kind, address } = line;
    const probe = isProbe(line);
    const opened = this.waiting.find((each) => each.probe === undefined && each.line.address === address);
    if (opened !== undefined && address !== undefined) opened.probe = probe;
    this.waiting.push({ line, probe: kind === 'opened' ? undefined : probe });
    this.pass(this.waiting.length > this.most);
  }

  /** Hands on all that waits: nothing more may come. */
  end(): void {
    while (this.waiting.length > 0) this.pass(true);
  }

  /** @param whether the first one is handed on in any case */
  private pass(isFull: boolean): void {
    if (isFull && this.waiting[0]?.probe === undefined && this.waiting[0] !== undefined) this.waiting[0].probe = false;
    while (this.waiting[0]?.probe !== undefined) {
      const { line, probe } = this.waiting.shift() as Waiting & { probe: boolean };
      this.hand(line, probe);
    }
  }
}
