/** One claim, tried. */

import type { CheckResult } from '../../mosquitto/result';
import { cause } from '../connectionErrors';
import { isOfTime } from '../serverTime';

/** A claim that did not hold. The message says what was seen. */
export class Disproved extends Error {}

/** A claim that cannot be tried here. The message says why. */
export class NotTried extends Error {}

/**
 * Tries a claim.
 *
 * @param prove resolves with what was seen when the claim holds, and throws when it does not, or cannot be tried
 */
export async function check(claim: string, prove: () => Promise<string>): Promise<CheckResult> {
  const started = performance.now();
  const done = (ok: boolean, detail: string): CheckResult => ({
    check: claim,
    ok,
    detail,
    ms: Math.round(performance.now() - started),
  });
  try {
    return done(true, await prove());
  } catch (error) {
    if (error instanceof NotTried) return { ...done(true, `not tried: ${error.message}`), notTried: true };
    return { ...done(false, cause(error)), ...(isOfTime(error) && { ofTime: true }) };
  }
}
