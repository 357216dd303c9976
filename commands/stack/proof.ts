/** The proof of a deployed broker, as of now. */

import type { Drift } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import type { CheckResult } from '../../mosquitto/result';
import { BrokerHandle } from '../../operate/broker';
import { proveLive } from '../../operate/liveProof';
import { rehearseDeployed } from '../../operate/rehearsedAccess';
import { deployedOf } from './deployedContainer';
import { lookAt } from './readiness';
import { project, type Stack } from './stack';
import { storedResources } from './state';

/**
 * Every check of a broker that runs: by real MQTT, on a rehearsal of the files that it reads, and of these files and the
 * container themselves.
 *
 * @throws Error when the broker does not come up at all
 */
export async function proveNow(stack: Stack, { plan }: Delivery): Promise<CheckResult[]> {
  const broker = BrokerHandle.running(plan);
  const proofs = [proveUntouched(stack).then((result) => [result]), rehearseDeployed(broker), proveLive(broker)];
  // Each comes to its end, so that a rehearsal is taken away also where another proof has failed.
  const ended = await Promise.allSettled(proofs);
  return ended.flatMap((proof) => {
    if (proof.status === 'rejected') throw proof.reason;
    return proof.value;
  });
}

/** Checks that container and files are those that were deployed. */
export async function proveUntouched(stack: Stack): Promise<CheckResult> {
  const started = performance.now();
  const { drift } = await lookAt(stack, deployedOf(await storedResources(stack.engine, project, stack.name)));
  const { words } = drift;
  return {
    check: 'container and files are those that were deployed',
    ok: words.length === 0,
    detail: words.length === 0 ? 'unchanged' : words.map((line) => line.trim()).join('; '),
    ms: Math.round(performance.now() - started),
  };
}

/** What a drift means to people, before it is mended. */
export function driftWords({ words }: Drift): string[] {
  return words.length === 0 ? [] : ['What runs is not what was deployed:', ...words];
}
