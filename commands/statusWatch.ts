/** A status that is shown again and again, until somebody ends it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { visible } from '../mosquitto/quoted';
import type { Status } from '../watching/status';
import { statusLine, statusText } from './statusText';

/** Where it is shown. */
export interface Screen {
  write(text: string): unknown;
  /** Whether lines can be drawn over. */
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

export interface Following {
  json: boolean;
  screen?: Screen;
  /** Ends it; by default signals do, and a reader of standard output that has gone. */
  ending?: AbortSignal;
  pauseMilliseconds?: number;
}

const pauseMilliseconds = 2_000;

/** Another page of the terminal, without its cursor; and back to the one before. */
const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];

/**
 * Asks every two seconds. On a terminal the status is drawn over itself, elsewhere each is one line.
 *
 * @param ask gives the status, or fails with the reason in a sentence
 */
export async function follow(ask: () => Promise<Status>, following: Following): Promise<number> {
  const { json, screen = process.stdout, pauseMilliseconds: pause = pauseMilliseconds } = following;
  const ending = following.ending ?? untilEnded();
  const isDrawn = screen.isTTY === true && !json;
  let last: Status | undefined;
  if (isDrawn) screen.write(enter);
  try {
    while (!ending.aborted) {
      const told = await Promise.race([ask().catch((error: Error) => error), ended(ending)]);
      if (ending.aborted || told === undefined) break;
      const problem = told instanceof Error ? told.message : undefined;
      if (!(told instanceof Error)) last = told;
      if (isDrawn) screen.write(drawn(last, problem, screen));
      else if (problem !== undefined) process.stderr.write(`${visible(problem)}\n`);
      else if (last !== undefined) screen.write(`${json ? JSON.stringify(last) : statusLine(last)}\n`);
      await sleep(pause, undefined, { signal: ending }).catch(() => {});
    }
  } finally {
    if (isDrawn) screen.write(leave);
  }
  // Whoever has looked long enough has seen it.
  return 0;
}

/** The whole page, without a moment in which it is empty. */
function drawn(last: Status | undefined, problem: string | undefined, screen: Screen): string {
  const [columns, rows] = [sizeOf(screen.columns, 80), sizeOf(screen.rows, 24)];
  const colour = !process.env.NO_COLOR;
  const text = last === undefined ? [] : statusText(last, { width: columns, colour }).split('\n');
  const news =
    problem === undefined ? [] : [visible(problem), ...(last === undefined ? [] : [`What was so at ${last.time}:`])];
  const head = news.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? []);
  const all = [...head, ...text];
  const room = rows - 1;
  const shown = all.length > room ? [...all.slice(0, room - 1), `… ${all.length - room + 1} more lines`] : all;
  return `\u001b[H${shown.map((line) => `${line}\u001b[K`).join('\r\n')}\r\n\u001b[J${'Ctrl-C ends this'.slice(0, columns)}`;
}

/** A terminal that does not know its size says 0. */
function sizeOf(said: number | undefined, usual: number): number {
  return said === undefined || said < 1 ? usual : said;
}

function ended(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function untilEnded(): AbortSignal {
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end);
  process.stdout.once('error', end);
  return ending.signal;
}
