/** Alerts of the devices. */

import { fewestGone, goneShare } from '../thresholds';
import { type Alert, percent, type Series } from './alert';

/**
 * The exporter counts devices only while it knows of everybody; what it said within the last five minutes counts. After a restart everybody is back within five minutes: clients try again after two at the
 * latest.
 */
export function fleetAlerts(series: Series): Alert[] {
  const lately = (metric: string) => `last_over_time(${series(metric)}[5m])`;
  const connected = lately('mosquitto_devices_connected');
  const most = `max_over_time(${series('mosquitto_devices_connected')}[1d])`;
  return [
    {
      name: 'MosquittoDevicesSilent',
      severity: 'warning',
      expression: `${lately('mosquitto_devices_silent')} > 0`,
      lasting: '5m',
      summary:
        '{{ $value }} devices of {{ $labels.stack }} are away for longer than their role {{ $labels.role }} allows',
      description: 'Devices are away for longer than their role allows.',
      run: 'status',
    },
    {
      name: 'MosquittoFleetGone',
      severity: 'critical',
      expression:
        `${connected} < ${1 - goneShare} * ${most} and ${most} >= ${fewestGone} ` +
        `and ${connected} < ${1 - goneShare} * ${series('mosquitto_devices_declared')}`,
      lasting: '5m',
      summary: 'More than half of the fleet of {{ $labels.stack }} is gone: {{ $value }} devices are connected',
      description: `More than ${percent(goneShare)} of the devices are gone that were connected at best on the last day, for five minutes; of ${fewestGone} and more.`,
      run: 'doctor',
    },
  ];
}
