/** Proves the broker as it is now. */

import { holderProblem } from '../change/owner';
import { problemWords } from '../mosquitto/problem';
import type { CheckResult } from '../mosquitto/result';
import { say } from '../setup/progress';
import type { Asked } from './options';
import { absence } from './stack/absence';
import { proveNow } from './stack/proof';
import { lookAt } from './stack/readiness';
import { leaveProof } from './stack/recordedProof';
import { deployedOutputs, earlier, existingStack, project, reachDocker, type Stack } from './stack/stack';
import { storedResources } from './stack/state';
import { allPassed, proofWords } from './table';

export async function verify({ stack: name, options: { json, checks: all = false } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const checks = await proof(stack);
  await leaveProof(stack, checks);
  say(proofWords(checks, { all }));
  if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  return allPassed(checks) ? 0 : 1;
}

/** Of a broker that does not run, or is somebody else's, that alone is to be said. */
async function proof(stack: Stack): Promise<CheckResult[]> {
  const { delivery } = await deployedOutputs(stack);
  const { plan } = delivery;
  // Types speak of what this version writes.
  if ([plan.terms, plan.clientAuthorities].includes(undefined as never)) {
    throw new Error(earlier(stack.name, 'all that is to be proved'));
  }
  await reachDocker(stack);
  const started = performance.now();
  const resources = await storedResources(stack.engine, project, stack.name);
  const [absent, { holder }] = await Promise.all([absence(plan), lookAt(stack, resources)]);
  const failed = (check: string, detail: string): CheckResult[] => [
    { check, ok: false, detail, ms: Math.round(performance.now() - started) },
  ];
  if (holder !== undefined) {
    return failed(
      'the broker is that of this stack',
      problemWords(holderProblem(stack.settings.containerName, holder, stack.name)),
    );
  }
  if (absent !== undefined) return failed('the broker runs', `${absent}; run: npm run up -- ${stack.name}`);
  return proveNow(stack, delivery);
}
