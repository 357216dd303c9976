/** Which options a running broker takes over at SIGHUP, and which need a restart. Source: mosquitto.conf(5). */

import { type OptionLine, parseConfiguration } from './configuration';

/** Options that mosquitto.conf(5) marks "Reloaded on reload signal". Every other one counts as needing a restart. */
const reloaded = new Set([
  'allow_anonymous',
  'allow_duplicate_messages',
  'allow_zero_length_clientid',
  'auto_id_prefix',
  'clientid_prefixes',
  'connection_messages',
  'global_max_clients',
  'log_timestamp',
  'log_timestamp_format',
  'log_type',
  'max_inflight_bytes',
  'max_inflight_messages',
  'max_keepalive',
  'max_packet_size',
  'max_queued_bytes',
  'max_queued_messages',
  'memory_limit',
  'message_size_limit',
  'persistent_client_expiration',
  'queue_qos0_messages',
  'retain_available',
  'retain_expiry_interval',
  'set_tcp_nodelay',
  'sys_interval',
  'upgrade_outgoing_qos',
]);

/** The lines of a configuration that only a restart applies. A listener's certificate files may change beneath them. */
export function restartLines(configuration: string): OptionLine[] {
  return parseConfiguration(configuration).filter((line) => !reloaded.has(line.option));
}
