/** Whether a device can pass for another one. */

import type { User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import { type Dial, hangUp, isResumed } from '../client';
import { check, Disproved } from './check';

const keptSeconds = 60;

/** Checks that a device cannot take over, empty or end the session of another by choosing its client id. */
export function sessions(place: string, dial: Dial, owner: User, thief: User): Promise<CheckResult> {
  return check(`${place}: ${thief.username} cannot take the session of ${owner.username}`, async () => {
    const own = { username: owner.username, password: owner.password, sessionExpirySeconds: keptSeconds };
    const first = await dial(own);
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
    const again = await dial({ ...own, sessionExpirySeconds: 0 });
    const kept = isResumed(again);
    hangUp(again);
    if (!kept) throw new Disproved('the session was emptied');
    return 'connection and session kept';
  });
}
