/** Who stays connected while a broker takes other files over. */

import { isDeepStrictEqual } from 'node:util';
import { allows, parseAcl, type UserAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { type Credential, hashCredential, parsePasswords } from '../mosquitto/passwords';
import { observedTopic, witnessUsername } from '../mosquitto/witness';

/**
 * Accounts whose password is the one that is deployed, where the witness can see what those who watch a reload send.
 *
 * @param deployed every file that the broker reads; damaged ones let nobody in
 */
export function stayingAccounts(deployed: BrokerFiles, credentials: readonly Credential[]): string[] {
  const looks = rulesIn(deployed[fileNames.acl]).find(({ username }) => username === witnessUsername)?.rules ?? [];
  if (!allows(looks, 'read', observedTopic)) return [];
  return stayingUsers(deployed[fileNames.passwords], credentials).map(({ username }) => username);
}

/**
 * Users whose password is the one that is deployed.
 *
 * @param passwords text of a password file; a damaged one lets nobody in
 */
export function stayingUsers<T extends Credential>(passwords: string | undefined, users: readonly T[]): T[] {
  try {
    const entries = new Map(parsePasswords(passwords ?? '').map((entry) => [entry.username, entry]));
    return users.filter((user) => isDeepStrictEqual(entries.get(user.username), hashCredential(user)));
  } catch {
    return [];
  }
}

/**
 * Whether deployed passwords are those of another state: each makes that of the witness once, and knows no other's.
 *
 * @param passwords text of a password file; one that says nothing of the witness tells nothing
 */
export function isOfAnotherState(passwords: string | undefined, credentials: readonly Credential[]): boolean {
  try {
    const deployed = parsePasswords(passwords ?? '').find(({ username }) => username === witnessUsername);
    const own = credentials.find(({ username }) => username === witnessUsername);
    return deployed !== undefined && own !== undefined && !isDeepStrictEqual(deployed, hashCredential(own));
  } catch {
    return false;
  }
}

function rulesIn(acl = ''): UserAcl[] {
  try {
    return parseAcl(acl).users;
  } catch {
    return [];
  }
}
