/** Having a running broker take over the files that lie in place. */

import type Docker from 'dockerode';
import { restartDigestLabel } from '../mosquitto/reload';
import { markerTopic } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { access } from './checks/access';
import { stateOf } from './docker';
import { mustRun } from './readiness';
import { reload } from './signal';

/**
 * Whether a broker runs that needs no restart for the new files.
 *
 * @param info of its container once that has settled; undefined where there is none
 * @param restartDigest of the new files
 */
export function takesFilesLive(info: Docker.ContainerInspectInfo | undefined, restartDigest: string): boolean {
  // One that ends at each start cannot be asked whether the files are good, and takes them at its next start.
  const isThere = info !== undefined && ['running', 'paused'].includes(stateOf(info));
  return isThere && info.Config.Labels[restartDigestLabel] === restartDigest;
}

/**
 * Signals the broker once files lie in place, and proves by a round trip that it lives and serves.
 *
 * @param place puts files in place
 * @throws Error with the broker's own complaint, or with what does not hold
 */
export async function takeOver(broker: BrokerHandle, place?: () => Promise<void>): Promise<void> {
  const log = await reload(broker.container, undefined, () => mustServe(broker), place);
  const complaint = log.split('\n').find((line) => /: Error/.test(line));
  if (complaint !== undefined) throw new Error(complaint);
}

async function mustServe(broker: BrokerHandle): Promise<void> {
  const { witness } = broker;
  const client = broker.dial()(witness);
  const dial = () => client;
  const served = access('reloaded broker', { user: dial, witness: dial }, witness, witness, [markerTopic]);
  // Of one that has ended, its last words tell more.
  await mustRun(broker);
  const results = await served;
  const refused = results.find(({ ok }) => !ok);
  if (refused !== undefined) throw new Error(`${refused.check}: ${refused.detail}`);
}
