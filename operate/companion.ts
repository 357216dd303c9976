/** Containers and volumes that stand beside a broker, just before the engine makes them. */

import type { Owner } from '../mosquitto/owner';
import { ownerIn } from '../mosquitto/owner';
import { dockerEngine, inspect } from './docker';
import { isTakenOver } from './takenOver';

export interface CompanionClearance {
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  /** Name of the broker's container. */
  broker: string;
  /** Name of the container beside it. */
  name: string;
  owner: Owner;
}

/**
 * Removes what an interrupted update has left under the name of a container beside a broker.
 *
 * @throws Error where it is somebody else's
 */
export async function clearCompanion({ dockerHost, broker, name, owner }: CompanionClearance): Promise<void> {
  const container = dockerEngine(dockerHost ?? null).getContainer(name);
  const found = await inspect(container);
  if (found === undefined) return;
  const said = ownerIn(found.Config.Labels);
  if (said?.id !== owner.id && !(said !== undefined && isTakenOver(broker))) {
    const whose = said === undefined ? 'another container' : `the stack "${said.stack}" of another state`;
    throw new Error(
      `containerName: "${broker}" is watched by "${name}", a name that belongs to ${whose}; choose another name, or remove that one`,
    );
  }
  await container.remove({ force: true, v: true });
}
