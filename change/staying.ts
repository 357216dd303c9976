/** Who stays connected while a broker takes other files over. */

import { allows, parseAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { type Credential, hashCredential, parsePasswords } from '../mosquitto/passwords';
import { canaryTopic, witnessUsername } from '../mosquitto/witness';

/**
 * Accounts whose password is the one that is deployed, where the witness can see what those who watch a reload send.
 *
 * @param deployed every file that the broker reads; damaged ones let nobody in
 */
export function stayingAccounts(deployed: BrokerFiles, credentials: readonly Credential[]): string[] {
  try {
    const { users } = parseAcl(deployed[fileNames.acl] ?? '');
    const rules = users.find(({ username }) => username === witnessUsername)?.rules ?? [];
    if (!allows(rules, 'read', canaryTopic)) return [];
    const entries = parsePasswords(deployed[fileNames.passwords] ?? '');
    const hashes = new Map(entries.map(({ username, hash }) => [username, hash]));
    const stays = (user: Credential) => hashes.get(user.username) === hashCredential(user).hash;
    return credentials.filter(stays).map(({ username }) => username);
  } catch {
    return [];
  }
}
