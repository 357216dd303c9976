import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { dataMount } from '../mosquitto/files';
import { type Owner, ownerLabels } from '../mosquitto/owner';
import { watcherContainer, watcherPorts } from '../watching/containers';
import {
  exporterFolder,
  exporterMemoryMebibytes,
  exporterProgramLabel,
  exporterUser,
} from '../watching/exporterContainer';
import type { ExporterOrder } from '../watching/exporterSettings';
import { labelList } from './labels';
import { program } from './program';

export interface ExporterArgs {
  /** Name of the broker's container. */
  containerName: string;
  /** Reference of the image. */
  image: string;
  /** Port of this machine's loopback. */
  port: number;
  /** Digest of the program. */
  program: string;
  /** Whose it is. */
  owner: pulumi.Input<Owner>;
  /** Names of the networks that it is in; it publishes its port from the first one. */
  networks: ReadonlyArray<pulumi.Input<string>>;
  /** Volume with sessions and messages, of which it sees the sizes alone. */
  dataVolume: pulumi.Input<string>;
  /** What it is told, its devices by reference. */
  order: pulumi.Input<Omit<ExporterOrder, 'image' | 'volume' | 'program'>>;
  /** Makes room for the container and the volume just before they are created; never called in a preview. */
  clear: () => Promise<void>;
}

/**
 * What tells of a broker: metrics and a status page, by an account that may read what the broker says of itself.
 *
 * ```
 * aipi:Exporter
 * ├─ docker.RemoteImage      <name>-image
 * ├─ docker.Volume           <name>-volume
 * ├─ command.local.Command   <name>-delivery    runs operate/exporter.ts
 * └─ docker.Container        <name>-container
 * ```
 */
export class Exporter extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: ExporterArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Exporter', name, {}, options);
    const own = watcherContainer(args.containerName, 'exporter');
    const labels = pulumi.output(args.owner).apply(ownerLabels);
    const hooks = { beforeCreate: [new pulumi.ResourceHook(`${name}-clearance`, args.clear)] };
    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, { parent: this });
    const volume = new docker.Volume(
      `${name}-volume`,
      { name: own, labels: labelList(labels) },
      { parent: this, ignoreChanges: ['labels'], hooks },
    );
    const delivery = program(
      this,
      `${name}-delivery`,
      'operate/exporter',
      pulumi.all([args.order, image.imageId, volume.name]).apply(
        ([order, id, volumeName]): ExporterOrder => ({
          ...order,
          image: id,
          volume: volumeName,
          program: args.program,
        }),
      ),
    );
    const [first = 'none', ...others] = args.networks;
    const container = new docker.Container(
      `${name}-container`,
      {
        name: own,
        image: image.imageId,
        command: ['node', '--no-deprecation', '--max-old-space-size=160', `${exporterFolder}/exporter.cjs`, own],
        user: `${exporterUser}:${exporterUser}`,
        readOnly: true,
        capabilities: { drops: ['ALL'] },
        securityOpts: ['no-new-privileges:true'],
        memory: exporterMemoryMebibytes,
        memorySwap: exporterMemoryMebibytes,
        logDriver: 'json-file',
        logOpts: { 'max-size': '1m', 'max-file': '2' },
        volumes: [
          { volumeName: volume.name, containerPath: exporterFolder },
          { volumeName: args.dataVolume, containerPath: dataMount, readOnly: true },
        ],
        networkMode: first,
        ...(others.length > 0 && { networksAdvanced: others.map((network) => ({ name: network })) }),
        ports: [{ internal: watcherPorts.exporter, external: args.port, ip: '127.0.0.1', protocol: 'tcp' }],
        labels: labelList(labels.apply((whose) => ({ ...whose, [exporterProgramLabel]: args.program }))),
        restart: 'unless-stopped',
      },
      {
        parent: this,
        dependsOn: [delivery],
        ignoreChanges: ['networkMode', ...(others.length > 0 ? [] : ['networksAdvanced'])],
        deleteBeforeReplace: true,
        hooks,
      },
    );
    this.containerId = container.id;
    this.registerOutputs({});
  }
}
