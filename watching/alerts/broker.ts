/** Alerts of a broker that is not there, or that nobody sees. */

import type { Alert, Series } from './alert';

/** A planned restart takes seconds, and so does an update that gives the exporter a new container. */
export function brokerAlerts(series: Series): Alert[] {
  return [
    {
      name: 'MosquittoDown',
      severity: 'critical',
      expression: `${series('mosquitto_up')} == 0`,
      lasting: '2m',
      summary: 'The broker of {{ $labels.stack }} does not answer',
      description: 'The broker has not answered its exporter for two minutes: no device can log in.',
      run: 'doctor',
    },
    {
      name: 'MosquittoMetricsMissing',
      severity: 'critical',
      expression: `absent(${series('mosquitto_up')})`,
      lasting: '5m',
      summary: 'Nothing is known of the broker of {{ $labels.stack }}: its exporter gives no metrics',
      description:
        'Prometheus has had nothing from the exporter for five minutes: no other alert of this stack can fire.',
      run: 'doctor',
    },
    {
      name: 'MosquittoListenerDown',
      severity: 'critical',
      expression: `${series('mosquitto_canary_up')} == 0 unless on (stack) ${series('mosquitto_up')} == 0`,
      lasting: '2m',
      summary: 'Listener {{ $labels.listener }} of {{ $labels.stack }} gives no message back',
      description: 'The broker answers, but for two minutes no message has come back by this listener.',
      run: 'doctor',
    },
    {
      name: 'MosquittoRestarts',
      severity: 'warning',
      expression: `resets(${series('broker_uptime')}[1h]) > 5`,
      lasting: '0m',
      summary: 'The broker of {{ $labels.stack }} started {{ $value }} times within an hour',
      description: 'The broker was started more than five times within an hour, each time too shortly to be missed.',
      run: 'doctor',
    },
  ];
}
