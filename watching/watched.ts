/** What the files for Prometheus, Alertmanager and Grafana are made from. */

import { earlyRenewal, type Term, termOf } from '../certificates/terms';
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

/** What of the settings of a stack it takes. */
interface WatchedSettings extends Pick<Watched, 'containerName' | 'monitoring'> {
  certificates: {
    server: { validityHours: number; earlyRenewalHours: number };
    givenServer: { certificate: string } | null;
  };
}

/** A stack, by what its file says. */
export function watchedOf(stack: string, { containerName, monitoring, certificates }: WatchedSettings): Watched {
  const { server, givenServer } = certificates;
  const hours =
    givenServer === null
      ? earlyRenewal(server.validityHours, server.earlyRenewalHours)
      : hoursOf(termOf(givenServer.certificate, 'elsewhere', server.earlyRenewalHours));
  return { stack, containerName, certificateRenewalDays: hours / 24, monitoring };
}

function hoursOf({ dueFrom, notAfter }: Pick<Term, 'dueFrom' | 'notAfter'>): number {
  return (Date.parse(notAfter) - Date.parse(dueFrom)) / 3_600_000;
}

/** Picks the series of a stack, as PromQL has it between braces. */
export function selector({ stack }: Pick<Watched, 'stack'>, ...more: readonly string[]): string {
  return [`stack=${JSON.stringify(stack)}`, ...more].join(',');
}
