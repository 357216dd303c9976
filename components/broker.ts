import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { type ContainerModel, containerOptions } from '../mosquitto/container';
import { configurationMount, dataMount } from '../mosquitto/files';
import type { Listener } from '../mosquitto/listeners';
import { labelList } from './labels';

export interface BrokerArgs extends ContainerModel {
  /** Id of the image. */
  image: pulumi.Input<string>;
  /** Volume with the delivered files; the broker only reads it. */
  configurationVolume: pulumi.Input<string>;
  /** Volume with sessions and messages. */
  dataVolume: pulumi.Input<string>;
  /** Labels with whose it is, and the digest of what only a restart applies; other ones replace the container. */
  labels: pulumi.Input<Readonly<Record<string, string>>>;
  /** Makes room for the container just before it is created; never called in a preview. */
  clear: () => Promise<void>;
}

const stopSeconds = 30;

/**
 * The broker's container: no root, no capabilities, no writable root file system.
 *
 * ```
 * aipi:Broker
 * └─ docker.Container   <name>-container
 * ```
 */
export class Broker extends pulumi.ComponentResource {
  /** Id of the container, another one after each replacement. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: BrokerArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Broker', name, {}, options);
    const container = new docker.Container(
      `${name}-container`,
      {
        ...resourceArgs(args),
        labels: labelList(args.labels),
        // Without it the provider kills the broker at once, and what it has not written yet is lost.
        destroyGraceSeconds: stopSeconds,
        stopTimeout: stopSeconds,
        healthcheck: healthcheck(args.listeners),
      },
      { parent: this, hooks: { beforeCreate: [new pulumi.ResourceHook(`${name}-clearance`, args.clear)] } },
    );
    this.containerId = container.id;
    this.registerOutputs({});
  }
}

/** The options of the container as the resource names them. Image and volumes are there before it is. */
function resourceArgs(args: BrokerArgs): docker.ContainerArgs {
  const { droppedCapabilities, securityOptions, memoryMebibytes, memorySwapMebibytes, logOptions, ...options } =
    containerOptions(args, '');
  const made: Readonly<Record<string, pulumi.Input<string>>> = {
    [configurationMount]: args.configurationVolume,
    [dataMount]: args.dataVolume,
  };
  return {
    name: options.name,
    image: args.image,
    command: options.command,
    user: options.user,
    readOnly: options.readOnly,
    tmpfs: options.tmpfs,
    capabilities: { drops: droppedCapabilities },
    securityOpts: securityOptions,
    memory: memoryMebibytes,
    memorySwap: memorySwapMebibytes,
    ulimits: options.ulimits,
    logDriver: options.logDriver,
    logOpts: logOptions,
    volumes: options.volumes.map(({ containerPath, readOnly }) => ({
      volumeName: made[containerPath] ?? '',
      containerPath,
      ...(readOnly && { readOnly }),
    })),
    networkMode: options.networkMode,
    ports: options.ports,
    restart: options.restart,
  };
}

/** The broker hangs up when the other side does; one that hangs lets the check run into its timeout. */
function healthcheck(listeners: readonly Listener[]) {
  const [first] = listeners;
  return {
    tests: ['CMD-SHELL', `nc -w 2 127.0.0.1 ${first?.port} </dev/null`],
    interval: '30s',
    timeout: '5s',
    startPeriod: '10s',
    retries: 3,
  };
}
