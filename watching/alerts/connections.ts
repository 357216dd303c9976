/** Alerts of logins and connections. */

import type { Alert, Series } from './alert';

/** Ends of a connection that its client did not ask for, and no operator either; of protocol errors there is another alert. */
const unwanted = 'kind=~"keepalive|network|other|takeover"';

/**
 * Windows are short, and what is in them must go on for long: what a proof tries once has left the window when the next
 * update proves again, and so has everybody's return after a restart.
 */
export function connectionAlerts(series: Series): Alert[] {
  const ended = `sum by (stack) (increase(${series('mosquitto_disconnections_total', unwanted)}[2m]))`;
  const evicted = `increase(${series('mosquitto_keepalive_evictions_total')}[15m])`;
  const connected = series('broker_clients_connected');
  return [
    {
      name: 'MosquittoRefusedLogins',
      severity: 'warning',
      expression: `sum by (stack, reason) (increase(${series('mosquitto_refused_logins_total')}[2m])) > 1`,
      lasting: '10m',
      summary:
        'Logins are refused at {{ $labels.stack }}, {{ $value | printf "%.0f" }} in two minutes: {{ $labels.reason }}',
      description: 'Logins have been refused for ten minutes without a pause of two minutes; by reason.',
      run: 'doctor',
    },
    {
      name: 'MosquittoProtocolErrors',
      severity: 'warning',
      expression: `increase(${series('mosquitto_protocol_errors_total')}[2m]) > 4`,
      lasting: '10m',
      summary: '{{ $labels.stack }} gets what is no MQTT or no TLS: {{ $value | printf "%.0f" }} times in two minutes',
      description:
        'More than four connections in two minutes have broken MQTT or TLS for ten minutes: a wrong port, a client without the authority, or a scanner.',
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
      expression: `${ended} > 4 and on (stack) ${ended} > on (stack) 0.4 * ${connected}`,
      lasting: '15m',
      summary: 'Connections of {{ $labels.stack }} break: {{ $value | printf "%.0f" }} within two minutes',
      description:
        'For 15 minutes more than four connections have broken within two minutes, and more than two of five.',
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
