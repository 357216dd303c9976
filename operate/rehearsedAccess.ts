/**
 * The proof for topics that real clients may listen to. It runs on a rehearsal of the broker, because a probe on the
 * live one would be taken for a real message.
 */

import type Docker from 'dockerode';
import { parseAcl, renderAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import type { User } from '../mosquitto/render';
import type { CheckResult } from '../mosquitto/result';
import { literalTopics, rehearsalUsers, witnessUsername } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { access } from './checks/access';
import { deployedFiles } from './deployed';
import { dockerEngine } from './docker';
import { type Folder, rehearse, reread } from './rehearsal';

/** Folder of the files with a witness that sees everything. */
const witnessed = 'rehearsal';

/** The files under a name of their own, and the same files with a witness that sees everything. */
export function rehearsalFolders(folder: string, files: BrokerFiles): Folder[] {
  const { users } = parseAcl(files[fileNames.acl] ?? '');
  return [
    { folder, files },
    { folder: witnessed, files: { ...files, [fileNames.acl]: renderAcl(rehearsalUsers(users)) } },
  ];
}

/** Checks each user on each topic without wildcard. */
export async function proveLiterals(rehearsed: Docker.Container, plan: VerificationPlan): Promise<CheckResult[]> {
  const witness = witnessOf(plan.users);
  const accounts = plan.users.filter((user) => user !== witness);
  const topics = literalTopics([...accounts, ...plan.devices]);
  await reread(rehearsed, witnessed);
  const dial = bridgeDial(rehearsed, plan);
  const prove = (user: User, own = dial) => access('rehearsal', { user: own, witness: dial }, user, witness, topics);
  const results = await Promise.all([
    ...accounts.map((user) => prove(user)),
    ...plan.devices.map((user) => prove(user, bridgeDial(rehearsed, plan, 'devices'))),
  ]);
  return results.flat();
}

/** The same proof for the files that a broker reads, without touching them. */
export async function rehearseDeployed(plan: VerificationPlan): Promise<CheckResult[]> {
  const docker = dockerEngine(plan.dockerHost);
  const broker = docker.getContainer(plan.container);
  const { Image: image } = await broker.inspect();
  const folders = async () => rehearsalFolders('delivered', await deployedFiles(broker));
  return rehearse(docker, { image, folders }, (rehearsed) => proveLiterals(rehearsed, plan));
}

/** The account that verification speaks with. */
export function witnessOf(users: readonly User[]): User {
  const witness = users.find((user) => user.username === witnessUsername);
  if (witness === undefined) throw new Error(`the account ${witnessUsername} is missing; run "pulumi up"`);
  return witness;
}
