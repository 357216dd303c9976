/** The broker as a whole. */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Series } from '../alerts/alert';
import { certificateShares, diskFreeShares, memoryShares, proofHours, queueShare } from '../thresholds';
import type { Watched } from '../watched';
import { bad, good, lines, numbers, rows, warning } from './panel';
import { units } from './unit';

const daySeconds = 86_400;

/** Rows by their titles. */
export function overview(series: Series, { certificateRenewalDays }: Watched): Record<string, Array<Builder<Panel>>> {
  return {
    Now: now(series, certificateRenewalDays),
    Traffic: traffic(series),
    'Shares of limits': shares(series),
    'Listeners and certificates': listeners(series),
  };
}

function now(series: Series, renewalDays: number): Array<Builder<Panel>> {
  const [late, soon] = [renewalDays * certificateShares.warning, renewalDays * certificateShares.critical];
  return [
    numbers({
      title: 'Broker',
      description: 'Whether the broker answers its exporter.',
      width: 4,
      unit: units.count,
      queries: [{ expression: series('mosquitto_up') }],
      words: { one: 'up', zero: 'down' },
    }),
    numbers({
      title: 'Running for',
      description: 'Since the broker was started last.',
      width: 4,
      unit: units.seconds,
      queries: [{ expression: series('broker_uptime') }],
      decimals: 0,
    }),
    numbers({
      title: 'Clients',
      description: 'Connected now, accounts and devices.',
      width: 4,
      unit: units.count,
      queries: [{ expression: series('broker_clients_connected') }],
    }),
    numbers({
      title: 'Certificate ends in',
      description: 'Of the certificates that are served, the one that ends first.',
      width: 4,
      unit: units.days,
      queries: [{ expression: `min(${series('mosquitto_certificate_remaining_days')})` }],
      steps: {
        from: bad,
        at: [
          [soon, warning],
          [late, good],
        ],
      },
      decimals: 0,
    }),
    numbers({
      title: 'Proved',
      description: 'How long the last proof is ago.',
      width: 4,
      unit: units.seconds,
      queries: [{ expression: `time() - ${series('mosquitto_proof_timestamp_seconds')}` }],
      steps: {
        from: good,
        at: [
          [daySeconds, warning],
          [proofHours * 3_600, bad],
        ],
      },
      decimals: 0,
    }),
    numbers({
      title: 'Failed checks',
      description: 'Checks of the last proof that did not hold.',
      width: 4,
      unit: units.count,
      queries: [{ expression: series('mosquitto_proof_failed_checks') }],
      steps: { from: good, at: [[1, bad]] },
    }),
    numbers({
      title: 'Deployed configuration',
      description: 'The name of what was deployed, and when.',
      width: 24,
      unit: units.moment,
      queries: [
        {
          expression:
            `1000 * ${series('mosquitto_configuration_timestamp_seconds')} * on (stack) ` +
            `group_left (digest) ${series('mosquitto_configuration_info')}`,
          legend: '{{digest}}',
        },
      ],
    }),
  ];
}

function traffic(series: Series): Array<Builder<Panel>> {
  const rate = (metric: string) => `rate(${series(metric)}[$__rate_interval])`;
  return [
    lines({
      title: 'Messages',
      description: 'Packets of MQTT that come in and go out, a second.',
      width: 12,
      unit: units.countPerSecond,
      queries: [
        { expression: rate('broker_messages_received'), legend: 'in' },
        { expression: rate('broker_messages_sent'), legend: 'out' },
        { expression: rate('broker_publish_messages_received'), legend: 'published in' },
        { expression: rate('broker_publish_messages_sent'), legend: 'published out' },
      ],
    }),
    lines({
      title: 'Bytes',
      description: 'Bytes that come in and go out, a second.',
      width: 12,
      unit: units.bytesPerSecond,
      queries: [
        { expression: rate('broker_bytes_received'), legend: 'in' },
        { expression: rate('broker_bytes_sent'), legend: 'out' },
      ],
    }),
    lines({
      title: 'Dropped messages',
      description: 'Messages that were dropped, and queues that ran full, a second; nothing is good.',
      width: 8,
      unit: units.countPerSecond,
      queries: [
        { expression: rate('broker_publish_messages_dropped'), legend: 'dropped' },
        { expression: rate('mosquitto_full_queues_total'), legend: 'queues that ran full' },
      ],
    }),
    lines({
      title: 'Waiting messages',
      description: 'Messages for clients that are away or slow, and packets for connected ones that take none.',
      width: 8,
      unit: units.count,
      queries: [
        { expression: waiting(series), legend: 'messages' },
        { expression: series('broker_packet_out_count'), legend: 'packets' },
      ],
    }),
    lines({
      title: 'Connections',
      description: 'Logins that were accepted, and connections that ended, by kind, a second.',
      width: 8,
      unit: units.countPerSecond,
      queries: [
        { expression: rate('mosquitto_connections_total'), legend: 'login' },
        { expression: rate('mosquitto_disconnections_total'), legend: 'end: {{kind}}' },
      ],
    }),
  ];
}

function waiting(series: Series): string {
  return `${series('broker_store_messages_count')} - ${series('broker_retained_messages_count')}`;
}

function shares(series: Series): Array<Builder<Panel>> {
  const free = series('mosquitto_database_free_bytes');
  const disk = series('mosquitto_database_disk_bytes');
  return [
    lines({
      title: 'Shares',
      description: 'What is used of each limit.',
      width: 12,
      unit: units.share,
      most: 1,
      queries: [
        {
          expression: `${series('broker_heap_current')} / ${series('mosquitto_memory_limit_bytes')}`,
          legend: `memory, better below ${memoryShares.warning * 100} %`,
        },
        {
          expression: `${series('broker_clients_connected')} / ${series('mosquitto_max_connections')}`,
          legend: 'connections',
        },
        { expression: `1 - ${free} / ${disk}`, legend: `disk, better below ${(1 - diskFreeShares.warning) * 100} %` },
        {
          expression: `(${waiting(series)}) / ${series('mosquitto_max_queued_messages')}`,
          legend: `all queues of what one may hold, better below ${queueShare * 100} %`,
        },
      ],
    }),
    lines({
      title: 'Memory',
      description: 'What the broker uses, and what it may use.',
      width: 6,
      unit: units.bytes,
      queries: [
        { expression: series('broker_heap_current'), legend: 'used' },
        { expression: series('mosquitto_memory_limit_bytes'), legend: 'limit' },
      ],
    }),
    lines({
      title: 'Disk',
      description: 'Sessions and messages on the disk, and what is free there.',
      width: 6,
      unit: units.bytes,
      queries: [
        { expression: series('mosquitto_database_bytes'), legend: 'database' },
        { expression: free, legend: 'free' },
      ],
    }),
  ];
}

function listeners(series: Series): Array<Builder<Panel>> {
  return [
    lines({
      title: 'Round trip',
      description: 'Seconds from a subscription to the retained message that answers it, by listener.',
      width: 12,
      unit: units.seconds,
      queries: [{ expression: series('mosquitto_canary_round_trip_seconds'), legend: '{{listener}}' }],
    }),
    rows({
      title: 'Listeners',
      description: 'Whether a message comes back, and what certificate is served.',
      width: 12,
      label: 'listener',
      columns: [
        {
          head: 'answers',
          unit: units.count,
          expression: series('mosquitto_canary_up'),
          words: { one: 'yes', zero: 'no' },
        },
        {
          head: 'certificate ends in',
          unit: units.days,
          expression: series('mosquitto_certificate_remaining_days'),
        },
        {
          head: 'is the deployed one',
          unit: units.count,
          expression: series('mosquitto_certificate_matches'),
          words: { one: 'yes', zero: 'no' },
        },
      ],
    }),
  ];
}
