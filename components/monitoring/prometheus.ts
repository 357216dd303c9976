import * as pulumi from '@pulumi/pulumi';
import { alertRules } from '../../watching/alerts';
import { prometheusConfiguration, prometheusFiles } from '../../watching/prometheus';
import { prometheusService } from '../../watching/services';
import type { PrometheusSettings } from '../../watching/settings';
import type { Watched } from '../../watching/watched';
import { type ServicePlace, service } from './service';

export interface PrometheusArgs extends ServicePlace {
  watched: Watched;
  settings: PrometheusSettings;
  /** Name of the network that the port is published from. */
  publishing: pulumi.Input<string>;
}

/**
 * A Prometheus that asks the exporter and alerts by its rules.
 *
 * ```
 * aipi:Prometheus
 * ├─ docker.RemoteImage   <name>-image
 * ├─ docker.Volume        <name>-data
 * └─ docker.Container     <name>-container
 * ```
 */
export class Prometheus extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: PrometheusArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Prometheus', name, {}, options);
    const { watched, settings, ...place } = args;
    const how = prometheusService(settings);
    const container = service(this, name, {
      ...place,
      ...settings,
      service: 'prometheus',
      options: how,
      files: {
        [`${how.configurationFolder}/${prometheusFiles.configuration}`]: prometheusConfiguration(watched),
        [`${how.configurationFolder}/${prometheusFiles.rules}`]: alertRules(watched),
      },
    });
    this.containerId = container.id;
    this.registerOutputs({});
  }
}
