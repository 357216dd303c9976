/** Which options a running broker takes over at SIGHUP, and which need a restart. Source: mosquitto.conf(5). */

import type { OptionLine } from './configKey';
import { parseConfiguration } from './configuration';

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

/** Whether a signal applies an option. */
export function isReloaded(option: string): boolean {
  return reloaded.has(option);
}

/** Label of the broker's container with the digest of what only a restart applies. */
export const restartDigestLabel = 'aipi-mqtt.restart-digest';

/** The lines of a configuration that only a restart applies. A listener's certificate files may change beneath them. */
export function restartLines(configuration: string): OptionLine[] {
  return parseConfiguration(configuration).filter(({ option }) => !isReloaded(option));
}

/** What changes in the lines that only a restart applies, each as `- before` or `+ after`. */
export function restartChanges(before: string, after: string): string[] {
  const [old, next] = [sectioned(restartLines(before)), sectioned(restartLines(after))];
  return [...missing(old, next).map((line) => `- ${line}`), ...missing(next, old).map((line) => `+ ${line}`)];
}

/** Lines of one list that the other has not; of a listener that it has not at all, the first one alone. */
function missing(lines: readonly string[], others: readonly string[]): string[] {
  const own = lines.filter((line) => !others.includes(line));
  return own.filter((line) => !own.some((listener) => line.startsWith(`${listener}: `)));
}

/** The lines of a listener, with its port before each, so that equal lines of two listeners stay apart. */
function sectioned(lines: readonly OptionLine[]): string[] {
  let section = '';
  return lines.map(({ option, value }) => {
    if (option === 'listener') section = `listener ${value}`;
    return section === '' || option === 'listener' ? `${option} ${value}` : `${section}: ${option} ${value}`;
  });
}
