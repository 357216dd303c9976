/**
 * The proof for topics that real clients may listen to. It runs on a rehearsal of the broker, because a probe on the
 * live one would be taken for a real message.
 */

import type Docker from 'dockerode';
import { parseAcl, renderAcl } from '../mosquitto/acl';
import type { Delivery } from '../mosquitto/delivery';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import type { CheckResult, VerificationPlan } from '../mosquitto/plan';
import type { User } from '../mosquitto/render';
import { literalTopics, rehearsalUsers, witnessUsername } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { access } from './checks/access';
import { dockerEngine } from './docker';
import { type RehearsalArgs, rehearse, reread } from './rehearsal';

/** Folder of the files with a witness that sees everything. */
const witnessed = 'rehearsal';

/** A rehearsal of the files, and of the same files with a witness that sees everything. */
export function rehearsalOf(delivery: Delivery, folder: string, volume?: string): RehearsalArgs {
  const users = rehearsalUsers(parseAcl(delivery.files[fileNames.acl] ?? ''));
  const files: BrokerFiles = { ...delivery.files, [fileNames.acl]: renderAcl(users) };
  return {
    image: delivery.image,
    volume,
    folders: [
      { folder, files: delivery.files },
      { folder: witnessed, files },
    ],
  };
}

/** Checks each account on each topic without wildcard. */
export async function proveLiterals(rehearsed: Docker.Container, plan: VerificationPlan): Promise<CheckResult[]> {
  const witness = witnessOf(plan.users);
  const accounts = plan.users.filter((user) => user !== witness);
  const topics = literalTopics(accounts);
  await reread(rehearsed, witnessed);
  const dial = bridgeDial(rehearsed, plan);
  const results = await Promise.all(accounts.map((user) => access('rehearsal', dial, user, witness, topics)));
  return results.flat();
}

/** The same proof for files that are in place already, without touching them. */
export function rehearseDelivered(delivery: Delivery): Promise<CheckResult[]> {
  return rehearse(dockerEngine(delivery.plan.dockerHost), rehearsalOf(delivery, 'delivered'), (rehearsed) =>
    proveLiterals(rehearsed, delivery.plan),
  );
}

/** The account that verification speaks with. */
export function witnessOf(users: readonly User[]): User {
  const witness = users.find((user) => user.username === witnessUsername);
  if (witness === undefined) throw new Error(`the account ${witnessUsername} is missing; run "pulumi up"`);
  return witness;
}
