/** Who is disconnected by a change, for how long, and why. */

import type { OptionChanges } from '../change/container';
import type { Decision } from '../change/decide';
import { isKnown } from '../change/unknown';
import { restartSeconds, unappliedWords } from '../change/words';
import { hasDevices } from './decision';
import type { Review } from './form';
import type { Side } from './side';

export type Away = Pick<Review['verdict'], 'disconnected' | 'seconds' | 'because' | 'who'>;

const nobody: Away = { disconnected: 'nobody', seconds: null, because: [], who: [] };

export function awayOf(before: Side | undefined, after: Side, decision: Decision, options: OptionChanges): Away {
  if (before === undefined || decision.problems.length > 0) return nobody;
  if (before.container.name !== after.container.name) {
    const because = [`containerName: ${after.container.name} in place of ${before.container.name}, another broker`];
    return { disconnected: 'everybody', seconds: restartSeconds, because, who: [] };
  }
  const restart = [...decision.restart, ...options.restart, ...unappliedWords(decision.restart, options)];
  if (restart.length > 0) {
    return { disconnected: 'everybody', seconds: restartSeconds, because: restart, who: [] };
  }
  const leaving = leavingAccounts(before, after);
  const who = [...new Set([...leaving, ...decision.leaving, ...decision.evicted.flatMap(({ names }) => names)])].sort();
  // Of a list that nobody has, each device may be one that goes.
  if (hasDevices(before) && !isKnown(before.devices)) {
    return { disconnected: 'unknown', seconds: null, because: [], who };
  }
  return who.length === 0 ? nobody : { disconnected: 'some', seconds: null, because: [], who };
}

/** Accounts whose password is gone, or another one. */
function leavingAccounts(before: Side, after: Side): string[] {
  const next = new Map(after.accounts.map(({ username, generation }) => [username, generation]));
  return before.accounts
    .filter(({ username, generation }) => next.get(username) !== generation)
    .map(({ username }) => username);
}
