/** The proof of a deployed broker, as of now. */

import type { Drift, Seen } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import type { CheckResult } from '../../mosquitto/result';
import type { VerificationPlan } from '../../mosquitto/verificationPlan';
import { BrokerHandle } from '../../operate/broker';
import { proveFirewall } from '../../operate/checks/firewall';
import { proveRoom } from '../../operate/checks/room';
import { proveLive } from '../../operate/liveProof';
import { rehearseDeployed } from '../../operate/rehearsedAccess';
import { together } from '../../operate/together';
import { deployedFirewall } from './deployedFirewall';
import type { EarlyProof } from './earlyProof';
import { lookAt } from './readiness';
import { project, type Stack } from './stack';
import { type StoredResource, storedResources } from './state';

/** What a running broker has shown. */
export interface RunningProof {
  /** What it has left, which may be why anything else fails. */
  room: CheckResult[];
  look: Look;
  /** By real MQTT. */
  live: CheckResult[];
}

/**
 * Proves a running broker, and looks whether container and files are those that were deployed.
 *
 * @param resources of the stack
 * @throws Error when it does not come up at all
 */
export async function proveRunning(
  stack: Stack,
  resources: readonly StoredResource[],
  plan: VerificationPlan,
): Promise<RunningProof> {
  const broker = BrokerHandle.running(plan);
  const firewall = deployedFirewall(resources);
  const [room, look, live, closed] = await together([
    proveRoom(broker),
    lookAgain(stack, resources),
    proveLive(broker),
    firewall === undefined ? Promise.resolve([]) : proveFirewall(firewall, null),
  ]);
  return { room, look, live: [...live, ...closed] };
}

/**
 * Every check of a broker that runs: by real MQTT, on a rehearsal of the files that it reads, and of these files and the
 * container themselves.
 *
 * @param early what was proved while an update came to its end, that of the files where the broker still reads the same
 * @throws Error when the broker does not come up at all
 */
export async function proveNow(stack: Stack, { plan }: Delivery, early?: EarlyProof): Promise<CheckResult[]> {
  const running = early?.running ?? proveRunning(stack, await resourcesOf(stack), plan);
  const [{ room, look, live }, access] = await together([running, rehearsed(plan, running, early)]);
  // While that was looked at, the update may have replaced what watches the broker.
  const isAgain = early?.running !== undefined && !look.result.ok;
  return [...room, isAgain ? await proveUntouched(stack) : look.result, ...access, ...live];
}

async function rehearsed(
  plan: VerificationPlan,
  running: Promise<RunningProof>,
  early: EarlyProof | undefined,
): Promise<CheckResult[]> {
  const checks = await early?.checksOf(running.then(({ look }) => look.seen.files));
  return checks ?? rehearseDeployed(BrokerHandle.running(plan));
}

/** Checks that container and files are those that were deployed. */
export async function proveUntouched(stack: Stack): Promise<CheckResult> {
  return (await lookAgain(stack, await resourcesOf(stack))).result;
}

interface Look {
  seen: Seen;
  result: CheckResult;
}

function resourcesOf({ engine, name }: Stack): Promise<StoredResource[]> {
  return storedResources(engine, project, name);
}

async function lookAgain(stack: Stack, resources: readonly StoredResource[]): Promise<Look> {
  const started = performance.now();
  const { drift, seen } = await lookAt(stack, resources);
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
