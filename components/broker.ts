import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { type ContainerModel, containerOptions, portsLabel, severalAddresses } from '../mosquitto/container';
import { configurationMount, dataMount } from '../mosquitto/files';
import { healthTest } from '../mosquitto/health';
import { labelList } from './labels';

export interface BrokerArgs extends ContainerModel {
  /** Id of the image. */
  image: pulumi.Input<string>;
  /** Names of its networks, which are there before it is. */
  networks: { own: pulumi.Input<string>; shared: pulumi.Input<string> | undefined };
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
    // Then the label is what tells whether other ports are wanted.
    const several = severalAddresses(containerOptions(args, '').ports);
    const container = new docker.Container(
      `${name}-container`,
      {
        ...resourceArgs(args),
        labels: labelList(
          pulumi
            .output(args.labels)
            .apply((own) => ({ ...own, ...(several !== undefined && { [portsLabel]: several }) })),
        ),
        // Without it the provider kills the broker at once, and what it has not written yet is lost.
        destroyGraceSeconds: stopSeconds,
        stopTimeout: stopSeconds,
        healthcheck: healthcheck(args),
      },
      {
        parent: this,
        // Neither is a reason to put everybody out: they come with the next container. Another name of the container
        // is another one anyway.
        ignoreChanges: ['healthcheck', 'networkMode', ...(several === undefined ? [] : ['ports'])],
        hooks: { beforeCreate: [new pulumi.ResourceHook(`${name}-clearance`, args.clear)] },
      },
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
    networkMode: args.networks.own,
    ...(args.networks.shared !== undefined && { networksAdvanced: [{ name: args.networks.shared }] }),
    ports: options.ports,
    restart: options.restart,
  };
}

function healthcheck({ listeners, limits }: BrokerArgs) {
  return {
    tests: ['CMD-SHELL', healthTest(listeners, limits)],
    interval: '30s',
    timeout: '5s',
    startPeriod: '10s',
    retries: 3,
  };
}
