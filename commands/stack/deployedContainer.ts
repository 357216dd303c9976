/** The broker's container as the state of a stack has it. */

import type { Deployed } from '../../change/drift';
import type { DeployedNetwork } from '../../change/networks';
import { remoteMachine } from '../../operate/docker';
import { type StoredResource, stored, storedOutputs } from './state';
import { containerIn, milliseconds } from './storedContainer';

/** What was deployed, as far as the state tells. */
export function deployedOf(resources: readonly StoredResource[]): Deployed {
  const proof = (storedOutputs(resources).verification ?? {}) as { delivered?: string; time?: string };
  // Of a remote machine only its own clock tells when somebody did something there.
  const isHere = remoteMachine(null) === undefined;
  return {
    container: containerIn(resources),
    folder: proof.delivered,
    provedAt: isHere ? milliseconds(proof.time) : undefined,
  };
}

/** What names the owner of a broker: see components/owner.ts. Undefined before anything is made. */
export function ownerIdIn(resources: readonly StoredResource[]): string | undefined {
  return stored(resources, 'pulumi:providers:docker', 'engine')?.id;
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
  return volumes.map(({ inputs }) => String(inputs?.name));
}
