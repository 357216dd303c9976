/** Having a running broker take over the files that lie in place. */

import { markerTopic } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { access } from './checks/access';
import { mustRun } from './readiness';
import { reload } from './signal';

/**
 * Signals the broker, and proves by a round trip that it lives and serves.
 *
 * @throws Error with the broker's own complaint, or with what does not hold
 */
export async function takeOver(broker: BrokerHandle): Promise<void> {
  const log = await reload(broker.container, undefined, () => mustServe(broker));
  const complaint = log.split('\n').find((line) => /: Error/.test(line));
  if (complaint !== undefined) throw new Error(complaint);
}

async function mustServe(broker: BrokerHandle): Promise<void> {
  await mustRun(broker);
  const { witness } = broker;
  const client = broker.dial()(witness);
  const dial = () => client;
  const results = await access('reloaded broker', { user: dial, witness: dial }, witness, witness, [markerTopic]);
  const refused = results.find(({ ok }) => !ok);
  if (refused !== undefined) throw new Error(`${refused.check}: ${refused.detail}`);
}
