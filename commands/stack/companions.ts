/** The containers beside a broker, as the state of a stack has them and as they are found. */

import { companionDrift, type DeployedCompanion } from '../../change/companions';
import { type Drift, noDrift } from '../../change/drift';
import { dockerEngine, inspect, stateOf } from '../../operate/docker';
import type { StoredResource } from './state';
import { containerIn } from './storedContainer';

/** Those that a state has. */
export function companionsIn(resources: readonly StoredResource[]): DeployedCompanion[] {
  const broker = containerIn(resources)?.id;
  return resources
    .filter(({ type, id }) => type === 'docker:index/container:Container' && id !== undefined && id !== broker)
    .map(({ id = '', inputs }) => ({ id, name: String(inputs?.name) }));
}

/** What others have done to them. */
export async function lookAtCompanions(resources: readonly StoredResource[]): Promise<Drift> {
  const deployed = companionsIn(resources);
  if (deployed.length === 0) return noDrift;
  const docker = dockerEngine(null);
  const seen = deployed.map(async ({ name }) => {
    const info = await inspect(docker.getContainer(name));
    return [name, info && { id: info.Id, state: stateOf(info) }] as const;
  });
  return companionDrift(Object.fromEntries(await Promise.all(seen)), deployed);
}
