/** Takes everything away that a stack has made. */

import { configurationVolume } from '../mosquitto/files';
import { dockerEngine } from '../operate/docker';
import { sweep } from '../operate/rehearsal';
import { run } from '../setup/pulumi';
import type { Asked } from './options';
import { followDocker } from './stack/dockerAddress';
import { ready } from './stack/readiness';
import { existingStack, operate, removeStack } from './stack/stack';

export async function destroy({ stack: name, words }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const { resources } = await ready(stack);
  await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  await followDocker(stack.engine, name, resources, stack.settings.dockerHost, stack.file.folder);
  // Whoever asks to destroy a stack means what is protected, too.
  await run(stack.engine, ['state', 'unprotect', '--all', '--stack', name, '--yes'], 'returned');
  await operate(stack, 'destroy', ['--yes', '--skip-preview', ...words]);
  await removeStack(stack);
  return 0;
}
