/**
 * The proof for topics that real clients may listen to. It runs on a rehearsal of the broker, because a probe on the
 * live one would be taken for a real message.
 */

import type Docker from 'dockerode';
import type { MqttClient } from 'mqtt';
import { withRules } from '../mosquitto/acl';
import { type BrokerFiles, currentFolder, fileNames } from '../mosquitto/files';
import type { User } from '../mosquitto/render';
import type { CheckResult } from '../mosquitto/result';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { literalTopics, rehearsedWitness } from '../mosquitto/witness';
import { BrokerHandle } from './broker';
import { access } from './checks/access';
import { hangUp } from './client';
import { folderFiles } from './deployed';
import { dockerEngine } from './docker';
import { type Folder, rehearse, reread } from './rehearsal';

/** Folder of the files with a witness that sees everything. */
const witnessed = 'rehearsal';

/** The files under a name of their own, and the same files with a witness that sees everything. */
export function rehearsalFolders(folder: string, files: BrokerFiles): Folder[] {
  const acl = withRules(files[fileNames.acl] ?? '', rehearsedWitness);
  return [
    { folder, files },
    { folder: witnessed, files: { ...files, [fileNames.acl]: acl } },
  ];
}

/** Checks each user on each topic without wildcard. */
export async function proveLiterals(rehearsed: BrokerHandle): Promise<CheckResult[]> {
  const { witness, plan } = rehearsed;
  const accounts = plan.users.filter((user) => user !== witness);
  const topics = literalTopics([...accounts, ...plan.devices]);
  const dial = rehearsed.dial();
  // Each connection into a rehearsal is a command that the engine starts there.
  const shared = dial(witness).then((client) => client.setMaxListeners(0));
  // Whoever is connected has the rights of what was read last.
  const opened = new Map(
    [
      ...accounts.map((user) => [user, dial] as const),
      ...plan.devices.map((user) => [user, rehearsed.dial('devices')] as const),
    ].map(([user, own]) => [user, own(user)] as const),
  );
  for (const connection of [shared, ...opened.values()]) connection.catch(() => {});
  const dials = { witness: () => shared, isWitnessShared: true };
  const prove = (user: User, client: Promise<MqttClient>) =>
    access('rehearsal', { ...dials, user: () => client }, user, witness, topics);
  try {
    await reread(rehearsed.container, witnessed);
    const results = await Promise.all([...opened].map(([user, client]) => prove(user, client)));
    return results.flat();
  } finally {
    for (const connection of [shared, ...opened.values()]) connection.then(hangUp, () => {});
  }
}

/** The same proof for the files that a broker reads, without touching them. */
export async function rehearseDeployed(broker: BrokerHandle): Promise<CheckResult[]> {
  const { Image: image } = await broker.container.inspect();
  const files = await folderFiles(broker.container, currentFolder);
  return rehearseFiles(dockerEngine(broker.plan.dockerHost), image, files, broker.plan);
}

/**
 * The same proof for files that were read before.
 *
 * @param plan may come while the rehearsal starts; nothing is proved where it does not
 */
export async function rehearseFiles(
  docker: Docker,
  image: string,
  files: BrokerFiles,
  plan: VerificationPlan | Promise<VerificationPlan>,
): Promise<CheckResult[]> {
  const prepare = async () => files;
  const folders = () => rehearsalFolders('delivered', files);
  return rehearse(docker, { image, prepare, folders }, async (rehearsed) =>
    proveLiterals(new BrokerHandle(rehearsed, await plan)),
  );
}
