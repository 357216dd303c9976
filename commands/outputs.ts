/** Prints what a stack hands over. */

import { type Options, refuse } from './options';
import { existingStack, notDeployed, outputs as outputsOf } from './stack/stack';
import { pairs } from './table';

export async function outputs(name: string, { json, showSecrets, rest }: Options): Promise<number> {
  refuse(rest);
  const values = await outputsOf(await existingStack(name), showSecrets);
  if (values.delivery === undefined) throw new Error(notDeployed(name));
  const { delivery: _delivery, checks: _checks, enrolment: _enrolment, ...readable } = values;
  process.stdout.write(`${json ? JSON.stringify(values) : pairs(readable)}\n`);
  return 0;
}
