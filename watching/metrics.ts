/**
 * Every metric that the exporter serves beside those of `$SYS`. Its program, the table of the documentation, the rules of
 * alerts and the dashboards take the names from here.
 */

export interface Metric {
  type: 'gauge' | 'counter';
  help: string;
  labels: readonly string[];
}

/**
 * Values of a broker that does not answer are not served, but for `mosquitto_up`, what has been declared and deployed, what
 * is counted by this exporter itself, and what is read from the disk.
 */
export const metrics = {
  mosquitto_up: gauge('1 as long as the broker answers the exporter, else 0'),
  mosquitto_canary_up: gauge('1 as long as a message comes back by this listener, else 0', 'listener'),
  mosquitto_canary_round_trip_seconds: gauge(
    'Seconds from a subscription to the retained message that answers it',
    'listener',
  ),
  mosquitto_certificate_remaining_days: gauge('Days until the certificate that is served there ends', 'listener'),
  mosquitto_certificate_matches: gauge(
    '1 where the certificate that is served is the deployed one, else 0',
    'listener',
  ),
  mosquitto_connections_total: counter('Logins that were accepted'),
  mosquitto_disconnections_total: counter('Connections that ended, by kind', 'kind'),
  mosquitto_refused_logins_total: counter('Logins that were refused, by reason', 'reason'),
  mosquitto_takeovers_total: counter('Connections that another one with the same client id took over'),
  mosquitto_contested_client_ids: gauge('Client ids that were taken over three times or more within five minutes'),
  mosquitto_protocol_errors_total: counter('Packets that broke the protocol, or TLS that could not be agreed on'),
  mosquitto_keepalive_evictions_total: counter('Clients that were silent for one and a half times their keep-alive'),
  mosquitto_full_queues_total: counter('Times that the queue of a client ran full and its messages were dropped'),
  mosquitto_devices_declared: gauge('Devices of the deployed list'),
  mosquitto_devices_connected: gauge('Of these, those that are connected'),
  mosquitto_devices_silent: gauge('Of these, those that are away for longer than their role allows', 'role'),
  mosquitto_device_connected: gauge('1 for a device that is connected, else 0; only of small fleets', 'device'),
  mosquitto_device_last_seen_timestamp_seconds: gauge(
    'When a device was connected last, in seconds since 1970; only of small fleets',
    'device',
  ),
  mosquitto_configuration_info: gauge('1, with the name of the deployed configuration', 'digest'),
  mosquitto_configuration_timestamp_seconds: gauge('When it was deployed, in seconds since 1970'),
  mosquitto_proof_timestamp_seconds: gauge('When the broker was proved last, in seconds since 1970'),
  mosquitto_proof_failed_checks: gauge('Checks of that proof that did not hold'),
  mosquitto_database_bytes: gauge('Bytes of the files with sessions and messages'),
  mosquitto_database_free_bytes: gauge('Bytes that are free on their disk'),
  mosquitto_database_disk_bytes: gauge('Bytes of their disk'),
  mosquitto_memory_limit_bytes: gauge('Bytes that the broker may use, the limit of broker_heap_current'),
  mosquitto_max_connections: gauge('Clients that may be connected at once, the limit of broker_clients_connected'),
  mosquitto_max_queued_messages: gauge('Messages that are held for each client that is away or slow'),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

function gauge<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { type: 'gauge', help, labels } as const;
}

function counter<const Labels extends readonly string[]>(help: string, ...labels: Labels) {
  return { type: 'counter', help, labels } as const;
}

/** What ends a connection, as a label. Each is told from the words of the broker's log. */
export const disconnectionKinds = [
  'client',
  'keepalive',
  'takeover',
  'not_authorised',
  'protocol_error',
  'administrative',
  'network',
  'other',
] as const;
export type DisconnectionKind = (typeof disconnectionKinds)[number];

/** Why a login is refused, as a label. */
export const refusalReasons = [
  'not_authorised',
  'bad_client_id',
  'too_many_connections',
  'certificate',
  'other',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Topics below `$SYS` that never go down while the broker runs; the others are gauges. */
const counted = [
  'broker/bytes/received',
  'broker/bytes/sent',
  'broker/messages/received',
  'broker/messages/sent',
  'broker/publish/bytes/received',
  'broker/publish/bytes/sent',
  'broker/publish/messages/received',
  'broker/publish/messages/sent',
  'broker/publish/messages/dropped',
];

/** Topics that are no values, or that mean the same as others do. */
const left = ['broker/version', 'broker/timestamp', 'broker/clients/active', 'broker/clients/inactive'];

/**
 * The metric of a `$SYS` topic, by the names that sapcc's exporter made known: the topic with `_` in place of `/` and of
 * blanks. Undefined for a topic that is no metric.
 */
export function systemMetric(topic: string): { name: string; type: Metric['type'] } | undefined {
  const path = topic.replace(/^\$SYS\//, '');
  if (path === topic || left.includes(path) || path.startsWith('broker/log/')) return undefined;
  return { name: path.replace(/[/ ]/g, '_'), type: counted.includes(path) ? 'counter' : 'gauge' };
}
