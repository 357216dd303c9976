import * as pulumi from '@pulumi/pulumi';
import { alertmanagerConfiguration, alertmanagerFile } from '../../watching/alertmanager';
import { alertmanagerSecretFiles, alertmanagerService } from '../../watching/services';
import type { AlertmanagerSettings } from '../../watching/settings';
import type { Watched } from '../../watching/watched';
import type { BrokerSettings } from '../settings';
import { type ServicePlace, service } from './service';

export interface AlertmanagerArgs extends ServicePlace {
  watched: Watched;
  settings: AlertmanagerSettings;
  /** What alerts are sent by; each empty where there is none. Secret. */
  secrets: BrokerSettings['alertSecrets'];
  /** Name of the network that the port is published from, and that alerts leave by. */
  publishing: pulumi.Input<string>;
}

/**
 * An Alertmanager that sends on what Prometheus alerts.
 *
 * ```
 * aipi:Alertmanager
 * └─ …   as of each service, see service.ts; its data are silences, and what was sent
 * ```
 */
export class Alertmanager extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: AlertmanagerArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Alertmanager', name, {}, options);
    const { watched, settings, secrets, ...place } = args;
    const container = service(this, name, {
      ...place,
      ...settings,
      service: 'alertmanager',
      options: alertmanagerService(settings),
      files: { [alertmanagerFile]: alertmanagerConfiguration(watched) },
      secretFiles: pulumi.secret(
        pulumi
          .all([secrets.alertEmailPassword, secrets.alertWebhookUrl])
          .apply(([password, address]) => alertmanagerSecretFiles(password, address)),
      ),
      retainDataOnDestroy: false,
    });
    this.containerId = container.id;
    this.registerOutputs({});
  }
}
