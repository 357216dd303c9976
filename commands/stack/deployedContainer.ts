/** The broker's container as the state of a stack has it. */

import type { Deployed } from '../../change/drift';
import type { DeployedNetwork } from '../../change/networks';
import { remoteMachine } from '../../operate/docker';
import type { Installation } from '../../operate/service/serviceOrder';
import { type StoredResource, stored, storedOutputs } from './state';
import { brokerIn, hasService, installationIn } from './storedBroker';
import { milliseconds } from './storedContainer';

/** What was deployed, as far as the state tells. */
export function deployedOf(resources: readonly StoredResource[]): Deployed {
  const proof = (storedOutputs(resources).verification ?? {}) as { delivered?: string; time?: string };
  // Of a remote machine only its own clock tells when somebody did something there.
  const isHere = remoteMachine(null) === undefined;
  return {
    container: brokerIn(resources),
    folder: proof.delivered,
    provedAt: isHere ? milliseconds(proof.time) : undefined,
  };
}

/**
 * What names the owner of a broker: see components/owner.ts.
 *
 * @param runtime of the broker that is asked for: of a move that was cut off a state has one of each
 * @returns undefined before anything is made
 */
export function ownerIdIn(
  resources: readonly StoredResource[],
  runtime: 'container' | 'service' = 'container',
): string | undefined {
  const [engine, installation] = [stored(resources, 'pulumi:providers:docker', 'engine'), installationIn(resources)];
  return (runtime === 'service' ? (installation ?? engine) : (engine ?? installation))?.id;
}

/** The networks that a state has. */
export function networksIn(resources: readonly StoredResource[]): DeployedNetwork[] {
  const networks = resources.filter(({ type }) => type === 'docker:index/network:Network');
  return networks.map(({ id = '', inputs }) => ({
    id,
    name: String(inputs?.name),
    isShared: inputs?.internal === true,
  }));
}

/** Names of the volumes that a state has. */
export function volumesIn(resources: readonly StoredResource[]): string[] {
  const volumes = resources.filter(({ type }) => type === 'docker:index/volume:Volume');
  if (!hasService(resources)) return volumes.map(({ inputs }) => String(inputs?.name));
  const { configurationVolume, dataVolume } = JSON.parse(
    String(installationIn(resources)?.outputs?.stdout ?? '{}'),
  ) as Partial<Installation>;
  return [configurationVolume, dataVolume].flatMap((name) => name ?? []);
}
