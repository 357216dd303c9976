/** What the files for Prometheus, Alertmanager and Grafana are made from. */

import type { Monitoring } from './settings';

/** A stack that is watched. */
export interface Watched {
  /** Its name, which is the label `stack` of every series. */
  stack: string;
  /** Of its broker; those of the services beside it begin with it. */
  containerName: string;
  /** Days before its end from which on an update renews the certificate of the server. */
  certificateRenewalDays: number;
  monitoring: Monitoring;
}

/** Name of the job in Prometheus, which is the label `job` of every series. */
export const job = 'aipi-mqtt';

/** Port that the exporter has in its container; on the machine it has that of the settings. */
export const exporterPort = 9_234;

/** Port that Alertmanager has in its container. */
export const alertmanagerPort = 9_093;

/** Name of the container that a service has beside the broker. */
export function serviceName({ containerName }: Pick<Watched, 'containerName'>, service: string): string {
  return `${containerName}-${service}`;
}

/** Picks the series of a stack, as PromQL has it between braces. */
export function selector({ stack }: Pick<Watched, 'stack'>, ...more: readonly string[]): string {
  return [`stack=${JSON.stringify(stack)}`, ...more].join(',');
}
