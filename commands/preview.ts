/** Says what an update would do, and does nothing. */

import { say } from '../setup/progress';
import { standBy } from '../setup/supervision';
import { sayChanges } from './announcement';
import type { Asked } from './options';
import { mustHold } from './stack/possession';
import { ready } from './stack/readiness';
import { publishedRoot, withoutProtection } from './stack/rootSecret';
import { deployableStack, mendingWords, operate } from './stack/stack';
import { updateProblems } from './stack/updateProblems';

export async function preview({ stack: name, words, once }: Asked): Promise<number> {
  standBy('shown');
  const stack = await deployableStack(name, once);
  const readiness = await ready(stack, false);
  mustHold(stack, readiness);
  const { resources, drift } = readiness;
  const root = publishedRoot(resources);
  await sayChanges(stack, readiness);
  for (const problem of await updateProblems(stack, resources)) say(`Will be refused: ${problem}`);
  const args = [...mendingWords(drift, resources), ...words];
  await withoutProtection(stack.engine, name, root, () => operate(stack, 'preview', args));
  return 0;
}
