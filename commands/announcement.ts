/** What is said before anything is done. */

import { dockerEngine } from '../operate/docker';
import { say } from '../setup/progress';
import { forecast } from './forecast';
import { driftWords } from './stack/proof';
import type { Readiness } from './stack/readiness';
import { replacementWords } from './stack/rootSecret';
import { deployedOutputs, type Stack } from './stack/stack';
import type { StoredResource } from './stack/state';

/** Says what differs from what was deployed, and what an update changes. */
export async function sayChanges(
  stack: Stack,
  root: StoredResource | undefined,
  { drift, options }: Pick<Readiness, 'drift' | 'options'>,
): Promise<void> {
  const plan = async () => (await deployedOutputs(stack)).delivery.plan;
  const lines = [
    ...driftWords(drift),
    ...(root === undefined ? [] : replacementWords(stack.engine, stack.name, root, stack.settings.devices.length)),
    ...(await forecast(dockerEngine(null), stack.settings, options, plan)),
  ];
  if (lines.length > 0) say(['', ...lines, ''].join('\n'));
}
