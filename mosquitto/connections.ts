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

/** Words of a line behind its time, for everybody who reads the log. A client without a user has no `username`. */
export const lineWords = {
  starting: /^mosquitto version (?<version>\S+) starting$/,
  connected:
    /^New client connected from (?<address>\S+:\d+) as (?<clientId>.+) \(p\d+, c\d+, k\d+(?:, u'(?<username>.*)')?\)\.$/,
  // Without a reason where the client has said goodbye with one of its own.
  disconnected: /^Client (?<clientId>.+) \[(?<address>\S+:\d+)\] disconnected(?:: (?<reason>.+?))?\.?$/,
} as const;

const timed = /^(\S+): (.*)$/;

/** Reads the log of a broker. Times are written without a zone and are those of the container, UTC. */
export function connectionsOf(log: string): Connections {
  const byClientId = new Map<string, Connection>();
  let complete = false;
  for (const line of log.split('\n')) {
    const [, time = '', words = ''] = line.match(timed) ?? [];
    if (lineWords.starting.test(words)) {
      byClientId.clear();
      complete = true;
      continue;
    }
    const { address = '', clientId = '', username } = words.match(lineWords.connected)?.groups ?? {};
    if (username !== undefined) byClientId.set(clientId, { username, address, since: `${time}Z` });
    const { clientId: left = '', address: from = '' } = words.match(lineWords.disconnected)?.groups ?? {};
    // A connection that was taken over is reported after the one that took it over.
    if (byClientId.get(left)?.address === from) byClientId.delete(left);
  }
  return { byClientId, complete };
}
