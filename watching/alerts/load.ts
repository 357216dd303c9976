/** Alerts of what the broker is given to do. */

import { queueShare } from '../thresholds';
import { type Alert, percent, type Series } from './alert';

interface Rate {
  name: string;
  metric: string;
  /** A second; below it nothing is said. */
  least: number;
  what: string;
  summary: string;
}

const rates: readonly Rate[] = [
  {
    name: 'MosquittoHighMessageRate',
    metric: 'broker_load_messages_received_5min',
    least: 100,
    what: '100 messages a second',
    summary: '{{ $labels.stack }} receives {{ $value | humanize }} messages a second, three times its average and more',
  },
  {
    name: 'MosquittoHighByteRate',
    metric: 'broker_load_bytes_received_5min',
    least: 1_000_000,
    what: '1 MB a second',
    summary: '{{ $labels.stack }} receives {{ $value | humanize }}B a second, three times its average and more',
  },
];

/** Averages of five minutes that must last ten: messages that have waited for the end of a restart have passed by then. */
export function loadAlerts(series: Series): Alert[] {
  return [
    ...rates.map(({ name, metric, least, what, summary }): Alert => {
      // Mosquitto counts these by the minute. A rate over a day would be too small where a day is not known yet.
      const [now, usual] = [`${series(metric)} / 60`, `avg_over_time(${series(metric)}[1d]) / 60`];
      return {
        name,
        severity: 'warning',
        expression: `${now} > ${least} and ${now} > 3 * ${usual}`,
        lasting: '10m',
        summary,
        description: `More than ${what} and three times the average of the last day have come in for ten minutes.`,
        run: 'status',
      };
    }),
    {
      name: 'MosquittoMessagesDropped',
      severity: 'warning',
      expression: `increase(${series('broker_publish_messages_dropped')}[15m]) > 0`,
      lasting: '0m',
      summary: '{{ $labels.stack }} dropped {{ $value | printf "%.0f" }} messages within a quarter of an hour',
      description: 'Messages were dropped within 15 minutes: the queue of a client that is away or slow was full.',
      run: 'doctor',
    },
    {
      name: 'MosquittoQueuesFilling',
      severity: 'warning',
      expression:
        `${series('broker_store_messages_count')} - ${series('broker_retained_messages_count')} ` +
        `> ${queueShare} * ${series('mosquitto_max_queued_messages')}`,
      lasting: '10m',
      summary: '{{ $value | printf "%.0f" }} messages wait at {{ $labels.stack }} for clients that are away or slow',
      description: `As many messages wait as fill ${percent(queueShare)} of the queue of one client, for ten minutes; of a full one more are dropped.`,
      run: 'status',
    },
    {
      name: 'MosquittoSlowClients',
      severity: 'warning',
      expression: `${series('broker_packet_out_count')} > 1000`,
      lasting: '10m',
      summary: '{{ $value | printf "%.0f" }} packets of {{ $labels.stack }} wait for connected clients that take none',
      description: 'More than 1000 packets have waited for ten minutes for clients that are connected and do not read.',
      run: 'doctor',
    },
  ];
}
