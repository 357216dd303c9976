/** Containers and volumes that stand beside a broker, just before the engine makes them. */

import type Docker from 'dockerode';
import { inUseProblem } from '../change/networks';
import { type Labels, type Owner, ownerIn } from '../mosquitto/owner';
import { problemWords } from '../mosquitto/problem';
import { watcherContainer, watchers } from '../watching/containers';
import { dockerEngine, inspect } from './docker';
import { isTakenOver } from './takenOver';

export interface CompanionClearance {
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  /** Name of the broker's container. */
  broker: string;
  /** Name of what stands beside it. */
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
  mustBeOwn(found.Config.Labels, 'container', { broker, name, owner });
  await container.remove({ force: true, v: true });
}

/**
 * Refuses a volume of somebody else, which the engine would take over without a word. One that a stack of the same name has
 * left when it was destroyed belongs to the next one.
 *
 * @param container name of the container that the volume belongs to
 * @throws Error where it is somebody else's
 */
export async function claimVolume({
  dockerHost,
  broker,
  name,
  owner,
  container,
}: CompanionClearance & { container: string }): Promise<void> {
  const docker = dockerEngine(dockerHost ?? null);
  const [found, user] = await Promise.all([
    unlessMissing<Docker.VolumeInspectInfo>(docker.getVolume(name).inspect()),
    inspect(docker.getContainer(container)),
  ]);
  if (found === undefined) return;
  const said = ownerIn(found.Labels);
  if (user === undefined && said?.project === owner.project && said.stack === owner.stack) return;
  mustBeOwn(found.Labels, 'volume', { broker, name, owner });
}

/**
 * Removes what an interrupted update has left under the name of a network beside those of a broker, and what watches the
 * broker from there: neither is known to any state. So it is with those of whom a broker is taken over from.
 *
 * @throws Error where it is somebody else's, or other containers are in it
 */
export async function clearNetwork({ dockerHost, broker, name, owner }: CompanionClearance): Promise<void> {
  const docker = dockerEngine(dockerHost ?? null);
  const found = await unlessMissing<Docker.NetworkInspectInfo>(docker.getNetwork(name).inspect());
  // The engine would find a network by the beginning of an id, too.
  if (found === undefined || found.Name !== name) return;
  mustBeOwn(found.Labels, 'network', { broker, name, owner });
  const own = watchers.map((watcher) => watcherContainer(broker, watcher));
  const members = Object.values(found.Containers ?? {}).map((member) => member.Name);
  const others = members.filter((member) => !own.includes(member)).sort();
  if (others.length > 0) throw new Error(problemWords(inUseProblem('containerName', name, others)));
  for (const member of members) await clearCompanion({ dockerHost, broker, name: member, owner });
  await docker.getNetwork(found.Id).remove();
}

type Kind = 'container' | 'volume' | 'network';

function mustBeOwn(
  labels: Labels | null | undefined,
  kind: Kind,
  { broker, name, owner }: Pick<CompanionClearance, 'broker' | 'name' | 'owner'>,
): void {
  const said = ownerIn(labels);
  if (said !== undefined && (said.id === owner.id || isTakenOver(broker))) return;
  const whose =
    said === undefined ? `another ${kind}` : `a ${kind} of the stack "${said.stack}", deployed from another state`;
  throw new Error(
    `containerName: "${broker}" is watched by "${name}", a name that belongs to ${whose}; choose another name, or remove that one`,
  );
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
