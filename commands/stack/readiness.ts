/** What has to be known of a stack, and cleared away, before anything is said of it or done to it. */

import { areTouched, type Deployed, type Drift, driftOf, type Seen } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import { type BrokerFiles, configurationVolume } from '../../mosquitto/files';
import { dockerEngine } from '../../operate/docker';
import { look } from '../../operate/look';
import { sweep } from '../../operate/rehearsal';
import { deployedOf } from './deployedContainer';
import { finishWayBack } from './former';
import { recover } from './recovery';
import { outputs, project, type Stack } from './stack';
import { type StoredResource, storedResources } from './state';

export interface Readiness {
  resources: StoredResource[];
  /** What differs from what was deployed. */
  drift: Drift;
  /** Name of the folder that the broker reads. */
  folder: string | undefined;
  /** Every file that the broker reads; none where nothing is deployed, or no container is there to see them by. */
  files: BrokerFiles;
}

/**
 * Waits for a run that is at work, gets over one that was killed, and then looks.
 *
 * @param acts whether what a killed run has left half done may be finished
 */
export async function ready(stack: Stack, acts: boolean): Promise<Readiness> {
  const recovered = await recover({ ...stack, project });
  // It would go on writing to the volume that is looked at now.
  if (recovered) await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  const known = () => storedResources(stack.engine, project, stack.name);
  const found = await known();
  const resources = acts && (await finishWayBack(stack, found)) ? await known() : found;
  const { drift, seen } = await lookAt(stack, deployedOf(resources));
  return {
    resources,
    drift: { ...drift, deliver: drift.deliver || recovered },
    folder: seen.folder,
    files: seen.files,
  };
}

/** Looks at the broker, and compares it with what was deployed. */
export async function lookAt(stack: Stack, deployed: Deployed): Promise<{ drift: Drift; seen: Seen }> {
  const name = deployed.container?.name ?? stack.settings.containerName;
  const seen = await look(dockerEngine(null).getContainer(name));
  return { drift: driftOf(seen, deployed, areTouched(seen) ? await deliveredFiles(stack) : undefined), seen };
}

/** What was delivered, but for the files of devices; undefined where the stack does not say. */
async function deliveredFiles(stack: Stack): Promise<BrokerFiles | undefined> {
  const { delivery } = (await outputs(stack, true)) as { delivery?: Delivery };
  return delivery?.files;
}
