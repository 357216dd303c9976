/** The broker's container as the state of a stack has it. */

import type { Deployed, DeployedContainer } from '../../change/drift';
import type { DeployedNetwork } from '../../change/networks';
import type { ContainerOptions } from '../../mosquitto/container';
import { restartDigestLabel } from '../../mosquitto/reload';
import { remoteMachine } from '../../operate/docker';
import { type StoredResource, stored, storedOutputs } from './state';

/** What is read of the inputs of `docker.Container`. */
interface Inputs {
  name: string;
  image: string;
  user: string;
  command: string[];
  readOnly: boolean;
  capabilities: { drops: string[] };
  securityOpts: string[];
  tmpfs: Record<string, string>;
  ports: Array<{ ip: string; external: number; internal: number; protocol: string }>;
  networkMode: string;
  networksAdvanced?: Array<{ name: string }>;
  volumes: Array<{ volumeName: string; containerPath: string; readOnly?: boolean }>;
  memory: number;
  memorySwap: number;
  ulimits: Array<{ name: string; soft: number; hard: number }>;
  restart: string;
  logDriver: string;
  logOpts: Record<string, string>;
  labels?: Array<{ label: string; value: string }>;
}

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

/** The container that the engine has made; undefined where it has none. */
export function containerIn(resources: readonly StoredResource[]): DeployedContainer | undefined {
  const container = stored(resources, 'docker:index/container:Container', 'broker-container');
  const image = stored(resources, 'docker:index/remoteImage:RemoteImage', 'storage-image')?.inputs?.name;
  return container && containerOf(container, image as string | undefined);
}

function containerOf(resource: StoredResource, image: string | undefined): DeployedContainer {
  const { id = '', created } = resource;
  const inputs = resource.inputs as unknown as Inputs;
  const restartDigest = inputs.labels?.find(({ label }) => label === restartDigestLabel)?.value;
  return { id, image, restartDigest, madeAt: milliseconds(created), options: optionsOf(inputs) };
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

function milliseconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function optionsOf(container: Inputs): ContainerOptions {
  return {
    name: container.name,
    image: container.image,
    user: container.user,
    command: container.command,
    readOnly: container.readOnly,
    privileged: false,
    droppedCapabilities: container.capabilities.drops,
    addedCapabilities: [],
    securityOptions: container.securityOpts,
    tmpfs: container.tmpfs,
    ports: container.ports,
    networkMode: container.networkMode,
    networks: [container.networkMode, ...(container.networksAdvanced ?? []).map(({ name }) => name)],
    volumes: container.volumes.map(({ readOnly = false, ...volume }) => ({ ...volume, readOnly })),
    memoryMebibytes: container.memory,
    memorySwapMebibytes: container.memorySwap,
    quotas: [],
    ulimits: container.ulimits,
    restart: container.restart,
    logDriver: container.logDriver,
    logOptions: container.logOpts,
  };
}
