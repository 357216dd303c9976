/** The containers beside a broker, as the state of a stack has them and as they are found. */

import { companionDrift, type DeployedCompanion } from '../../change/companions';
import { type Drift, noDrift } from '../../change/drift';
import { takeOverVariable } from '../../mosquitto/owner';
import { companionProblems } from '../../operate/companion';
import { dockerEngine, inspect, stateOf } from '../../operate/docker';
import { watcherContainer, watcherNetworks, watchersOf, watcherVolume } from '../../watching/containers';
import { ownerIdIn } from './deployedContainer';
import { project, type Stack } from './stack';
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

/** What of the names that the settings ask for is somebody else's. What the state knows is not asked for. */
export async function watchingProblems(
  { name: stack, settings, engine }: Pick<Stack, 'name' | 'settings' | 'engine'>,
  resources: readonly StoredResource[],
): Promise<string[]> {
  const { containerName: broker, monitoring } = settings;
  const asked = watchersOf(monitoring);
  if (asked.length === 0 || engine.environment[takeOverVariable] === broker) return [];
  const known = new Set(resources.map(({ inputs }) => inputs?.name));
  const isNew = (name: string) => !known.has(name);
  return companionProblems(
    { dockerHost: undefined, broker, owner: { project, stack, id: ownerIdIn(resources) ?? '' } },
    {
      containers: asked.map((watcher) => watcherContainer(broker, watcher)).filter(isNew),
      volumes: asked
        .map((watcher) => [watcherVolume(broker, watcher), watcherContainer(broker, watcher)] as const)
        .filter(([volume]) => isNew(volume)),
      networks: watcherNetworks(broker, monitoring).filter(isNew),
    },
  );
}
