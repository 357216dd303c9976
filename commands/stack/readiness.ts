/** What has to be known of a stack, and cleared away, before anything is said of it or done to it. */

import { areTouched, type Deployed, type Drift, driftOf, type Seen } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import { type BrokerFiles, configurationVolume } from '../../mosquitto/files';
import { dockerEngine } from '../../operate/docker';
import { look } from '../../operate/look';
import { sweep } from '../../operate/rehearsal';
import { deployedOf } from './deployedContainer';
import { recover } from './recovery';
import { outputs, project, type Stack } from './stack';
import { type StoredResource, storedResources } from './state';

export interface Readiness {
  resources: StoredResource[];
  /** What differs from what was deployed. */
  drift: Drift;
  /** Every file that the broker reads; none where nothing is deployed, or no container is there to see them by. */
  files: BrokerFiles;
}

/** Waits for a run that is at work, gets over one that was killed, and then looks. */
export async function ready(stack: Stack): Promise<Readiness> {
  const recovered = await recover({ ...stack, project });
  // It would go on writing to the volume that is looked at now.
  if (recovered) await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  const resources = await storedResources(stack.engine, project, stack.name);
  const { drift, seen } = await lookAt(stack, deployedOf(resources));
  return { resources, drift: { ...drift, deliver: drift.deliver || recovered }, files: seen.files };
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
