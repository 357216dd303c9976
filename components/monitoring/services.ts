import type * as pulumi from '@pulumi/pulumi';
import type { Watched } from '../../watching/watched';
import type { BrokerSettings } from '../settings';
import type { Alertmanager } from './alertmanager';
import type { Grafana } from './grafana';
import type { MonitoringNetworks } from './networks';
import type { Prometheus } from './prometheus';
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
        : new (load().Prometheus)(
            `${name}-prometheus`,
            { ...place, watched, settings: prometheus, publishing },
            options,
          ),
    alertmanager:
      alertmanager === null || alerting === undefined
        ? undefined
        : new (load().Alertmanager)(
            `${name}-alertmanager`,
            { ...place, watched, settings: alertmanager, secrets, publishing: alerting },
            options,
          ),
    grafana:
      grafana === null || publishing === undefined
        ? undefined
        : new (load().Grafana)(
            `${name}-grafana`,
            { ...place, settings: grafana, publishing, dashboards: dashboardsOf(watched) },
            options,
          ),
  };
}

// Loaded only where a stack asks for them: what writes their files takes longer to load than most stacks need it for.

function load() {
  const { Prometheus } = require('./prometheus') as typeof import('./prometheus');
  const { Alertmanager } = require('./alertmanager') as typeof import('./alertmanager');
  const { Grafana } = require('./grafana') as typeof import('./grafana');
  return { Prometheus, Alertmanager, Grafana };
}

function dashboardsOf(watched: Watched): Record<string, string> {
  const { dashboardFiles } = require('../../watching/dashboards') as typeof import('../../watching/dashboards');
  return dashboardFiles(watched);
}
