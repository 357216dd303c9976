/** Who is connected, as the broker's log tells it. Needs `connection_messages true` and `log_type notice`. */

/** A connection that stands. */
export interface Connection {
  username: string;
  /** Address of the client, with its port. */
  address: string;
  /** When it was made, ISO 8601. */
  since: string;
}

/** What a log says. */
export interface Connections {
  /** Client id to its connection. */
  byClientId: Map<string, Connection>;
  /** Whether the log goes back to the broker's start: without that, a client that is not listed may be connected. */
  complete: boolean;
}

const starting = /^(\S+): mosquitto version \S+ starting$/;
const connected = /^(\S+): New client connected from (\S+) as (.+) \(p\d+, c\d+, k\d+, u'(.*)'\)\.$/;
// Without a reason where the client has said goodbye with one of its own.
const gone = /^\S+: Client (.+) \[(\S+)\] disconnected[.:]/;

/** Reads the log of a broker. Times are written without a zone and are those of the container, UTC. */
export function connectionsOf(log: string): Connections {
  const byClientId = new Map<string, Connection>();
  let complete = false;
  for (const line of log.split('\n')) {
    if (starting.test(line)) {
      byClientId.clear();
      complete = true;
      continue;
    }
    const [, time = '', address = '', clientId = '', username = ''] = line.match(connected) ?? [];
    if (clientId !== '') byClientId.set(clientId, { username, address, since: `${time}Z` });
    const [, left = '', from = ''] = line.match(gone) ?? [];
    // A connection that was taken over is reported after the one that took it over.
    if (byClientId.get(left)?.address === from) byClientId.delete(left);
  }
  return { byClientId, complete };
}
