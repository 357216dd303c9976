/** Results for people. */

import type { CheckResult } from '../mosquitto/result';

/** The checks as a table, and how many held. */
export function checkTable(checks: readonly CheckResult[]): string {
  const passed = checks.filter(({ ok }) => ok).length;
  const width = Math.max(...checks.map(({ check }) => check.length));
  const lines = checks.map(({ check, ok, detail, ms }) => {
    return `${ok ? '✓' : '✗'} ${check.padEnd(width)}  ${`${ms} ms`.padStart(7)}  ${detail}`;
  });
  return [...lines, `${passed} of ${checks.length} checks passed`].join('\n');
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
