import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { grafanaFiles, grafanaPasswordFile, grafanaService } from '../../watching/services';
import type { GrafanaSettings } from '../../watching/settings';
import { type ServicePlace, service } from './service';

export interface GrafanaArgs extends ServicePlace {
  settings: GrafanaSettings;
  /** Name of the network that the port is published from. */
  publishing: pulumi.Input<string>;
  /** Name of each file to its text, as JSON. */
  dashboards: Readonly<Record<string, string>>;
}

/**
 * A Grafana with the dashboards of the broker, for whoever knows its password.
 *
 * ```
 * aipi:Grafana
 * ├─ random.RandomPassword   <name>-password    of its administrator, as it first starts
 * └─ …                        as of each service, see service.ts
 * ```
 */
export class Grafana extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Password of the user name "admin". Secret. */
  readonly password: pulumi.Output<string>;

  constructor(name: string, args: GrafanaArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Grafana', name, {}, options);
    const { settings, dashboards, ...place } = args;
    const password = new random.RandomPassword(`${name}-password`, { length: 32, special: false }, { parent: this });
    const container = service(this, name, {
      ...place,
      ...settings,
      service: 'grafana',
      options: grafanaService(settings.port),
      files: grafanaFiles(args.containerName, dashboards),
      secretFiles: password.result.apply((secret) => ({ [grafanaPasswordFile]: secret })),
    });
    this.containerId = container.id;
    this.password = pulumi.secret(password.result);
    this.registerOutputs({});
  }
}
