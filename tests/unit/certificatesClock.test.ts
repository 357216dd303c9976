/**
 * Whether the clock of a machine can be right.
 *
 * It does not prove that a wrong clock is always noticed: of a broker that was restarted nothing is known.
 */

import { type ClockMark, clockJump, clockMove, clockProblems } from '../../certificates/clock';
import { problemWords } from '../../mosquitto/problem';
import { day, hour } from './openssl';

const now = Date.parse('2030-06-01T12:00:00.000Z');

function mark(ageSeconds: number, time: number, run = 'one'): ClockMark {
  return { run, ageSeconds, time };
}

/** Two moments of which the second comes a day later, by a clock that was moved by some seconds. */
function moved(seconds: number): number | undefined {
  return clockJump(mark(100, now), mark(86_500, now + day + seconds * 1_000));
}

describe('clockJump', () => {
  it('is unknown without two moments of the same broker', () => {
    expect(clockJump(undefined, undefined)).toBeUndefined();
    expect(clockJump(undefined, mark(0, now))).toBeUndefined();
    expect(clockJump(mark(0, now), undefined)).toBeUndefined();
    expect(clockJump(mark(0, now, 'one'), mark(60, now + 90 * day, 'two'))).toBeUndefined();
  });

  it.each([0, 1, -1, 59 * 60, -59 * 60])('is none for %d seconds', (seconds) => {
    expect(moved(seconds)).toBeUndefined();
  });

  it.each([61 * 60, -61 * 60, 86_400, -86_400, 400 * 86_400])('tells %d seconds with their sign', (seconds) => {
    expect(moved(seconds)).toBe(seconds);
  });

  it('counts what the broker has run, and not what the clock says of it', () => {
    expect(clockJump(mark(0, now), mark(100 * 86_400, now + 100 * day))).toBeUndefined();
    expect(clockJump(mark(0, now), mark(100 * 86_400, now))).toBe(-100 * 86_400);
  });
});

describe('clockProblems', () => {
  function termFrom(begins: number) {
    return { notBefore: new Date(begins).toISOString(), notAfter: new Date(begins + 365 * day).toISOString() };
  }

  it('are none of certificates that have begun, or begin within the hour', () => {
    const terms = { old: termFrom(now - 900 * day), new: termFrom(now), soon: termFrom(now + hour - 1_000) };
    expect(clockProblems(terms, undefined, now)).toEqual([]);
    expect(clockProblems({}, undefined, now)).toEqual([]);
  });

  it('name each certificate that begins later, and the clock', () => {
    const terms = { ca: termFrom(now + hour + 1_000), server: termFrom(now - day), next: termFrom(now + 90 * day) };
    const found = clockProblems(terms, undefined, now).map(problemWords);
    expect(found).toEqual([expect.stringContaining('certificate ca '), expect.stringContaining('certificate next ')]);
    for (const problem of found) {
      expect(problem).toContain('2030-06-01T12:00:00.000Z');
      expect(problem).toMatch(/clock.*; set the clock/);
    }
    expect(found[1]).toContain(new Date(now + 90 * day).toISOString());
  });

  it.each([
    [400 * 86_400, /forward by 400 days/],
    [-400 * 86_400, /back by 400 days/],
    [3 * 86_400 + 60, /forward by 3 days/],
    [-2 * 3_600, /back by 2 hours/],
  ])('tell a jump of %d seconds', (jump, words) => {
    const found = clockProblems({ ca: termFrom(now - day) }, jump, now).map(problemWords);
    expect(found).toEqual([expect.stringMatching(words)]);
    expect(found[0]).toMatch(/clock.*2030-06-01T12:00:00.000Z.*; /);
  });

  it('tell both at once', () => {
    expect(clockProblems({ ca: termFrom(now + day) }, -86_400 * 3, now)).toHaveLength(2);
  });
});

describe('clockMove', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const seen = (days: number, ageDays: number): ClockMark => ({
    run: 'broker 2026-01-01T00:00:00Z',
    ageSeconds: ageDays * 86_400,
    time: start + days * 86_400_000,
  });

  it('goes by where the same broker was last seen', () => {
    expect(clockMove(seen(10, 10), seen(12, 11), start)).toBe(86_400);
    expect(clockMove(seen(10, 10), seen(11, 11), start)).toBeUndefined();
  });

  it('goes by the start of a broker that was not seen before, and then only for gross errors', () => {
    expect(clockMove(undefined, seen(366, 1), start)).toBe(365 * 86_400);
    expect(clockMove({ ...seen(1, 1), run: 'another' }, seen(-364, 1), start)).toBe(-365 * 86_400);
    expect(clockMove(undefined, seen(30, 1), start)).toBeUndefined();
  });

  it('knows nothing without a broker', () => {
    expect(clockMove(seen(1, 1), undefined, Number.NaN)).toBeUndefined();
  });
});
