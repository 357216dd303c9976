/** Alerts of logins and connections. */

import { mostRefusedLogins, recentSeconds } from '../thresholds';
import type { Alert, Series } from './alert';

/** Ends of a connection that its client did not ask for, and no operator either. */
const unwanted = 'kind=~"keepalive|network|other|protocol_error|takeover"';

/** In a quarter of an hour. A port that the internet reaches is scanned some times an hour. */
const mostProtocolErrors = 30;

/**
 * Rates are over five or ten minutes and must last longer than that: what a proof tries once, and everybody's return
 * after a restart, has left the window by then.
 */
export function connectionAlerts(series: Series): Alert[] {
  const ended = `sum by (stack) (increase(${series('mosquitto_disconnections_total', unwanted)}[10m]))`;
  const evicted = `increase(${series('mosquitto_keepalive_evictions_total')}[15m])`;
  const connected = series('broker_clients_connected');
  return [
    {
      name: 'MosquittoRefusedLogins',
      severity: 'warning',
      expression: `${recentSeconds} * sum by (stack, reason) (rate(${series('mosquitto_refused_logins_total')}[5m])) > ${mostRefusedLogins}`,
      lasting: '10m',
      summary:
        '{{ $value | printf "%.0f" }} logins are refused in a quarter of an hour at {{ $labels.stack }}: {{ $labels.reason }}',
      description: `Logins have been refused for ten minutes, more than ${mostRefusedLogins} in a quarter of an hour; by reason.`,
      run: 'doctor',
    },
    {
      name: 'MosquittoProtocolErrors',
      severity: 'warning',
      expression: `${recentSeconds} * rate(${series('mosquitto_protocol_errors_total')}[5m]) > ${mostProtocolErrors}`,
      lasting: '10m',
      summary:
        '{{ $labels.stack }} gets what is no MQTT or no TLS: {{ $value | printf "%.0f" }} times in a quarter of an hour',
      description: `Connections have broken MQTT or TLS for ten minutes, more than ${mostProtocolErrors} in a quarter of an hour: a wrong port, a client without the authority, or a scanner.`,
      run: 'doctor',
    },
    {
      name: 'MosquittoContestedClientIds',
      severity: 'warning',
      expression: `${series('mosquitto_contested_client_ids')} > 0`,
      lasting: '5m',
      summary: 'Clients of {{ $labels.stack }} push each other out: {{ $value }} client ids are used twice',
      description: 'Two clients use one client id and have taken the connection from each other for five minutes.',
      run: 'doctor',
    },
    {
      name: 'MosquittoKeepaliveEvictions',
      severity: 'warning',
      expression: `${evicted} > 5 and on (stack) ${evicted} > on (stack) 0.1 * ${connected}`,
      lasting: '1m',
      summary: '{{ $value | printf "%.0f" }} clients of {{ $labels.stack }} fell silent within a quarter of an hour',
      description:
        'More than five clients and a tenth of all fell silent within 15 minutes without a word: a network on the way.',
      run: 'status',
    },
    {
      name: 'MosquittoConnectionsFlapping',
      severity: 'warning',
      expression: `${ended} > 20 and on (stack) ${ended} > on (stack) 2 * ${connected}`,
      lasting: '15m',
      summary: 'Connections of {{ $labels.stack }} break: {{ $value | printf "%.0f" }} within ten minutes',
      description: 'For 15 minutes more than twenty connections, and two for each client, broke within ten minutes.',
      run: 'doctor',
    },
    {
      name: 'MosquittoDeviceFlapping',
      severity: 'warning',
      expression: `changes(${series('mosquitto_device_connected')}[30m]) > 9`,
      lasting: '1m',
      summary: 'Device {{ $labels.device }} of {{ $labels.stack }} comes and goes: {{ $value }} times in half an hour',
      description: 'A device was away and back five times within half an hour; of small fleets alone.',
      run: 'doctor',
    },
  ];
}
