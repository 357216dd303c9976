/** Whether a device can pass for another one. */

import type { User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import { type Dial, hangUp, isResumed, type Login } from '../client';
import { check, Disproved } from './check';

const keptSeconds = 60;

/** A login whose session is kept for a while. */
export function keeping({ username, password }: User): Login {
  return { username, password, sessionExpirySeconds: keptSeconds };
}

/**
 * Checks that a device cannot take over, empty or end the session of another by choosing its client id.
 *
 * @param standing a connection of the owner whose session is kept
 */
export function sessions(
  place: string,
  dial: Dial,
  owner: User,
  thief: User,
  standing = dial(keeping(owner)),
): Promise<CheckResult> {
  return check(`${place}: ${thief.username} cannot take the session of ${owner.username}`, async () => {
    const first = await standing;
    let closed = false;
    first.once('close', () => {
      closed = true;
    });
    const other = await dial({ username: thief.username, password: thief.password, clientId: owner.username });
    // An answer proves that the connection stands, and that everything before it has happened.
    await Promise.all([other.unsubscribeAsync(owner.username), first.unsubscribeAsync(owner.username).catch(() => {})]);
    hangUp(other);
    hangUp(first);
    if (closed) throw new Disproved('the connection was taken over');
    const again = await dial({ ...keeping(owner), sessionExpirySeconds: 0 });
    const kept = isResumed(again);
    hangUp(again);
    if (!kept) throw new Disproved('the session was emptied');
    return 'connection and session kept';
  });
}
