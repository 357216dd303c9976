/** What has become of a broker's Docker networks, and what forbids to make them or to take them away. */

import type { Problem } from '../mosquitto/problem';
import { type Drift, noDrift } from './drift';

/** A network that is there. */
export interface SeenNetwork {
  name: string;
  id: string;
  /** Names of the containers in it. */
  members: readonly string[];
}

/** A network that a stack has made. */
export interface DeployedNetwork {
  name: string;
  id: string;
  /** Whether other containers may join it. */
  isShared: boolean;
}

/** A container that is taken out of a network while it runs. */
export interface Expulsion {
  network: string;
  container: string;
}

/**
 * What differs between the networks that are there and those that were deployed.
 *
 * @param own names of the broker's container and of those beside it
 */
export function networkDrift(
  seen: readonly SeenNetwork[],
  deployed: readonly DeployedNetwork[],
  own: readonly string[],
): Drift {
  const gone = deployed.filter(({ id }) => !seen.some((network) => network.id === id));
  const expel = deployed
    .filter(({ isShared }) => !isShared)
    .flatMap(({ id, name }) =>
      strangersIn(
        seen.find((network) => network.id === id),
        own,
      ).map((container) => ({ network: name, container })),
    );
  return {
    ...noDrift,
    words: [
      ...gone.map(({ name }) => `The Docker network ${name} is gone; it is made again`),
      ...expel.map(
        ({ network, container }) =>
          `Somebody put the container ${container} into ${network}, the network of the broker alone; it is taken out, while it runs`,
      ),
    ],
    refresh: gone.length > 0,
    expel,
  };
}

/**
 * Containers in a network that have nothing to do with its broker.
 *
 * @param own names of the broker's container and of those beside it
 */
export function strangersIn(network: SeenNetwork | undefined, own: readonly string[]): string[] {
  return (network?.members ?? []).filter((member) => !own.includes(member)).sort();
}

/** Why a network is not made that has a name which is taken. */
export function takenProblem(path: 'containerName' | 'network', name: string): Problem {
  return {
    path,
    says: `there is a Docker network ${JSON.stringify(name)} already, which is not this stack's`,
    remedy: 'choose another name, or remove that network',
  };
}

/** Why a network is not taken away. */
export function inUseProblem(path: 'containerName' | 'network', name: string, members: readonly string[]): Problem {
  return {
    path,
    says: `the Docker network ${JSON.stringify(name)} cannot be removed, because other containers are in it (${members.join(', ')})`,
    remedy: `take them out first: docker network disconnect ${name} ${members[0]}`,
  };
}
