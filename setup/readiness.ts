/** What has to be known of a stack, and cleared away, before anything is said of it or done to it. */

import { configurationMount, configurationVolume, deployments, unfinishedMark } from '../mosquitto/files';
import { deployedFile, deployedFolder } from '../operate/deployed';
import { dockerEngine, inspect } from '../operate/docker';
import { sweep } from '../operate/rehearsal';
import { recover } from './recovery';
import { project, type Stack } from './stack';
import { type StoredResource, storedOutputs, storedResources } from './state';

export interface Readiness {
  resources: StoredResource[];
  /** Whether the engine must deliver, whatever it knows: the broker may have other files than it thinks. */
  deliverAgain: boolean;
}

/** Waits for a run that is at work, gets over one that was killed, and then looks. */
export async function ready(stack: Stack): Promise<Readiness> {
  const recovered = await recover({ ...stack, project });
  // It would go on writing to the volume that is looked at now.
  if (recovered) await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  const resources = await storedResources(stack.engine, project, stack.name);
  return { resources, deliverAgain: await mustDeliverAgain(stack, resources, recovered) };
}

/**
 * Whether the last delivery ended otherwise than the engine knows: it was cut off after it had put its files in place,
 * or came to its end when nobody listened any more. A change that is taken back then would look like none.
 */
async function mustDeliverAgain(
  { settings }: Stack,
  resources: readonly StoredResource[],
  recovered: boolean,
): Promise<boolean> {
  const broker = dockerEngine(null).getContainer(settings.containerName);
  const [mark, folder] = await Promise.all([
    deployedFile(broker, unfinishedMark, `${configurationMount}/${deployments}`),
    deployedFolder(broker),
  ]);
  const { delivered } = (storedOutputs(resources).verification ?? {}) as { delivered?: string };
  const isOther = folder !== undefined && delivered !== undefined && folder !== delivered;
  return mark !== undefined || isOther || (recovered && (await inspect(broker)) !== undefined);
}
