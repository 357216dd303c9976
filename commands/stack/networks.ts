/** The Docker networks of a broker, as the state of a stack has them and as they are found. */

import type { Drift } from '../../change/drift';
import { inUseProblem, networkDrift, strangersIn } from '../../change/networks';
import { problemWords } from '../../mosquitto/problem';
import { dockerEngine } from '../../operate/docker';
import { networksNamed } from '../../operate/networks';
import { companionsIn } from './companions';
import { networksIn } from './deployedContainer';
import type { StoredResource } from './state';

/**
 * What others have done to the networks.
 *
 * @param broker name of its container
 */
export async function lookAtNetworks(resources: readonly StoredResource[], broker: string): Promise<Drift> {
  const deployed = networksIn(resources);
  return networkDrift(await seen(deployed), deployed, ownOf(resources, broker));
}

/**
 * Why networks cannot be taken away, a line each.
 *
 * @param broker name of its container
 * @param staying names of those that stay
 */
export async function networkProblems(
  resources: readonly StoredResource[],
  broker: string,
  staying: readonly string[],
): Promise<string[]> {
  const leaving = networksIn(resources).filter(({ name }) => !staying.includes(name));
  return (await seen(leaving)).flatMap((network) => {
    const { name } = network;
    const others = strangersIn(network, ownOf(resources, broker));
    const path = name === broker ? 'containerName' : 'network';
    return others.length === 0 ? [] : [problemWords(inUseProblem(path, name, others))];
  });
}

function ownOf(resources: readonly StoredResource[], broker: string): string[] {
  return [broker, ...companionsIn(resources).map(({ name }) => name)];
}

async function seen(networks: ReadonlyArray<{ name: string }>) {
  return networks.length === 0
    ? []
    : networksNamed(
        dockerEngine(null),
        networks.map(({ name }) => name),
      );
}
