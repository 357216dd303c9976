/** Takes everything away that a stack has made. */

import { configurationVolume } from '../mosquitto/files';
import { dockerEngine } from '../operate/docker';
import { sweep } from '../operate/rehearsal';
import { say } from '../setup/progress';
import { run } from '../setup/pulumi';
import type { Asked } from './options';
import { followDocker } from './stack/dockerAddress';
import { ready } from './stack/readiness';
import { knownStack, operate, project, reachDocker, removeStack } from './stack/stack';
import { storedResources } from './stack/state';

export async function destroy({ stack: name, words }: Asked): Promise<number> {
  const stack = await knownStack(name);
  if (stack === undefined) return nothing(name);
  const address = await reachDocker(stack);
  const { resources } = await ready(stack, false);
  if (resources.length === 0) {
    await removeStack(stack);
    return nothing(name);
  }
  await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  await followDocker(stack.engine, name, resources, address, stack.file.folder);
  const isPreview = words.some((word) => /^--preview-only(=(true|t|1))?$/i.test(word));
  // Whoever asks to destroy a stack means what is protected, too. A preview leaves the protection as it is.
  const consent = isPreview ? ['--ignore-protect'] : ['--yes', '--skip-preview'];
  if (!isPreview) await run(stack.engine, ['state', 'unprotect', '--all', '--stack', name, '--yes'], 'returned');
  await operate(stack, 'destroy', [...consent, ...words]);
  // Words for the engine may have left something.
  const left = await storedResources(stack.engine, project, name);
  if (left.every(({ type }) => type === 'pulumi:pulumi:Stack')) await removeStack(stack);
  return 0;
}

function nothing(name: string): number {
  say(`There is nothing of "${name}" to destroy`);
  return 0;
}
