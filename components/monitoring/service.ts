import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { type Owner, ownerLabels } from '../../mosquitto/owner';
import { watcherContainer, watcherPorts, watcherVolume } from '../../watching/containers';
import { configurationVolume, type Service, type ServiceFiles, type ServiceOptions } from '../../watching/services';
import { labelList } from '../labels';
import { program } from '../program';

/** What all services beside a broker are made with. */
export interface ServicePlace {
  /** Name of the broker's container. */
  containerName: string;
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  /** Whose they are. */
  owner: pulumi.Input<Owner>;
  /** Name of the network in which they ask each other. */
  watching: pulumi.Input<string>;
  /**
   * Makes room for the container of a name, and looks whose a volume of it is, just before one of them is created; never
   * called in a preview.
   */
  clear: (container: string, volume?: string) => Promise<void>;
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
  /** Path in the folder of the configuration to text. */
  files: pulumi.Input<Readonly<Record<string, string>>>;
  /** The same of what nobody may see. */
  secretFiles?: pulumi.Input<Readonly<Record<string, string>>>;
  /** Whether its data stays when the stack is destroyed. */
  retainDataOnDestroy: boolean;
}

/**
 * What a service is made of: its image, a volume for its configuration and one for what it gathers, the delivery of its
 * files and its container. The files are in no inspection, and another configuration is another container.
 *
 * ```
 * ├─ random.RandomPassword   <name>-key             without which nobody can try what secrets may be
 * ├─ docker.RemoteImage      <name>-image
 * ├─ docker.Volume           <name>-configuration
 * ├─ command.local.Command   <name>-delivery        runs operate/serviceFiles.ts
 * ├─ docker.Volume           <name>-data
 * └─ docker.Container        <name>-container
 * ```
 *
 * @param parent its component
 * @param name of the component
 * @returns the container
 */
export function service(parent: pulumi.Resource, name: string, args: ServiceArgs): docker.Container {
  const { containerName, options, port, memoryLimitMebibytes: memory } = args;
  const own = watcherContainer(containerName, args.service);
  const labels = labelList(pulumi.output(args.owner).apply(ownerLabels));
  const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, { parent });
  const configuration = configurationOf(parent, name, args, image.imageId, labels);
  const data = watcherVolume(containerName, args.service);
  const volume = new docker.Volume(
    `${name}-data`,
    { name: data, labels },
    // Other labels are another volume, and what is in this one would be lost.
    {
      parent,
      ignoreChanges: ['labels'],
      retainOnDelete: args.retainDataOnDestroy,
      hooks: clearance(`${name}-data`, args, () => data),
    },
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
        { containerPath: options.configurationFolder, volumeName: configuration.volume.name, readOnly: true },
        { containerPath: options.dataFolder, volumeName: volume.name },
      ],
      networkMode: args.publishing,
      networksAdvanced: [{ name: args.watching }],
      ports: [{ internal: watcherPorts[args.service], external: port, ip: '127.0.0.1', protocol: 'tcp' }],
      healthcheck: healthcheck(args),
      // One that does not come up with its configuration is told by the update.
      wait: true,
      waitTimeout: 60,
      destroyGraceSeconds: stopSeconds,
      stopTimeout: stopSeconds,
      labels,
      restart: 'unless-stopped',
    },
    {
      parent,
      dependsOn: [configuration.delivered],
      ignoreChanges: ['networkMode'],
      deleteBeforeReplace: true,
      hooks: clearance(`${name}-container`, args),
    },
  );
}

const stopSeconds = 20;

/** Just before something is created: never called in a preview. */
function clearance(
  name: string,
  { containerName, service: kind, clear }: ServiceArgs,
  volume?: () => string,
): pulumi.CustomResourceOptions['hooks'] {
  const container = watcherContainer(containerName, kind);
  return { beforeCreate: [new pulumi.ResourceHook(`${name}-clearance`, () => clear(container, volume?.()))] };
}

function configurationOf(
  parent: pulumi.Resource,
  name: string,
  args: ServiceArgs,
  image: pulumi.Output<string>,
  labels: ReturnType<typeof labelList>,
): { volume: docker.Volume; delivered: pulumi.Resource } {
  const { containerName, service: kind, options, dockerHost = null } = args;
  const key = new random.RandomPassword(`${name}-key`, { length: 32, special: false }, { parent });
  const files = pulumi.all([args.files, args.secretFiles ?? {}]).apply(([plain, secret]) => ({ ...plain, ...secret }));
  // By the key it tells nothing of what it is made from.
  const own = pulumi.unsecret(
    pulumi.all([files, key.result]).apply(([all, secret]) => configurationVolume(containerName, kind, all, secret)),
  );
  const volume = new docker.Volume(
    `${name}-configuration`,
    { name: own, labels },
    // The service goes on with the one before until the next one is filled.
    { parent, ignoreChanges: ['labels'], deleteBeforeReplace: false },
  );
  const order = pulumi.all([image, volume.name, files]).apply(([id, volumeName, all]): ServiceFiles => {
    return { dockerHost, image: id, volume: volumeName, user: options.user, files: all };
  });
  return { volume, delivered: program(parent, `${name}-delivery`, 'operate/serviceFiles', order) };
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
