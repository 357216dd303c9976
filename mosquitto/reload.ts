/** Which options a running broker takes over at SIGHUP, and which need a restart. Source: mosquitto.conf(5), and its trial. */

import { isDeepStrictEqual } from 'node:util';
import type { OptionLine } from './configKey';
import { parseConfiguration } from './configuration';
import { logTopic } from './monitoring';
import { snapshotPeriod } from './persistence';
import { imageRelease, type Release } from './release';

/**
 * Options that a running Mosquitto 2.1.2 was seen to take over at SIGHUP. Every other one counts as needing a restart,
 * also where mosquitto.conf(5) marks it "Reloaded on reload signal": of `max_keepalive`, `max_packet_size`,
 * `max_queued_*`, `max_inflight_*`, `retain_*`, `global_max_*` and `set_tcp_nodelay` the new value is read and forgotten,
 * and a `memory_limit` below what is in use ends the broker.
 */
export const reloadedOptions: ReadonlySet<string> = new Set([
  'allow_anonymous',
  'allow_duplicate_messages',
  'clientid_prefixes',
  'connection_messages',
  'log_timestamp',
  'log_timestamp_format',
  'log_type',
  'message_size_limit',
  'persistent_client_expiration',
  'queue_qos0_messages',
  'sys_interval',
  'upgrade_outgoing_qos',
]);

/**
 * Whether a signal applies an option. 2.0.11 and 2.0.21 were seen to take over the same ones as 2.1.2, and when they write
 * their snapshots.
 *
 * What 2.1 ends at, 2.0 goes on after, half open: with a file of rules that is missing, not readable or has one bad line,
 * everybody who logs in at that listener or a later one may do everything; with such a password file nobody gets in. Both
 * say so in the log, in a line with `Error`.
 */
export function isReloaded(option: string, release: Release = imageRelease): boolean {
  return reloadedOptions.has(option) || (!release.hasSqlite && option === snapshotPeriod);
}

/** Label of the broker's container with the digest of what only a restart applies. */
export const restartDigestLabel = 'aipi-mqtt.restart-digest';

/**
 * The lines of a configuration that only a restart applies. A listener's certificate files may change beneath them. Of
 * `log_dest` the topic alone was seen to come and go by a signal.
 */
export function restartLines(configuration: string, release = imageRelease): OptionLine[] {
  return parseConfiguration(configuration).filter(
    (line) => !isReloaded(line.option, release) && !isDeepStrictEqual(line, logTopic),
  );
}

/** What changes in the lines that only a restart applies, each as `- before` or `+ after`. */
export function restartChanges(before: string, after: string, release = imageRelease): string[] {
  const [old, next] = [sectioned(restartLines(before, release)), sectioned(restartLines(after, release))];
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
