/** The broker's container as the state of a stack alone has it. */

import type { DeployedContainer } from '../../change/drift';
import type { ContainerOptions } from '../../mosquitto/container';
import { restartDigestLabel } from '../../mosquitto/reload';
import { type StoredResource, stored } from './state';

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

export function milliseconds(time: string | undefined): number | undefined {
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
