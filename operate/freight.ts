/** What a delivery brings, once it is known what is deployed. */

import type Docker from 'dockerode';
import type { Delivery } from '../fleet/delivery';
import { secretIdOf } from '../fleet/files';
import { allows, parseAcl, renderAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames, folderName } from '../mosquitto/files';
import type { ClientKind } from '../mosquitto/listeners';
import { hashCredential, parsePasswords } from '../mosquitto/passwords';
import { restartChanges } from '../mosquitto/reload';
import type { User } from '../mosquitto/render';
import { fileProblems } from '../mosquitto/validation';
import { canaryTopic, witnessUsername } from '../mosquitto/witness';
import { type Fleet, fleetOf } from './fleet';
import { withFarewell } from './offlineStatus';
import type { Deployed } from './rehearsal';
import { revocationOf } from './revocation';
import { trustOf } from './trust';

export interface Freight {
  fleet: Fleet | null;
  /** Every file, those of the devices included. */
  files: BrokerFiles;
  /** Name of the folder that the files go to. */
  folder: string;
  /** Devices whose connections end with the old passwords. */
  leaving: string[];
  /** Clients whose certificates become invalid, which a broker that looks at nothing else goes on serving. */
  evicted: Array<{ kind: ClientKind; names: string[] }>;
  /** Lines that only a restart applies, as they change. */
  restart: string[];
  /** Users whose password is the one from before, so that they stay connected. */
  staying: User[];
}

/**
 * Makes every file.
 *
 * @param broker the running one, if any: it knows what devices have reported, and how long it has run
 * @throws Error with everything that is wrong; nothing is changed then
 */
export async function load(delivery: Delivery, deployed: Deployed, broker: Docker.Container): Promise<Freight> {
  const fleet = delivery.fleet === null ? null : await fleetOf(delivery.fleet, deployed);
  const leaving = fleet === null ? [] : [...fleet.change.revoked, ...fleet.change.rotated];
  // Without a listener for devices the record stays, for the day when there is one again.
  const record = fleet === null ? await deployed(fileNames.fleet) : undefined;
  const kept: BrokerFiles = record === undefined ? {} : { [fileNames.fleet]: record };
  const revocation = await revocationOf(delivery, fleet?.devices ?? [], deployed);
  const given: BrokerFiles = { ...delivery.files, ...kept, ...fleet?.files, ...revocation.files };
  const problems = fileProblems(given);
  if (problems.length > 0) throw new Error(`the new files are refused; nothing was changed:\n${problems.join('\n')}`);
  const trust = await trustOf(delivery, given, fleet?.devices ?? [], deployed, broker);
  const { users } = parseAcl(given[fileNames.acl] ?? '');
  const files = { ...given, ...trust, [fileNames.acl]: renderAcl(withFarewell(users, leaving)) };
  const before = await deployed(fileNames.configuration);
  return {
    fleet,
    files,
    folder: folderName(files),
    leaving,
    evicted: revocation.evicted,
    restart: before === undefined ? [] : restartChanges(before, given[fileNames.configuration] ?? ''),
    staying: await stayingUsers(delivery, fleet, deployed),
  };
}

/** Users who could log in before with the same password, where the witness could see the canaries' messages. */
async function stayingUsers(
  { plan, fleet: order }: Delivery,
  fleet: Fleet | null,
  deployed: Deployed,
): Promise<User[]> {
  const [passwords, acl] = await Promise.all([deployed(fileNames.passwords), deployed(fileNames.acl)]);
  if (passwords === undefined || acl === undefined) return [];
  const rules = parseAcl(acl).users.find(({ username }) => username === witnessUsername)?.rules ?? [];
  if (!allows(rules, 'read', canaryTopic)) return [];
  const hashes = new Map(parsePasswords(passwords).map(({ username, hash }) => [username, hash]));
  const devices = fleet?.before?.secretId === secretIdOf(order?.rootSecret ?? '') ? plan.devices : [];
  return [...plan.users.filter((user) => hashes.get(user.username) === hashCredential(user).hash), ...devices];
}
