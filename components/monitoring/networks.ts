import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { linkName } from '../../mosquitto/networks';
import { type Owner, ownerLabels } from '../../mosquitto/owner';
import { alertingNetwork, publishingNetwork, watchingNetwork } from '../../watching/containers';
import type { Monitoring } from '../../watching/settings';
import { labelList } from '../labels';

export interface MonitoringNetworksArgs {
  /** Name of the broker's container. */
  containerName: string;
  monitoring: Monitoring;
  /** Whose the networks are. */
  owner: pulumi.Input<Owner>;
  /** Makes room for a network just before it is created; never called in a preview. */
  clear: (network: string) => Promise<void>;
}

/**
 * The networks of what watches a broker.
 *
 * ```
 * aipi:MonitoringNetworks
 * ├─ docker.Network   <name>-watching     in which they ask each other; no way leads out of it
 * ├─ docker.Network   <name>-publishing   that Prometheus and Grafana publish their ports from
 * └─ docker.Network   <name>-alerting     that Alertmanager publishes its port from, and alerts leave by
 * ```
 */
export class MonitoringNetworks extends pulumi.ComponentResource {
  readonly watching: pulumi.Output<string>;
  /** Undefined where nothing needs it. */
  readonly publishing: pulumi.Output<string> | undefined;
  /** Undefined where nothing needs it. */
  readonly alerting: pulumi.Output<string> | undefined;

  constructor(name: string, args: MonitoringNetworksArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:MonitoringNetworks', name, {}, options);
    const { containerName, monitoring, clear } = args;
    const labels = labelList(pulumi.output(args.owner).apply(ownerLabels));
    const network = (kind: string, own: string, way: { internal: boolean; leadsOut: boolean }) =>
      new docker.Network(
        `${name}-${kind}`,
        {
          name: own,
          driver: 'bridge',
          internal: way.internal,
          labels,
          options: {
            'com.docker.network.bridge.name': linkName(own),
            'com.docker.network.bridge.enable_ip_masquerade': String(way.leadsOut),
          },
        },
        {
          parent: this,
          hooks: { beforeCreate: [new pulumi.ResourceHook(`${name}-${kind}-clearance`, () => clear(own))] },
          // Other ones are another network.
          ignoreChanges: ['labels', 'options'],
          // Its link has its name.
          deleteBeforeReplace: true,
        },
      ).name;
    this.watching = network('watching', watchingNetwork(containerName), { internal: true, leadsOut: false });
    if (monitoring.prometheus !== null) {
      const own = publishingNetwork(containerName);
      this.publishing = network('publishing', own, { internal: false, leadsOut: false });
    }
    if (monitoring.alertmanager !== null) {
      const own = alertingNetwork(containerName);
      this.alerting = network('alerting', own, { internal: false, leadsOut: true });
    }
    this.registerOutputs({});
  }
}
