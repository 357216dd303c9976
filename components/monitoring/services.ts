import type * as pulumi from '@pulumi/pulumi';
import type { Watched } from '../../watching/watched';
import type { BrokerSettings } from '../settings';
import { Alertmanager } from './alertmanager';
import { Grafana } from './grafana';
import type { MonitoringNetworks } from './networks';
import { Prometheus } from './prometheus';
import type { ServicePlace } from './service';

export interface ServicesArgs extends Omit<ServicePlace, 'watching'> {
  watched: Watched;
  networks: MonitoringNetworks;
  /** What alerts are sent by. Secret. */
  secrets: BrokerSettings['alertSecrets'];
}

/** Services beside an exporter, each by its name in the stack file. */
export interface Services {
  prometheus: Prometheus | undefined;
  alertmanager: Alertmanager | undefined;
  grafana: Grafana | undefined;
}

/**
 * Makes those services that the stack file asks for: `<name>-prometheus`, `<name>-alertmanager` and `<name>-grafana`.
 *
 * @param name of the broker
 */
export function services(name: string, args: ServicesArgs, options: pulumi.ComponentResourceOptions): Services {
  const { watched, networks, secrets, ...others } = args;
  const { prometheus, alertmanager, grafana } = watched.monitoring;
  const { watching, publishing, alerting } = networks;
  const place = { ...others, watching };
  return {
    prometheus:
      prometheus === null || publishing === undefined
        ? undefined
        : new Prometheus(`${name}-prometheus`, { ...place, watched, settings: prometheus, publishing }, options),
    alertmanager:
      alertmanager === null || alerting === undefined
        ? undefined
        : new Alertmanager(
            `${name}-alertmanager`,
            { ...place, watched, settings: alertmanager, secrets, publishing: alerting },
            options,
          ),
    grafana:
      grafana === null || publishing === undefined
        ? undefined
        : new Grafana(`${name}-grafana`, { ...place, settings: grafana, publishing, dashboards: {} }, options),
  };
}
