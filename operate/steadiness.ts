/** What clients noticed of a reload, and when that is too much. */

import type { CheckResult, Steadiness } from '../mosquitto/result';

/** What clients noticed of the reload, as a claim. */
export function steady(steadiness: Steadiness | null): CheckResult[] {
  if (steadiness === null) return [];
  const { clients, disconnects, acknowledged, lost, longestGapMilliseconds } = steadiness;
  return [
    {
      check: 'reload: nobody is disconnected and no acknowledged message is lost',
      ok: disconnects === 0 && lost === 0,
      detail:
        `${clients} clients, ${disconnects} disconnected; ${acknowledged} messages acknowledged, ${lost} lost; ` +
        `longest gap ${longestGapMilliseconds} ms`,
      ms: longestGapMilliseconds,
    },
  ];
}

/** @throws Error with what clients noticed of the reload, or with the first claim that does not hold */
export function mustHold(steadiness: Steadiness | null, checks: readonly CheckResult[]): void {
  const failed = checks.find(({ ok }) => !ok);
  if (failed !== undefined) throw new Error(`${failed.check}: ${failed.detail}`);
  if (steadiness === null) return;
  const { clients, disconnects, acknowledged, lost } = steadiness;
  if (disconnects === 0 && lost === 0) return;
  throw new Error(
    `${disconnects} of ${clients} clients were disconnected meanwhile and ${lost} of ${acknowledged} messages were lost`,
  );
}
