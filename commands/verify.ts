/** Proves the broker as it is now. */

import type { CheckResult } from '../mosquitto/result';
import { say } from '../setup/progress';
import type { Asked } from './options';
import { absence } from './stack/absence';
import { proveNow } from './stack/proof';
import { deployedOutputs, earlier, existingStack, reachDocker, type Stack } from './stack/stack';
import { allPassed, proofWords } from './table';

export async function verify({ stack: name, options: { json, checks: all = false } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const checks = await proof(stack);
  say(proofWords(checks, { all }));
  if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  return allPassed(checks) ? 0 : 1;
}

/** Of a broker that does not run, that alone is to be said. */
async function proof(stack: Stack): Promise<CheckResult[]> {
  const { delivery } = await deployedOutputs(stack);
  const { plan } = delivery;
  // Types speak of what this version writes.
  if ([plan.terms, plan.clientAuthorities].includes(undefined as never)) {
    throw new Error(earlier(stack.name, 'all that is to be proved'));
  }
  await reachDocker(stack);
  const started = performance.now();
  const absent = await absence(plan);
  if (absent === undefined) return proveNow(stack, delivery);
  const detail = `${absent}; run: npm run up -- ${stack.name}`;
  return [{ check: 'the broker runs', ok: false, detail, ms: Math.round(performance.now() - started) }];
}
