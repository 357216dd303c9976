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
