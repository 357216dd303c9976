import { createHash } from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { type Owner, ownerLabels } from '../../mosquitto/owner';
import { watcherContainer, watcherPorts, watcherVolume } from '../../watching/containers';
import type { Service, ServiceOptions } from '../../watching/services';
import { labelList } from '../labels';

/** What all services beside a broker are made with. */
export interface ServicePlace {
  /** Name of the broker's container. */
  containerName: string;
  /** Whose they are. */
  owner: pulumi.Input<Owner>;
  /** Name of the network in which they ask each other. */
  watching: pulumi.Input<string>;
  /**
   * Makes room for the container of a name, and looks whose the volume is that its data goes to, just before one of them
   * is created; never called in a preview.
   */
  clear: (container: string, volume: string) => Promise<void>;
}

export interface ServiceArgs extends ServicePlace {
  service: Service;
  options: ServiceOptions;
  /** Reference of the image. */
  image: string;
  memoryLimitMebibytes: number;
  /** Port of this machine's loopback. */
  port: number;
  /** Name of the network that the port is published from. */
  publishing: pulumi.Input<string>;
  /** Path to text. */
  files: pulumi.Input<Readonly<Record<string, string>>>;
  /** Path to text that nobody may see. */
  secretFiles?: pulumi.Input<Readonly<Record<string, string>>>;
  /** Whether its data stays when the stack is destroyed. */
  retainDataOnDestroy: boolean;
}

/** Label with a digest of its files, but for those that nobody may see. */
export const configurationLabel = 'aipi-mqtt.configuration';

/**
 * The image, the volume and the container of a service. Its files are copied into a volume without a name, which comes and
 * goes with the container: no inspection shows them, and none is left of what was configured before.
 *
 * @param parent its component
 * @param name of the component
 * @returns the container
 */
export function service(parent: pulumi.Resource, name: string, args: ServiceArgs): docker.Container {
  const { containerName, options, port, memoryLimitMebibytes: memory } = args;
  const own = watcherContainer(containerName, args.service);
  const data = watcherVolume(containerName, args.service);
  const labels = pulumi.output(args.owner).apply(ownerLabels);
  const hooks = { beforeCreate: [new pulumi.ResourceHook(`${name}-clearance`, () => args.clear(own, data))] };
  const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, { parent });
  const volume = new docker.Volume(
    `${name}-data`,
    { name: data, labels: labelList(labels) },
    // Other labels are another volume, and what is in this one would be lost.
    { parent, ignoreChanges: ['labels'], retainOnDelete: args.retainDataOnDestroy, hooks },
  );
  return new docker.Container(
    `${name}-container`,
    {
      name: own,
      image: image.imageId,
      command: [...options.command],
      user: options.user,
      envs: Object.entries(options.environment).map(([key, value]) => `${key}=${value}`),
      readOnly: true,
      tmpfs: { '/tmp': 'rw,noexec,nosuid,size=64m' },
      capabilities: { drops: ['ALL'] },
      securityOpts: ['no-new-privileges:true'],
      memory,
      memorySwap: memory,
      logDriver: 'json-file',
      logOpts: { 'max-size': '5m', 'max-file': '2' },
      volumes: [
        { containerPath: options.configurationFolder },
        { containerPath: options.dataFolder, volumeName: volume.name },
      ],
      uploads: uploads(args),
      networkMode: args.publishing,
      networksAdvanced: [{ name: args.watching }],
      ports: [{ internal: watcherPorts[args.service], external: port, ip: '127.0.0.1', protocol: 'tcp' }],
      healthcheck: healthcheck(args),
      // One that does not come up with its configuration is told by the update.
      wait: true,
      waitTimeout: 60,
      destroyGraceSeconds: stopSeconds,
      stopTimeout: stopSeconds,
      labels: labelList(
        pulumi.all([labels, args.files]).apply(([whose, files]) => ({ ...whose, [configurationLabel]: digest(files) })),
      ),
      restart: 'unless-stopped',
    },
    {
      parent,
      ignoreChanges: ['networkMode'],
      additionalSecretOutputs: ['uploads'],
      deleteBeforeReplace: true,
      hooks,
    },
  );
}

const stopSeconds = 20;

function uploads({ files, secretFiles = {} }: ServiceArgs): pulumi.Output<docker.types.input.ContainerUpload[]> {
  // The engine prints what is no secret of an array, line by line.
  return pulumi.secret(
    pulumi.all([files, secretFiles]).apply(([plain, secret]) =>
      Object.entries({ ...plain, ...secret })
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([file, content]) => ({ file, content, permissions: '0444' })),
    ),
  );
}

function digest(files: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

function healthcheck({ service: kind, options }: ServiceArgs): docker.types.input.ContainerHealthcheck {
  const url = `http://127.0.0.1:${watcherPorts[kind]}${options.healthPath}`;
  return {
    tests: ['CMD', 'wget', '-q', '-O', '/dev/null', url],
    interval: '5s',
    timeout: '5s',
    startPeriod: '30s',
    retries: 3,
  };
}
