/** Results for people. */

import type { CheckResult, Interruption } from '../mosquitto/result';

export interface ProofDetail {
  /** Whether what holds is listed, too. */
  all: boolean;
  /** Time without a broker. */
  interruption?: Interruption | null;
}

/** A proof of now: each check that failed, and one line for all that holds. */
export function proofWords(checks: readonly CheckResult[], { all, interruption = null }: ProofDetail): string {
  const tried = checks.filter(({ notTried }) => notTried !== true);
  const failed = tried.filter(({ ok }) => !ok);
  const untried = checks.filter((check) => !tried.includes(check));
  const line = ({ check, ok, detail }: CheckResult) => `${ok ? '–' : '✗'} ${check}: ${detail}`;
  return [
    ...(all ? checkLines(checks) : [...failed, ...untried].map(line)),
    [summary(tried.length, failed.length), ...awayWords(interruption)].join('; '),
  ].join('\n');
}

function checkLines(checks: readonly CheckResult[]): string[] {
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks.map(({ check, ok, detail, ms, notTried }) => {
    return `${notTried === true ? '–' : ok ? '✓' : '✗'} ${check.padEnd(width)}  ${`${ms} ms`.padStart(7)}  ${detail}`;
  });
}

function summary(count: number, failed: number): string {
  return failed === 0
    ? `${count} ${count === 1 ? 'check' : 'checks'} passed now`
    : `${count - failed} of ${count} checks passed now`;
}

function awayWords(interruption: Interruption | null): string[] {
  return interruption === null
    ? []
    : [`the broker was replaced, and nobody could connect for ${interruption.milliseconds} ms`];
}

/** Names and values in two columns. */
export function pairs(values: Record<string, unknown>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}

/** The result of an unfinished check list never counts as passed. */
export function allPassed(checks: readonly CheckResult[]): boolean {
  return checks.length > 0 && checks.every(({ ok }) => ok);
}

/** Rows of cells, each column as wide as its longest cell. */
export function columns(rows: ReadonlyArray<readonly string[]>): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  const lines = rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}
