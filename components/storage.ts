import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { configurationVolume, dataVolume } from '../mosquitto/files';
import { type Owner, ownerLabels } from '../mosquitto/owner';
import { labelList } from './labels';

export interface StorageArgs {
  /** Beginning of the volumes' names. */
  containerName: string;
  /** Reference of the broker's image. */
  image: string;
  /** Whether the data volume stays when the stack is destroyed. */
  retainDataOnDestroy: boolean;
  /** Whose the volumes are. */
  owner: pulumi.Input<Owner>;
  /** Refuses just before the first volume is created where it is somebody else's; never called in a preview. */
  claim: () => Promise<void>;
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
    const labels = labelList(pulumi.output(args.owner).apply(ownerLabels));
    let claimed: Promise<void> | undefined;
    const claim = () => {
      // Once for all: what the first volume has become says nothing of whose the others were.
      claimed ??= args.claim();
      return claimed;
    };
    const own: pulumi.CustomResourceOptions = {
      parent: this,
      hooks: { beforeCreate: [new pulumi.ResourceHook(`${name}-claim`, claim)] },
      // Other labels are another volume, and what is in this one would be lost.
      ignoreChanges: ['labels'],
    };
    const configuration = new docker.Volume(
      `${name}-configuration`,
      { name: configurationVolume(args.containerName), labels },
      own,
    );
    const data = new docker.Volume(
      `${name}-data`,
      { name: dataVolume(args.containerName), labels },
      { ...own, retainOnDelete: args.retainDataOnDestroy },
    );
    this.imageId = image.imageId;
    this.configurationVolume = configuration.name;
    this.dataVolume = data.name;
    this.registerOutputs({});
  }
}
