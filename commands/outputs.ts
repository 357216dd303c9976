/** Prints what a stack hands over. */

import type { Asked } from './options';
import { existingStack, notDeployed, outputs as outputsOf } from './stack/stack';
import { pairs } from './table';

export async function outputs({ stack, options: { json, showSecrets = false } }: Asked): Promise<number> {
  const values = await outputsOf(await existingStack(stack), showSecrets);
  if (values.delivery === undefined) throw new Error(notDeployed(stack));
  const { delivery: _delivery, checks: _checks, enrolment: _enrolment, ...readable } = values;
  process.stdout.write(`${json ? JSON.stringify(values) : pairs(readable)}\n`);
  return 0;
}
