import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { configurationVolume, dataVolume } from '../mosquitto/files';

export interface StorageArgs {
  /** Beginning of the volumes' names. */
  containerName: string;
  /** Reference of the broker's image. */
  image: string;
  /** Whether the data volume stays when the stack is destroyed. */
  retainDataOnDestroy: boolean;
}

/**
 * What a broker needs before it starts: its image and its volumes. Both outlive every replacement of the container.
 *
 * ```
 * aipi:Storage
 * ├─ docker.RemoteImage   <name>-image
 * ├─ docker.Volume        <name>-configuration
 * └─ docker.Volume        <name>-data
 * ```
 */
export class Storage extends pulumi.ComponentResource {
  /** Id of the image. */
  readonly imageId: pulumi.Output<string>;
  readonly configurationVolume: pulumi.Output<string>;
  readonly dataVolume: pulumi.Output<string>;

  constructor(name: string, args: StorageArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Storage', name, {}, options);
    const image = new docker.RemoteImage(`${name}-image`, { name: args.image, keepLocally: true }, { parent: this });
    const configuration = new docker.Volume(
      `${name}-configuration`,
      { name: configurationVolume(args.containerName) },
      { parent: this },
    );
    const data = new docker.Volume(
      `${name}-data`,
      { name: dataVolume(args.containerName) },
      { parent: this, retainOnDelete: args.retainDataOnDestroy },
    );
    this.imageId = image.imageId;
    this.configurationVolume = configuration.name;
    this.dataVolume = data.name;
    this.registerOutputs({});
  }
}
