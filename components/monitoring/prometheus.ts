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
 * └─ …   as of each service, see service.ts
 * ```
 */
export class Prometheus extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: PrometheusArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Prometheus', name, {}, options);
    const { watched, settings, ...place } = args;
    const container = service(this, name, {
      ...place,
      ...settings,
      service: 'prometheus',
      options: prometheusService(settings),
      files: {
        [prometheusFiles.configuration]: prometheusConfiguration(watched),
        [prometheusFiles.rules]: alertRules(watched),
      },
    });
    this.containerId = container.id;
    this.registerOutputs({});
  }
}
