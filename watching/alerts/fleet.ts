/** Alerts of the devices. */

import type { Alert, Series } from './alert';

/** After a restart everybody is back within five minutes: clients try again after two at the latest. */
export function fleetAlerts(series: Series): Alert[] {
  const connected = series('mosquitto_devices_connected');
  const most = `max_over_time(${connected}[1d])`;
  return [
    {
      name: 'MosquittoDevicesSilent',
      severity: 'warning',
      expression: `${series('mosquitto_devices_silent')} > 0`,
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
        `${connected} < 0.5 * ${most} and ${connected} < 0.5 * ${series('mosquitto_devices_declared')} ` +
        `and ${most} >= 3`,
      lasting: '5m',
      summary: 'More than half of the fleet of {{ $labels.stack }} is gone: {{ $value }} devices are connected',
      description:
        'Fewer than half of the devices are connected that were at best on the last day, for five minutes; of three and more.',
      run: 'doctor',
    },
  ];
}
