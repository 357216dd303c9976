/** The rules by which Prometheus alerts. */

import { stringify } from 'yaml';
import { type Alert, seriesOf } from './alerts/alert';
import { brokerAlerts } from './alerts/broker';
import { connectionAlerts } from './alerts/connections';
import { deploymentAlerts } from './alerts/deployment';
import { fleetAlerts } from './alerts/fleet';
import { loadAlerts } from './alerts/load';
import { resourceAlerts } from './alerts/resources';
import { job, type Watched } from './watched';

/** Every alert of a stack. */
export function alerts(watched: Watched): Alert[] {
  const series = seriesOf(watched);
  return [
    ...brokerAlerts(series),
    ...connectionAlerts(series),
    ...loadAlerts(series),
    ...resourceAlerts(series),
    ...fleetAlerts(series),
    ...deploymentAlerts(series, watched),
  ];
}

/** The command that an alert names. */
export function commandOf({ run }: Pick<Alert, 'run'>, { stack }: Pick<Watched, 'stack'>): string {
  return `npm run ${run} -- ${stack}`;
}

/** A rule file of Prometheus. */
export function alertRules(watched: Watched): string {
  const rules = alerts(watched).map((alert) => ({
    alert: alert.name,
    expr: alert.expression,
    for: alert.lasting,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary, description: alert.description, run: commandOf(alert, watched) },
  }));
  return stringify({ groups: [{ name: `${job}-${watched.stack}`, rules }] }, { lineWidth: 0 });
}
