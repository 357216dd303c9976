/** The metrics of one moment, in the text that Prometheus reads. */

import { Counter, Gauge, Registry } from 'prom-client';
import {
  disconnectionKinds,
  type Metric,
  type MetricName,
  metrics,
  refusalReasons,
  systemMetric,
} from '../watching/metrics';
import { certificateOf, devicesOf } from './status';
import type { Look, Watch } from './watch';

/** Made anew for each scrape: what is not known now is not there, whatever was known before. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly made = new Map<string, Gauge | Counter>();

  /** @param value null or undefined: not known, and left out */
  set(name: MetricName, value: number | boolean | null | undefined, labels: Record<string, string> = {}): void {
    if (value === null || value === undefined) return;
    const { type, help, labels: names }: Metric = metrics[name];
    this.put(name, type, help, names, Number(value), labels);
  }

  /** A value of `$SYS`, by the name that others know. */
  setSystem(topic: string, text: string): void {
    const metric = systemMetric(topic);
    const value = Number.parseFloat(text);
    if (metric === undefined || Number.isNaN(value)) return;
    this.put(metric.name, metric.type, topic, [], value, {});
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private put(
    name: string,
    type: Metric['type'],
    help: string,
    labelNames: readonly string[],
    value: number,
    labels: Record<string, string>,
  ): void {
    const options = { name, help, labelNames: [...labelNames], registers: [this.registry] };
    let metric = this.made.get(name);
    if (metric === undefined) {
      metric = type === 'counter' ? new Counter(options) : new Gauge(options);
      this.made.set(name, metric);
    }
    metric.inc(labels, value);
  }
}

/** Everything that is known at one moment. */
export function metricsOf(watch: Watch, { now, broker, signs, disk }: Look): Metrics {
  const text = new Metrics();
  const { settings, tally, served, proof } = watch;
  text.set('mosquitto_up', broker.up);
  if (broker.up) {
    for (const [topic, value] of watch.values) text.setSystem(topic, value);
    for (const [listener, { up, roundTripSeconds }] of signs) {
      text.set('mosquitto_canary_up', up, { listener });
      text.set('mosquitto_canary_round_trip_seconds', roundTripSeconds, { listener });
    }
    for (const listener of served.keys()) {
      const certificate = certificateOf(watch, listener, now);
      text.set('mosquitto_certificate_remaining_days', certificate?.remainingDays, { listener });
      text.set('mosquitto_certificate_matches', certificate?.matches, { listener });
    }
  }
  text.set('mosquitto_connections_total', tally.connections);
  for (const kind of disconnectionKinds) {
    text.set('mosquitto_disconnections_total', tally.disconnections.get(kind) ?? 0, { kind });
  }
  for (const reason of refusalReasons) {
    text.set('mosquitto_refused_logins_total', tally.refusedLogins.get(reason) ?? 0, { reason });
  }
  text.set('mosquitto_takeovers_total', tally.takeovers);
  text.set('mosquitto_contested_client_ids', tally.contestedIds(now).length);
  text.set('mosquitto_protocol_errors_total', tally.protocolErrors);
  text.set('mosquitto_keepalive_evictions_total', tally.keepaliveEvictions);
  text.set('mosquitto_full_queues_total', tally.fullQueues);
  setDevices(text, watch, now, broker.up);
  text.set('mosquitto_configuration_info', 1, { digest: settings.deployment.digest });
  text.set('mosquitto_configuration_timestamp_seconds', seconds(settings.deployment.time));
  text.set('mosquitto_proof_timestamp_seconds', proof && seconds(proof.time));
  text.set('mosquitto_proof_failed_checks', proof?.failed.length);
  text.set('mosquitto_database_bytes', disk.databaseBytes);
  text.set('mosquitto_database_free_bytes', disk.freeBytes);
  text.set('mosquitto_database_disk_bytes', disk.diskBytes);
  text.set('mosquitto_memory_limit_bytes', settings.limits.memoryLimitMebibytes * 1_048_576);
  text.set('mosquitto_max_connections', settings.limits.maxConnections);
  text.set('mosquitto_max_queued_messages', settings.limits.maxQueuedMessages);
  return text;
}

function setDevices(text: Metrics, watch: Watch, now: number, isUp: boolean): void {
  const { settings, tally } = watch;
  text.set('mosquitto_devices_declared', settings.devices.length);
  if (!isUp || !watch.knowsAll) return;
  const devices = devicesOf(watch, now);
  text.set('mosquitto_devices_connected', devices.filter(({ connected }) => connected === true).length);
  for (const role of Object.keys(settings.maxSilenceMinutes)) {
    const silent = devices.filter((device) => device.role === role && device.silent);
    text.set('mosquitto_devices_silent', silent.length, { role });
  }
  if (devices.length > settings.maxDeviceLabels) return;
  for (const { id, connected } of devices) {
    text.set('mosquitto_device_connected', connected, { device: id });
    const seen = connected === true ? now : tally.left.get(id);
    text.set('mosquitto_device_last_seen_timestamp_seconds', seen && seen / 1_000, { device: id });
  }
}

function seconds(time: string): number {
  return Date.parse(time) / 1_000;
}
