import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { brokerId, configurationMount, dataMount, fileNames, pathOf } from '../mosquitto/files';
import { descriptorLimit, type Limits } from '../mosquitto/limits';
import type { Listener } from '../mosquitto/listeners';
import { restartDigestLabel } from '../mosquitto/reload';

export interface BrokerArgs {
  containerName: string;
  /** Id of the image. */
  image: pulumi.Input<string>;
  /** Volume with the delivered files; the broker only reads it. */
  configurationVolume: pulumi.Input<string>;
  /** Volume with sessions and messages. */
  dataVolume: pulumi.Input<string>;
  listeners: readonly Listener[];
  limits: Limits;
  /** Size in MiB at which the container's log is rotated, and how many files are kept. */
  logging: { maxSizeMebibytes: number; maxFiles: number };
  /** Digest of what only a restart applies; another one replaces the container. */
  restartDigest: string;
  /** Makes room for the container just before it is created; never called in a preview. */
  clear: () => Promise<void>;
}

const scratch = 'rw,noexec,nosuid,size=16m';
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
        name: args.containerName,
        image: args.image,
        command: ['/usr/sbin/mosquitto', '-c', pathOf(fileNames.configuration)],
        labels: [{ label: restartDigestLabel, value: args.restartDigest }],
        ...hardening(),
        ...resources(args.limits),
        ...logging(args.logging),
        ...storage(args),
        ...network(args.listeners),
        restart: 'unless-stopped',
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

function hardening() {
  return {
    user: `${brokerId}:${brokerId}`,
    readOnly: true,
    // The image declares a volume for its log folder; the log goes to the engine, so no volume is wanted.
    tmpfs: { '/tmp': scratch, '/mosquitto/log': scratch },
    capabilities: { drops: ['ALL'] },
    securityOpts: ['no-new-privileges:true'],
  };
}

/** The container may take twice what the broker may: the broker refuses work before the kernel ends it. */
function resources(limits: Limits) {
  const memory = limits.memoryLimitMebibytes * 2;
  const descriptors = descriptorLimit(limits);
  return {
    memory,
    memorySwap: memory,
    ulimits: [{ name: 'nofile', soft: descriptors, hard: descriptors }],
  };
}

function logging({ maxSizeMebibytes, maxFiles }: BrokerArgs['logging']) {
  return {
    logDriver: 'json-file',
    logOpts: { 'max-size': `${maxSizeMebibytes}m`, 'max-file': String(maxFiles) },
  };
}

function storage(args: BrokerArgs) {
  return {
    volumes: [
      { volumeName: args.configurationVolume, containerPath: configurationMount, readOnly: true },
      { volumeName: args.dataVolume, containerPath: dataMount },
    ],
  };
}

function network(listeners: readonly Listener[]) {
  return {
    networkMode: 'bridge',
    ports: [...listeners]
      .sort((a, b) => a.port - b.port)
      .map(({ port, bindAddress }) => ({ internal: port, external: port, ip: bindAddress, protocol: 'tcp' })),
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
