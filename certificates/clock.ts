/** Whether the clock of this machine can be right. Certificates that are made by a wrong clock cut everybody off. */

import type { Problem } from '../mosquitto/problem';
import type { Term } from './terms';

/** How long a broker had run at some moment. */
export interface ClockMark {
  /** Container and start of the broker: another one tells nothing. */
  run: string;
  /** Seconds that it has run, counted by the kernel and not by the clock. */
  ageSeconds: number;
  /** What the clock said then, milliseconds. */
  time: number;
}

const toleranceSeconds = 3_600;

/** A machine that starts with a wrong clock corrects it soon: what it noted at its start tells only of gross errors. */
const startToleranceSeconds = 30 * 86_400;

/**
 * How far the clock was moved since a broker was last seen, or else since it began, in seconds; undefined where it was
 * not.
 *
 * @param started when it began as the clock said then, milliseconds
 */
export function clockMove(
  before: ClockMark | undefined,
  now: ClockMark | undefined,
  started: number,
): number | undefined {
  if (now === undefined || before?.run === now.run) return clockJump(before, now);
  const jump = clockJump({ run: now.run, ageSeconds: 0, time: started }, now);
  return jump !== undefined && Math.abs(jump) > startToleranceSeconds ? jump : undefined;
}

/** How far the clock was moved between two moments of the same broker, in seconds; undefined for different ones. */
export function clockJump(before: ClockMark | undefined, now: ClockMark | undefined): number | undefined {
  if (before === undefined || now === undefined || before.run !== now.run) return undefined;
  const passed = now.ageSeconds - before.ageSeconds;
  const seconds = (now.time - before.time) / 1_000 - passed;
  return Math.abs(seconds) > toleranceSeconds ? seconds : undefined;
}

/** What says that the clock is wrong. */
export function clockProblems(
  terms: Readonly<Record<string, Pick<Term, 'notBefore' | 'notAfter'>>>,
  jump: number | undefined,
  now: number,
): Problem[] {
  const moment = new Date(now).toISOString();
  const early = Object.entries(terms).filter(
    ([, { notBefore }]) => Date.parse(notBefore) - now > toleranceSeconds * 1_000,
  );
  return [
    ...early.map(([name, { notBefore }]) => ({
      says: `the clock of this machine says ${moment}, and certificate ${name} begins at ${notBefore}`,
      remedy: 'set the clock',
    })),
    ...(jump === undefined
      ? []
      : [
          {
            says:
              `the clock of this machine says ${moment}, and was moved ${jump < 0 ? 'back' : 'forward'} by ` +
              `${inWords(Math.abs(jump))} while the broker ran`,
            remedy: 'set the clock, or where it is right now restart the broker',
          },
        ]),
  ];
}

function inWords(seconds: number): string {
  const hours = Math.round(seconds / 3_600);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
