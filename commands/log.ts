/** Prints the log of a broker, for people or for programs that ship it. It needs neither state nor secrets. */

import { setTimeout as later } from 'node:timers';
import { textOf } from '../operate/doctor/follow';
import { LogFlow } from '../watching/logFlow';
import { type LogLine, readLine } from '../watching/logLines';
import { recordOf, zoned } from '../watching/logRecord';
import { reachable } from './examination/patient';
import type { Asked } from './options';
import { knownOf } from './stack/known';

/** Milliseconds after which a line waits for no further one. */
const longestWait = 1_000;

export async function log({ stack, options: { json = false, follow = false, since } }: Asked): Promise<number> {
  const from = since === undefined ? undefined : beginning(since, Date.now());
  const { container, patient } = await reachable(await knownOf(stack));
  await container.inspect().catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404) throw error;
    throw new Error(`The ${patient.runtime} ${patient.container} is not there; run: npm run up -- ${stack}`);
  });
  const flow = new LogFlow((line, probe) => {
    process.stdout.write(`${json ? JSON.stringify(recordOf(line, probe)) : words(line, probe)}\n`);
  });
  // Who reads no further has read enough.
  process.stdout.on('error', () => process.exit(0));
  let timer: NodeJS.Timeout | undefined;
  for await (const text of textOf(container, from, follow)) {
    clearTimeout(timer);
    flow.add(readLine(text));
    if (follow) timer = later(() => flow.end(), longestWait);
  }
  clearTimeout(timer);
  flow.end();
  // What is still on its way would end with the process.
  await new Promise((done) => process.stdout.write('', done));
  return 0;
}

const signs = { error: '✗', warning: '!', note: ' ' } as const;

/** Lines of verification are marked as the JSON has them. */
function words({ time, weight, message }: LogLine, probe: boolean): string {
  return `${time === '' ? '' : `${zoned(time)} `}${signs[weight]} ${probe ? '(probe) ' : ''}${message}`;
}

const units = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Seconds since 1970.
 *
 * @param since such as `30m`, `24h` or `7d`, or a time of ISO 8601
 * @param now milliseconds since 1970
 * @throws Error where it is neither
 */
export function beginning(since: string, now: number): number {
  const [, count, unit] = since.match(/^(\d{1,6})([smhd])$/) ?? [];
  if (count !== undefined) return Math.floor(now / 1_000) - Number(count) * units[unit as keyof typeof units];
  const at = /^\d{4}-\d{2}-\d{2}/.test(since) ? Date.parse(zonedOrDay(since)) : Number.NaN;
  if (Number.isFinite(at)) return Math.floor(at / 1_000);
  throw new Error(`--since: "${since}" is no time; write for example 30m, 24h, 7d or 2026-11-26T12:00:00Z`);
}

function zonedOrDay(text: string): string {
  return text.includes('T') ? zoned(text) : text;
}
