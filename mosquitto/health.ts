/**
 * What the engine asks the broker's container each 30 seconds. It reads what the kernel says of the broker: whoever connects
 * leaves two lines in the log, and a login would need a password where every user of the engine can read it.
 */

import type { Limits } from './limits';
import { isPlainMqtt, type Listener } from './listeners';
import { mostUsedShare } from './room';

/** A CONNECT of MQTT 3.1.1 without a user, for a keep-alive of 60 seconds: a broker that can, answers that it is refused. */
const anonymousConnect = String.raw`\020\014\000\004MQTT\004\002\000\074\000\000`;

/**
 * A line for `sh`, which says on standard output what is wrong:
 *
 * - the broker's loop turns, several times in a second;
 * - each listener is open, and nobody waits there to be let in;
 * - where nearly all of the memory seems to be in use, a client still gets an answer. Only then somebody connects: what the
 *   broker has freed still counts, so the numbers alone prove nothing.
 */
export function healthTest(listeners: readonly Listener[], { memoryLimitMebibytes }: Limits): string {
  const ports = listeners.map(({ port }) => port.toString(16).toUpperCase().padStart(4, '0'));
  const kibibytes = Math.floor(memoryLimitMebibytes * 1_024 * mostUsedShare);
  return [
    'turns() { grep ^voluntary /proc/1/status; }',
    'before=$(turns)',
    'sleep 1',
    '[ "$before" != "$(turns)" ] || { echo the broker stands still; exit 1; }',
    `for port in ${ports.join(' ')}; do ` +
      'grep -q ":$port [0-9A-F:]* 0A 00000000:00000000 " /proc/net/tcp || ' +
      '{ echo nobody is let in at port $((0x$port)); exit 1; }; done',
    `used=$(awk '/^(RssAnon|VmSwap)/ { sum += $2 } END { print sum + 0 }' /proc/1/status)`,
    `[ "$used" -lt ${kibibytes} ] || ${answers(listeners)} || { echo no memory is left for clients; exit 1; }`,
  ].join('; ');
}

/** Without a plain listener, that a connection is kept is all that can be seen. */
function answers(listeners: readonly Listener[]): string {
  const plain = listeners.find(isPlainMqtt);
  return plain === undefined
    ? `! sleep 2 | timeout 1 nc 127.0.0.1 ${listeners[0]?.port} >/dev/null`
    : `printf '${anonymousConnect}' | nc -w 2 127.0.0.1 ${plain.port} | od -An -tx1 | grep -q '^ 20'`;
}
