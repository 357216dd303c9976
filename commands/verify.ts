/** Proves the broker as it is now. */

import { say } from '../setup/progress';
import { type Options, refuse } from './options';
import { proveNow } from './stack/proof';
import { deployedOutputs, existingStack } from './stack/stack';
import { allPassed, checkTable } from './table';

export async function verify(name: string, { json, rest }: Options): Promise<number> {
  refuse(rest);
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  const checks = await proveNow(stack, delivery);
  say(checkTable(checks));
  if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  return allPassed(checks) ? 0 : 1;
}
