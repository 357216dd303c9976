import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { linkName, type NetworkModel, ownNetwork } from '../mosquitto/networks';
import { type Owner, ownerLabels } from '../mosquitto/owner';
import { labelList } from './labels';

export interface NetworkArgs extends NetworkModel {
  /** Whose the networks are. */
  owner: pulumi.Input<Owner>;
  /** Makes room for a network just before it is created; never called in a preview. */
  clear: (network: string) => Promise<void>;
}

/**
 * The networks of a broker. Containers of Docker's default network are in neither.
 *
 * ```
 * aipi:Network
 * ├─ docker.Network   <name>-own      the broker alone; its ports are published from it
 * └─ docker.Network   <name>-shared   other containers join it, and no way leads out of it; where it is configured
 * ```
 */
export class Network extends pulumi.ComponentResource {
  /** Name of the network that the broker is alone in, but for what watches it. */
  readonly own: pulumi.Output<string>;
  /** Name of the one that others join; undefined where none is configured. */
  readonly shared: pulumi.Output<string> | undefined;

  constructor(name: string, args: NetworkArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Network', name, {}, options);
    const labels = labelList(pulumi.output(args.owner).apply(ownerLabels));
    const network = (kind: string, network: string, internal: boolean) =>
      new docker.Network(
        `${name}-${kind}`,
        {
          name: network,
          driver: 'bridge',
          internal,
          labels,
          options: {
            'com.docker.network.bridge.name': linkName(network),
            // What the broker starts by itself would leave under the address of this machine.
            'com.docker.network.bridge.enable_ip_masquerade': 'false',
          },
        },
        {
          parent: this,
          hooks: { beforeCreate: [new pulumi.ResourceHook(`${name}-${kind}-clearance`, () => args.clear(network))] },
          // Other ones are another network, and everybody would be away for it.
          ignoreChanges: ['labels', 'options'],
          // Its link has its name.
          deleteBeforeReplace: true,
        },
      );
    this.own = network('own', ownNetwork(args), false).name;
    this.shared = args.network === null ? undefined : network('shared', args.network, true).name;
    this.registerOutputs({});
  }
}
