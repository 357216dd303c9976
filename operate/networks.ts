/** A broker's Docker networks, as the engine has them. */

import type Docker from 'dockerode';
import { inUseProblem, type SeenNetwork, strangersIn, takenProblem } from '../change/networks';
import { mustBeOurs } from '../change/owner';
import { type Owner, ownerFilter, ownerIn } from '../mosquitto/owner';
import { problemWords } from '../mosquitto/problem';
import { dockerEngine, inspect } from './docker';
import { isTakenOver } from './takenOver';

export interface NetworkClearance {
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  container: string;
  /** Whose the broker is to be. */
  owner: Owner;
  network: string;
}

/**
 * Removes what an interrupted update left under the name of a network, and the broker that it left in it.
 *
 * Only for the moment before the engine creates the network: then one of this name that is ours is known to no state, and
 * Docker would refuse another one.
 *
 * @throws Error when the name belongs to somebody else, or other containers are in the network
 */
export async function clearNetwork({ dockerHost, container, owner, network }: NetworkClearance): Promise<void> {
  const docker = dockerEngine(dockerHost ?? null);
  const found = await inspectNetwork(docker, network);
  if (found === undefined) return;
  const path = network === container ? 'containerName' : 'network';
  const said = ownerIn(found.Labels);
  if (!isTakenOver(container) && said?.id !== owner.id) {
    // Whichever is asked first, the network or the broker that is alone in it: the answer is the same.
    if (said !== undefined && network === container)
      mustBeOurs(container, { owner: said, by: '', what: 'broker' }, owner.stack);
    throw new Error(problemWords(takenProblem(path, network)));
  }
  const seen = seenNetwork(found);
  const ours = (await Promise.all(seen.members.map((name) => isOurs(docker, name, owner)))).flat();
  const others = strangersIn(seen, [container, ...ours]);
  if (others.length > 0) throw new Error(problemWords(inUseProblem(path, network, others)));
  for (const name of seen.members) await docker.getContainer(name).remove({ force: true, v: true });
  await docker.getNetwork(found.Id).remove();
}

/** The name again where the container is one of this stack, left beside its broker. */
async function isOurs(docker: Docker, name: string, { id }: Owner): Promise<string[]> {
  const found = await inspect(docker.getContainer(name));
  return ownerIn(found?.Config.Labels)?.id === id ? [name] : [];
}

/**
 * Removes the networks that updates have left that were cut off before the engine knew of them.
 *
 * @param owner id of the stack that is gone; undefined where nothing was made
 */
export async function removeNetworks(docker: Docker, owner: string | undefined): Promise<void> {
  if (owner === undefined) return;
  const left = await docker.listNetworks({ filters: { label: [ownerFilter(owner)] } });
  for (const { Id } of left) await docker.getNetwork(Id).remove();
}

/** Those networks that are there. */
export async function networksNamed(docker: Docker, names: readonly string[]): Promise<SeenNetwork[]> {
  const found = await Promise.all(names.map((name) => inspectNetwork(docker, name)));
  return found.flatMap((network) => (network === undefined ? [] : [seenNetwork(network)]));
}

/** The engine would find a network by the beginning of an id, too. */
async function inspectNetwork(docker: Docker, name: string): Promise<Docker.NetworkInspectInfo | undefined> {
  try {
    const found = (await docker.getNetwork(name).inspect()) as Docker.NetworkInspectInfo;
    return found.Name === name ? found : undefined;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

function seenNetwork({ Name, Id, Containers }: Docker.NetworkInspectInfo): SeenNetwork {
  return { name: Name, id: Id, members: Object.values(Containers ?? {}).map(({ Name: name }) => name) };
}
