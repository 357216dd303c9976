/** Takes everything away that a stack has made. */

import { configurationVolume } from '../mosquitto/files';
import { quoted } from '../mosquitto/quoted';
import { dockerEngine } from '../operate/docker';
import { removeNetworks } from '../operate/networks';
import { sweep } from '../operate/rehearsal';
import { sweepLeft } from '../operate/temporary';
import { say } from '../setup/progress';
import { run } from '../setup/pulumi';
import type { Asked } from './options';
import { mustHaveRoom } from './stack/brokenState';
import { ownerIdIn } from './stack/deployedContainer';
import { followDocker } from './stack/dockerAddress';
import { sweepFirewall } from './stack/firewall';
import { moveOf } from './stack/move';
import { networkProblems } from './stack/networks';
import { lookedIn } from './stack/place';
import { hasBroker, mustHold } from './stack/possession';
import { ready } from './stack/readiness';
import { knownStack, operate, project, reachDocker, removeStack } from './stack/stack';
import { storedResources } from './stack/state';

export async function destroy({ stack: name, words }: Asked): Promise<number> {
  const stack = await knownStack(name);
  if (typeof stack === 'string') return nothing(name, stack);
  mustHaveRoom(stack.engine, project, name);
  const address = await reachDocker(stack);
  const readiness = await ready(stack, false);
  const { resources } = readiness;
  if (resources.length === 0) {
    await removeStack(stack);
    return nothing(name, lookedIn(stack.engine));
  }
  // One that was refused before it had a container or a volume takes nothing of the other's away.
  if (hasBroker(resources)) mustHold(stack, readiness);
  if (readiness.holder === undefined) {
    await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
    await sweepLeft(dockerEngine(null));
  }
  const inUse = await networkProblems(resources, stack.settings.containerName, []);
  if (inUse.length > 0) throw new Error(`${inUse.join('\n')}; nothing was changed`);
  await followDocker(stack.engine, name, resources, address, stack.file.folder);
  const isPreview = words.some((word) => /^--preview-only(=(true|t|1))?$/i.test(word));
  // Whoever asks to destroy a stack means what is protected, too. A preview leaves the protection as it is.
  const consent = isPreview ? ['--ignore-protect'] : ['--yes', '--skip-preview'];
  if (!isPreview) await run(stack.engine, ['state', 'unprotect', '--all', '--stack', name, '--yes'], 'returned');
  await operate(stack, 'destroy', [...consent, ...words]);
  // Words for the engine may have left something.
  const left = await storedResources(stack.engine, project, name);
  if (left.every(({ type }) => type === 'pulumi:pulumi:Stack')) {
    await sweepFirewall(stack, resources);
    // A move that was cut off has changed the one of the new machine alone.
    const move = moveOf(stack, resources);
    if (move !== undefined) await sweepFirewall(stack, resources, false, move.former);
    await removeNetworks(dockerEngine(null), ownerIdIn(resources));
    await removeStack(stack);
  }
  return 0;
}

function nothing(name: string, looked: string): number {
  say(`There is nothing of ${quoted(name)} to destroy in ${looked}`);
  return 0;
}
