/** Prints what a stack hands over. */

import type { Asked } from './options';
import { lookedIn } from './stack/place';
import { existingStack, notDeployed, outputs as outputsOf } from './stack/stack';
import { pairs } from './table';

export async function outputs({ stack: name, options: { json, showSecrets = false } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const values = await outputsOf(stack, showSecrets);
  if (values.delivery === undefined) throw new Error(notDeployed(name, lookedIn(stack.engine)));
  const { delivery: _delivery, checks: _checks, enrolment: _enrolment, ...readable } = values;
  process.stdout.write(`${json ? JSON.stringify(values) : pairs(readable)}\n`);
  return 0;
}
