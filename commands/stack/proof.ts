/** The proof of a deployed broker, as of now. */

import type { Drift, Seen } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import type { CheckResult } from '../../mosquitto/result';
import { BrokerHandle } from '../../operate/broker';
import { proveRoom } from '../../operate/checks/room';
import { proveLive } from '../../operate/liveProof';
import { rehearseDeployed } from '../../operate/rehearsedAccess';
import type { EarlyRehearsal } from './earlyRehearsal';
import { lookAt } from './readiness';
import { project, type Stack } from './stack';
import { storedResources } from './state';

/**
 * Every check of a broker that runs: by real MQTT, on a rehearsal of the files that it reads, and of these files and the
 * container themselves.
 *
 * @param early a rehearsal that was held already; it counts where the broker still reads the same files
 * @throws Error when the broker does not come up at all
 */
export async function proveNow(stack: Stack, { plan }: Delivery, early?: EarlyRehearsal): Promise<CheckResult[]> {
  const broker = BrokerHandle.running(plan);
  const again = lookAgain(stack);
  const looked = again.then(({ result }) => [result]);
  const proofs = [proveLive(broker), looked, rehearsed(broker, again, early), proveRoom(broker)];
  // Each comes to its end, so that a rehearsal is taken away also where another proof has failed.
  const ended = await Promise.allSettled(proofs);
  const [live = [], untouched = [], access = [], room = []] = ended.map((proof) => {
    if (proof.status === 'rejected') throw proof.reason;
    return proof.value;
  });
  // What the broker lacks may be why anything else fails.
  return [...room, ...untouched, ...access, ...live];
}

async function rehearsed(
  broker: BrokerHandle,
  again: Promise<Look>,
  early: EarlyRehearsal | undefined,
): Promise<CheckResult[]> {
  const checks = await early?.checksOf(again.then(({ seen }) => seen.files));
  return checks ?? rehearseDeployed(broker);
}

/** Checks that container and files are those that were deployed. */
export async function proveUntouched(stack: Stack): Promise<CheckResult> {
  return (await lookAgain(stack)).result;
}

interface Look {
  seen: Seen;
  result: CheckResult;
}

async function lookAgain(stack: Stack): Promise<Look> {
  const started = performance.now();
  const { drift, seen } = await lookAt(stack, await storedResources(stack.engine, project, stack.name));
  const { words } = drift;
  const result = {
    check: 'container and files are those that were deployed',
    ok: words.length === 0,
    detail: words.length === 0 ? 'unchanged' : words.map((line) => line.trim()).join('; '),
    ms: Math.round(performance.now() - started),
  };
  return { seen, result };
}

/** What a drift means to people, before it is mended. */
export function driftWords({ words }: Drift): string[] {
  return words.length === 0 ? [] : ['What runs is not what was deployed:', ...words];
}
