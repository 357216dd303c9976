/** Proves the broker as it is now. */

import { say } from '../setup/progress';
import type { Asked } from './options';
import { proveNow } from './stack/proof';
import { deployedOutputs, existingStack } from './stack/stack';
import { allPassed, proofWords } from './table';

export async function verify({ stack: name, options: { json, checks: all = false } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  const checks = await proveNow(stack, delivery);
  say(proofWords(checks, { all }));
  if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  return allPassed(checks) ? 0 : 1;
}
