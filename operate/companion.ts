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
export function clearCompanion(clearance: CompanionClearance): Promise<void> {
  const { name } = clearance;
  const next = (last.get(name) ?? Promise.resolve()).catch(() => {}).then(() => clearNow(clearance));
  last.set(name, next);
  return next;
}

/** Name to the last who clears it: what is made at once asks at once, and the engine refuses to remove anything twice. */
const last = new Map<string, Promise<void>>();

async function clearNow({ dockerHost, broker, name, owner }: CompanionClearance): Promise<void> {
  const docker = dockerEngine(dockerHost ?? null);
  const container = docker.getContainer(name);
  const found = await inspect(container);
  if (found === undefined) return;
  mustBeOwn(found.Config.Labels, 'container', { broker, name, owner });
  await container.remove({ force: true, v: true });
  if (!isTakenOver(broker)) return;
  // What it was configured by is known to the state alone that it is taken over from, and nobody else would remove it.
  const configuration = found.Mounts.flatMap((mount) => (isConfiguration(mount.Name, name) ? [mount.Name] : []));
  for (const volume of configuration) await docker.getVolume(volume).remove();
}

function isConfiguration(volume: string | undefined, container: string): volume is string {
  return volume?.startsWith(`${container}-`) === true && /-[0-9a-f]{12}$/.test(volume);
}

/**
 * Refuses a volume of somebody else, which the engine would take over without a word. One that a stack of the same name has
 * left when it was destroyed belongs to the next one.
 *
 * @param container name of the container that the volume belongs to
 * @throws Error where it is somebody else's
 */
export async function claimVolume(clearance: CompanionClearance & { container: string }): Promise<void> {
  const problem = await volumeProblem(clearance);
  if (problem !== undefined) throw new Error(problem);
}

/** What stands beside a broker, by its names. */
export interface CompanionNames {
  containers: readonly string[];
  /** Each with the container that it belongs to. */
  volumes: ReadonlyArray<readonly [volume: string, container: string]>;
  networks: readonly string[];
}

/** What of these names is somebody else's, a line each, before anything is done. */
export async function companionProblems(
  clearance: Omit<CompanionClearance, 'name'>,
  { containers, volumes, networks }: CompanionNames,
): Promise<string[]> {
  const docker = dockerEngine(clearance.dockerHost ?? null);
  const asked = [
    ...containers.map(async (name) => {
      const found = await inspect(docker.getContainer(name));
      return found && ownProblem(found.Config.Labels, 'container', { ...clearance, name });
    }),
    ...volumes.map(([name, container]) => volumeProblem({ ...clearance, name, container })),
    ...networks.map(async (name) => {
      const found = await networkNamed(docker, name);
      return found && ownProblem(found.Labels, 'network', { ...clearance, name });
    }),
  ];
  return (await Promise.all(asked)).filter((problem) => problem !== undefined);
}

async function volumeProblem({
  container,
  ...clearance
}: CompanionClearance & { container: string }): Promise<string | undefined> {
  const { dockerHost, name, owner } = clearance;
  const docker = dockerEngine(dockerHost ?? null);
  const [found, user] = await Promise.all([
    unlessMissing<Docker.VolumeInspectInfo>(docker.getVolume(name).inspect()),
    inspect(docker.getContainer(container)),
  ]);
  if (found === undefined) return undefined;
  const said = ownerIn(found.Labels);
  if (user === undefined && said?.project === owner.project && said.stack === owner.stack) return undefined;
  return ownProblem(found.Labels, 'volume', clearance);
}

/**
 * Removes what an interrupted update has left under the name of a network beside those of a broker, and what watches the
 * broker from there: neither is known to any state. So it is with those of whom a broker is taken over from.
 *
 * @throws Error where it is somebody else's, or other containers are in it
 */
export async function clearNetwork({ dockerHost, broker, name, owner }: CompanionClearance): Promise<void> {
  const docker = dockerEngine(dockerHost ?? null);
  const found = await networkNamed(docker, name);
  if (found === undefined) return;
  mustBeOwn(found.Labels, 'network', { broker, name, owner });
  const own = watchers.map((watcher) => watcherContainer(broker, watcher));
  const members = Object.values(found.Containers ?? {}).map((member) => member.Name);
  const others = members.filter((member) => !own.includes(member)).sort();
  if (others.length > 0) throw new Error(problemWords(inUseProblem('containerName', name, others)));
  for (const member of members) await clearCompanion({ dockerHost, broker, name: member, owner });
  await docker.getNetwork(found.Id).remove();
}

type Kind = 'container' | 'volume' | 'network';

type Named = Pick<CompanionClearance, 'broker' | 'name' | 'owner'>;

function mustBeOwn(labels: Labels | null | undefined, kind: Kind, named: Named): void {
  const problem = ownProblem(labels, kind, named);
  if (problem !== undefined) throw new Error(problem);
}

/** Undefined where it is the owner's. */
function ownProblem(labels: Labels | null | undefined, kind: Kind, { broker, name, owner }: Named): string | undefined {
  const said = ownerIn(labels);
  if (said !== undefined && (said.id === owner.id || isTakenOver(broker))) return undefined;
  const whose =
    said === undefined ? `another ${kind}` : `a ${kind} of the stack "${said.stack}", deployed from another state`;
  return `containerName: "${broker}" is watched by "${name}", a name that belongs to ${whose}; choose another name, or remove that one`;
}

/** The engine would find a network by the beginning of an id, too. */
async function networkNamed(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo | undefined> {
  const found = await unlessMissing<Docker.NetworkInspectInfo>(docker.getNetwork(name).inspect());
  return found?.Name === name ? found : undefined;
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}
