/**
 * The broker's container: what it is made with. Born here; the resource, what is looked for in a container that runs, and
 * what is said of a change derive from it.
 */

import { brokerId, configurationMount, configurationVolume, dataMount, dataVolume, fileNames, pathOf } from './files';
import { imageLayout } from './layout';
import { descriptorLimit, type Limits } from './limits';
import { type Listener, publishedAddresses } from './listeners';
import { type NetworkModel, networksOf, ownNetwork } from './networks';

/** What a container is made from. */
export interface ContainerModel extends NetworkModel {
  listeners: readonly Listener[];
  limits: Limits;
  /** Size in MiB at which the container's log is rotated, and how many files are kept. */
  logging: { maxSizeMebibytes: number; maxFiles: number };
}

/** A port of the container, and where this machine publishes it. */
export interface PublishedPort {
  ip: string;
  external: number;
  internal: number;
  protocol: string;
}

export interface MountedVolume {
  volumeName: string;
  containerPath: string;
  readOnly: boolean;
}

/** Options of a container, as far as the program sets them or security asks for them. */
export interface ContainerOptions {
  name: string;
  /** Id of the image. */
  image: string;
  user: string;
  command: string[];
  readOnly: boolean;
  privileged: boolean;
  droppedCapabilities: string[];
  addedCapabilities: string[];
  securityOptions: string[];
  /** Folder to the options of the file system in memory that is mounted there. */
  tmpfs: Readonly<Record<string, string>>;
  ports: PublishedPort[];
  /** How the container is connected when it is made. */
  networkMode: string;
  /** Names of the networks that it is in. */
  networks: string[];
  volumes: MountedVolume[];
  memoryMebibytes: number;
  /** Memory and swap together. */
  memorySwapMebibytes: number;
  /** Limits to its share of processors and processes; empty where there are none. */
  quotas: string[];
  ulimits: Array<{ name: string; soft: number; hard: number }>;
  restart: string;
  logDriver: string;
  logOptions: Readonly<Record<string, string>>;
}

const scratch = 'rw,noexec,nosuid,size=16m';

/** No root, no capabilities, no writable root file system. */
export function containerOptions(model: ContainerModel, image: string): ContainerOptions {
  const { limits, logging, listeners, containerName } = model;
  // The container may take twice what the broker may: the broker refuses work before the kernel ends it.
  const memory = limits.memoryLimitMebibytes * 2;
  const descriptors = descriptorLimit(limits);
  return {
    name: containerName,
    image,
    user: `${brokerId}:${brokerId}`,
    command: [imageLayout.program, '-c', pathOf(fileNames.configuration)],
    readOnly: true,
    privileged: false,
    droppedCapabilities: ['ALL'],
    addedCapabilities: [],
    securityOptions: ['no-new-privileges:true'],
    // The image declares a volume for its log folder; the log goes to the engine, so no volume is wanted.
    tmpfs: { '/tmp': scratch, '/mosquitto/log': scratch },
    ports: publishedAddresses(listeners)
      .sort((a, b) => a.port - b.port)
      .map(({ port, bindAddress }) => ({ internal: port, external: port, ip: bindAddress, protocol: 'tcp' })),
    networkMode: ownNetwork(model),
    networks: networksOf(model),
    volumes: [
      { volumeName: configurationVolume(containerName), containerPath: configurationMount, readOnly: true },
      { volumeName: dataVolume(containerName), containerPath: dataMount, readOnly: false },
    ],
    memoryMebibytes: memory,
    memorySwapMebibytes: memory,
    quotas: [],
    ulimits: [{ name: 'nofile', soft: descriptors, hard: descriptors }],
    restart: 'unless-stopped',
    logDriver: 'json-file',
    logOptions: { 'max-size': `${logging.maxSizeMebibytes}m`, 'max-file': String(logging.maxFiles) },
  };
}

/** Label of a container that has a port on several addresses: which ones. */
export const portsLabel = 'aipi-mqtt.ports';

/**
 * Every published port in words where one of them is published more than once; undefined where none is. Engines say several
 * addresses of a port in an order of their own, and the plug-in takes another order for another container.
 */
export function severalAddresses(ports: readonly PublishedPort[]): string | undefined {
  const isSeveral = new Set(ports.map(({ internal }) => internal)).size < ports.length;
  return isSeveral ? portWords(ports) : undefined;
}

/** What people call that which runs a broker: a service is in the network of its machine, and no container is. */
export function kindOf(networkMode: string | undefined): 'container' | 'service' {
  return networkMode === 'host' ? 'service' : 'container';
}

/** Option of a container, in words, to its value as text. */
export type OptionWords = Readonly<Record<string, string>>;

/** Options that a container can be given while it stays the same one, in the words below. */
export const liveOptions = {
  restored: ['memory in MiB', 'memory and swap in MiB', 'restart policy'],
  networks: 'networks',
  quotas: 'quotas',
} as const;

/** The options in words, so that those of two containers can be compared and told to people. */
export function optionWords(options: ContainerOptions): OptionWords {
  return {
    name: options.name,
    image: options.image,
    user: options.user,
    command: options.command.join(' '),
    'read-only root': String(options.readOnly),
    privileged: String(options.privileged),
    'dropped capabilities': list(options.droppedCapabilities),
    'added capabilities': list(options.addedCapabilities),
    'security options': list(options.securityOptions),
    'file systems in memory': list(pairs(options.tmpfs)),
    ports: portWords(options.ports),
    'network mode': options.networkMode,
    [liveOptions.networks]: list(options.networks),
    volumes: list(options.volumes.map((at) => `${at.volumeName}:${at.containerPath}:${at.readOnly ? 'ro' : 'rw'}`)),
    [liveOptions.restored[0]]: String(options.memoryMebibytes),
    [liveOptions.restored[1]]: String(options.memorySwapMebibytes),
    [liveOptions.quotas]: list(options.quotas),
    'open files': list(options.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)),
    [liveOptions.restored[2]]: options.restart,
    'log driver': options.logDriver,
    'log options': list(pairs(options.logOptions)),
  };
}

/** The names that a list in words stands for. */
export function listed(words: string): string[] {
  return words === nothing ? [] : words.split(', ');
}

function portWords(ports: readonly PublishedPort[]): string {
  return list(ports.map((at) => `${at.ip}:${at.external}:${at.internal}/${at.protocol}`));
}

const nothing = 'none';

function list(values: readonly string[]): string {
  return [...values].sort().join(', ') || nothing;
}

function pairs(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`);
}
