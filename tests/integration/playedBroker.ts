/**
 * The metrics of a broker that nobody runs: every one that the exporter serves, over time, as its sources mean them. A
 * test says what is to happen to it.
 */

import { disconnectionKinds, type MetricName, metrics, refusalReasons, systemMetric } from '../../watching/metrics';
import { systemTopics } from '../unit/systemTopics';

/** The value at a second since the beginning; undefined where nothing is served. */
export type Value = (seconds: number) => number | undefined;

/** By name and labels, as Prometheus writes a series. */
export type Played = Readonly<Record<string, Value>>;

const listeners = ['mqtt-1883', 'mqtts-8883', 'wss-9001', 'mqtts-8884'];
export const devices = ['pi-1', 'pi-2', 'pi-3', 'pi-4', 'pi-5', 'pi-6', 'pi-7', 'pi-8'];
const gibibyte = 2 ** 30;

/** What is known also of a broker that does not answer. */
const known: readonly string[] = [
  'mosquitto_up',
  'mosquitto_connections_total',
  'mosquitto_disconnections_total',
  'mosquitto_refused_logins_total',
  'mosquitto_takeovers_total',
  'mosquitto_protocol_errors_total',
  'mosquitto_keepalive_evictions_total',
  'mosquitto_full_queues_total',
  'mosquitto_contested_client_ids',
  'mosquitto_proof_timestamp_seconds',
  'mosquitto_proof_failed_checks',
  'mosquitto_devices_declared',
  'mosquitto_configuration_info',
  'mosquitto_configuration_timestamp_seconds',
  'mosquitto_database_bytes',
  'mosquitto_database_free_bytes',
  'mosquitto_database_disk_bytes',
  'mosquitto_memory_limit_bytes',
  'mosquitto_max_connections',
  'mosquitto_max_queued_messages',
] satisfies MetricName[];

/** Counters that are counted by the exporter, and begin anew with it. */
const counted: readonly string[] = Object.entries(metrics).flatMap(([name, { type }]) =>
  type === 'counter' ? [name] : [],
);

export const always =
  (value: number): Value =>
  () =>
    value;

/** Grows by so many a second. */
export const growing =
  (rate: number): Value =>
  (seconds) =>
    Math.floor(rate * seconds);

/** One value between two moments, and before and after them another one. */
export const between =
  (from: number, to: number, inside: number | undefined, outside: number): Value =>
  (seconds) =>
    seconds >= from && seconds < to ? inside : outside;

/** A counter that grows by a number at one moment, beside what it does anyway. */
export const jump =
  (at: number, by: number, before: Value = always(0)): Value =>
  (seconds) =>
    (before(seconds) ?? 0) + (seconds >= at ? by : 0);

/** A counter that grows faster between two moments. */
export const faster =
  (from: number, to: number, rate: number, before: Value = always(0)): Value =>
  (seconds) =>
    (before(seconds) ?? 0) + Math.floor(rate * Math.max(0, Math.min(seconds, to) - from));

/** Values of topics below `$SYS` that are no zero. */
const system: Readonly<Record<string, Value>> = {
  broker_bytes_received: growing(20_000),
  broker_bytes_sent: growing(60_000),
  broker_clients_connected: always(10),
  broker_clients_total: always(12),
  broker_clients_disconnected: always(2),
  broker_connections_socket_count: always(11),
  broker_heap_current: always(30_000_000),
  broker_heap_maximum: always(40_000_000),
  broker_messages_received: growing(10),
  broker_messages_sent: growing(30),
  broker_messages_stored: always(60),
  broker_publish_bytes_received: growing(18_000),
  broker_publish_bytes_sent: growing(55_000),
  broker_publish_messages_received: growing(8),
  broker_publish_messages_sent: growing(25),
  broker_retained_messages_count: always(50),
  broker_store_messages_count: always(60),
  broker_store_messages_bytes: always(9_000),
  broker_subscriptions_count: always(30),
  broker_uptime: (seconds) => 86_400 + seconds,
};

/** Averages that Mosquitto counts by the minute. */
function load(name: string): Value {
  if (name.includes('bytes')) return always(name.includes('sent') ? 3_600_000 : 1_200_000);
  if (name.includes('messages') || name.includes('publish')) return always(name.includes('dropped') ? 0 : 600);
  return always(1);
}

/** A broker that works, with some devices and what always happens: a connection that breaks, a password mistyped. */
export function quietBroker(): Played {
  const topics = systemTopics.flatMap((topic) => {
    const name = systemMetric(topic)?.name;
    return name === undefined
      ? []
      : [[name, name.startsWith('broker_load_') ? load(name) : (system[name] ?? always(0))]];
  });
  return {
    ...Object.fromEntries(topics),
    mosquitto_up: always(1),
    ...each('mosquitto_canary_up', 'listener', listeners, always(1)),
    ...each('mosquitto_canary_round_trip_seconds', 'listener', listeners, always(0.003)),
    ...each(
      'mosquitto_certificate_remaining_days',
      'listener',
      listeners.slice(1),
      (seconds) => 200 - seconds / 86_400,
    ),
    ...each('mosquitto_certificate_matches', 'listener', listeners.slice(1), always(1)),
    mosquitto_connections_total: growing(1 / 600),
    ...each('mosquitto_disconnections_total', 'kind', disconnectionKinds, growing(1 / 1_800)),
    ...each('mosquitto_refused_logins_total', 'reason', refusalReasons, growing(1 / 1_200)),
    mosquitto_takeovers_total: growing(1 / 1_800),
    mosquitto_contested_client_ids: always(0),
    mosquitto_protocol_errors_total: growing(1 / 300),
    mosquitto_keepalive_evictions_total: growing(1 / 1_800),
    mosquitto_full_queues_total: always(0),
    mosquitto_devices_declared: always(devices.length),
    mosquitto_devices_connected: always(devices.length),
    ...each('mosquitto_devices_silent', 'role', ['sensor', 'gateway'], always(0)),
    ...each('mosquitto_device_connected', 'device', devices, always(1)),
    ...each('mosquitto_device_last_seen_timestamp_seconds', 'device', devices, (seconds) => seconds),
    'mosquitto_configuration_info{digest="0123456789abcdef"}': always(1),
    mosquitto_configuration_timestamp_seconds: always(-3_600),
    mosquitto_proof_timestamp_seconds: always(-3_600),
    mosquitto_proof_failed_checks: always(0),
    mosquitto_database_bytes: always(1_000_000),
    mosquitto_database_free_bytes: always(20 * gibibyte),
    mosquitto_database_disk_bytes: always(30 * gibibyte),
    mosquitto_memory_limit_bytes: always(512 * 2 ** 20),
    mosquitto_max_connections: always(10_000),
    mosquitto_max_queued_messages: always(50_000),
  };
}

function each(metric: MetricName, label: string, values: readonly string[], value: Value): Played {
  return Object.fromEntries(values.map((name) => [`${metric}{${label}="${name}"}`, value]));
}

export function metricOf(series: string): string {
  return series.replace(/\{.*/, '');
}

/** The broker does not answer between two moments. It starts anew, and its clients come back one after the other. */
export function away(played: Played, from: number, to: number): Played {
  const returned = (seconds: number) => Math.min(1, (seconds - to) / 120);
  const ofRestart = (series: string, value: Value): Value => {
    const name = metricOf(series);
    if (counted.includes(name)) {
      return name === 'mosquitto_connections_total' ? faster(to, to + 120, 10 / 120, value) : value;
    }
    return (seconds) => {
      const before = value(seconds);
      if (seconds < from || before === undefined) return before;
      if (seconds < to) return name === 'mosquitto_up' ? 0 : known.includes(name) ? before : undefined;
      if (name === 'broker_uptime') return seconds - to;
      if (/^broker_(clients_connected|connections_socket_count)$|devices_connected$/.test(name)) {
        return Math.floor(before * returned(seconds));
      }
      if (name === 'mosquitto_device_connected') return returned(seconds) < 0.5 ? 0 : before;
      // These have begun anew.
      if (/^broker_(bytes|messages|publish)_/.test(name)) return Math.max(0, before - (value(to) ?? 0));
      return before;
    };
  };
  return Object.fromEntries(Object.entries(played).map(([series, value]) => [series, ofRestart(series, value)]));
}

/** The exporter has a new container between two moments, and counts from zero after them. */
export function exporterAnew(played: Played, from: number, to: number): Played {
  return Object.fromEntries(
    Object.entries(played).map(([series, value]): [string, Value] => [
      series,
      (seconds) => {
        if (seconds >= from && seconds < to) return undefined;
        const after = seconds >= to && counted.includes(metricOf(series)) ? (value(to) ?? 0) : 0;
        const now = value(seconds);
        return now === undefined ? undefined : now - after;
      },
    ]),
  );
}
