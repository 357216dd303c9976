/** The whole proof of a live broker. */

import type { CheckResult, Target, VerificationPlan, VerificationResult } from '../mosquitto/plan';
import type { User } from '../mosquitto/render';
import { probeTopics } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { access } from './checks/access';
import { certificates } from './checks/certificates';
import { logins, strangers } from './checks/logins';
import { onlyListeners } from './checks/openPorts';
import { isTls, networkDial } from './client';
import { dockerEngine, remoteMachine } from './docker';
import { witnessOf } from './literals';
import { ready } from './readiness';

/**
 * Proves a broker on each of its listeners, each account on each of them. A listener that only the machine of a remote
 * Docker engine reaches is left out: its port being open is all that can be seen from here.
 *
 * @throws Error when the broker does not come up at all
 */
export async function verify(plan: VerificationPlan): Promise<CheckResult[]> {
  const container = dockerEngine(plan.dockerHost).getContainer(plan.container);
  const witness = witnessOf(plan.users);
  const remote = remoteMachine(plan.dockerHost) !== undefined;
  const targets = plan.targets.filter(({ loopback }) => !(remote && loopback));
  const [first] = targets;
  const dial = first === undefined ? bridgeDial(container, plan) : networkDial(first, plan);
  await ready(container, plan.container, dial, witness);
  const results = await Promise.all([
    ...targets.map((target) => verifyTarget(target, plan, witness)),
    onlyListeners(container, plan.targets).then((result) => [result]),
  ]);
  return results.flat();
}

/** Puts the outcome of checks into the form of a result. */
export function resultOf(checks: CheckResult[]): VerificationResult {
  return { time: new Date().toISOString(), passed: checks.filter(({ ok }) => ok).length, checks };
}

async function verifyTarget(target: Target, plan: VerificationPlan, witness: User): Promise<CheckResult[]> {
  const dial = networkDial(target, plan);
  const accounts = plan.users.filter((user) => user !== witness);
  const topics = probeTopics(accounts);
  const [single, grouped] = await Promise.all([
    Promise.all([
      ...(isTls(target) ? certificates(target, plan) : []),
      ...strangers(target.name, dial),
      ...accounts.flatMap((user) => logins(target.name, dial, user)),
    ]),
    Promise.all(accounts.map((user) => access(target.name, dial, user, witness, topics))),
  ]);
  return [...single, ...grouped.flat()];
}
