/** What the lines of a broker's log add up to: who is connected, and how often what has happened. */

import { disconnectionKind, type LogLine } from './logLines';
import type { DisconnectionKind, RefusalReason } from './metrics';
import { isProbe } from './probes';

/** A client that is connected. */
export interface Connected {
  username: string;
  /** With the port of the client. */
  address: string;
  /** When, in milliseconds since 1970. */
  since: number;
}

/** As many take-overs of one client id within as many milliseconds are a fight about it, and no reconnect. */
const contested = { takeovers: 3, within: 5 * 60_000 };

/**
 * Verification tries what is refused, too: accounts where devices log in, and connections without any name. What ends so in
 * the milliseconds after one of its lines is taken for such a trial.
 */
const trialMilliseconds = 2_000;

/** What the broker says of a client that is gone without a goodbye; of one that says goodbye there is no reason. */
const closed = 'connection closed by client';

/** Counts since it was made, without those of verification, and the connections that it knows of. */
export class Tally {
  connections = 0;
  takeovers = 0;
  protocolErrors = 0;
  keepaliveEvictions = 0;
  fullQueues = 0;
  readonly disconnections = new Map<DisconnectionKind, number>();
  readonly refusedLogins = new Map<RefusalReason, number>();
  /** Client id to its connection. */
  readonly connected = new Map<string, Connected>();
  /** Client id to when its last connection ended, in milliseconds since 1970. */
  readonly left = new Map<string, number>();
  private readonly tookOver = new Map<string, number[]>();
  /** Names of service accounts. */
  accounts: readonly string[] = [];
  private provedAt = Number.NEGATIVE_INFINITY;
  /** Whether the next line tells who has hung up. */
  private hasHungUp = false;

  /** @param now milliseconds since 1970: when the line came */
  add(line: LogLine, now: number): void {
    if (isProbe(line)) this.provedAt = now;
    switch (line.kind) {
      case 'starting':
      case 'running':
        this.everybodyLeft(now);
        break;
      case 'connected':
        this.login(line, now);
        break;
      case 'disconnected':
        this.end(line, now);
        break;
      case 'tooManyConnections':
        increase(this.refusedLogins, 'too_many_connections');
        break;
      case 'noCertificate':
        increase(this.refusedLogins, 'certificate');
        break;
      case 'hungUp':
        this.hasHungUp = true;
        break;
      case 'queueFull':
        this.fullQueues += 1;
        break;
    }
  }

  /** What others know of connections that were made before this one listened. What it has seen itself counts. */
  seed(connections: Iterable<readonly [string, Connected]>): void {
    for (const [clientId, connection] of connections) {
      if (!this.connected.has(clientId) && !((this.left.get(clientId) ?? 0) > connection.since)) {
        this.connected.set(clientId, connection);
      }
    }
  }

  /** The broker has started anew: who connected before is gone. Times in milliseconds since 1970. */
  restarted(at: number): void {
    for (const [clientId, { since }] of this.connected) {
      if (since >= at) continue;
      this.connected.delete(clientId);
      this.left.set(clientId, at);
    }
  }

  /** Client ids that are fought about now. */
  contestedIds(now: number): string[] {
    const ids = [...this.tookOver].filter(([, times]) => recent(times, now).length >= contested.takeovers);
    return ids.map(([clientId]) => clientId).sort();
  }

  private login(line: LogLine, now: number): void {
    const { clientId = '', username = '', address = '' } = line;
    if (!isProbe(line)) this.connections += 1;
    this.connected.set(clientId, { username, address, since: now });
  }

  private end(line: LogLine, now: number): void {
    const { clientId = '', address = '', reason } = line;
    // A session that is taken up again is told as taken over, though its connection had ended before.
    const connection = this.connected.get(clientId);
    const isCurrent = connection?.address === address;
    if (isCurrent) {
      this.connected.delete(clientId);
      this.left.set(clientId, now);
    }
    const said = disconnectionKind(reason);
    // The broker calls an end of TLS without a goodbye an error of the protocol.
    const hasHungUp = said === 'protocol_error' && this.hasHungUp;
    // Scripts close and say nothing; a device that does so has lost its connection, or its power.
    const isDevice = isCurrent && !this.accounts.includes(connection.username);
    const kind = hasHungUp || (isDevice && reason === closed) ? 'network' : said;
    this.hasHungUp = false;
    const isNobody = clientId === address.replace(/:\d+$/, '') || this.accounts.includes(clientId);
    const isTrial = !isCurrent && isNobody && now - this.provedAt < trialMilliseconds;
    // Whoever only looks whether a port is open has had no connection that could end.
    const isLook = !isCurrent && isNobody && (kind === 'client' || kind === 'network');
    if (!isProbe(line) && !isTrial && !isLook) this.count(kind, line, isCurrent, now);
  }

  private count(kind: DisconnectionKind, { clientId = '', reason }: LogLine, isCurrent: boolean, now: number): void {
    if (kind === 'takeover' && !isCurrent) return;
    if (kind === 'protocol_error') this.protocolErrors += 1;
    if (kind === 'takeover') this.takenOver(clientId, now);
    if (kind === 'keepalive') this.keepaliveEvictions += 1;
    // Before a login a client is known by its address alone, or by the id that was refused.
    const refusal = isCurrent ? undefined : refusalReason(reason);
    if (refusal !== undefined) increase(this.refusedLogins, refusal);
    else increase(this.disconnections, kind);
  }

  private takenOver(clientId: string, now: number): void {
    this.takeovers += 1;
    this.tookOver.set(clientId, [...recent(this.tookOver.get(clientId) ?? [], now), now]);
    for (const [id, times] of this.tookOver) if (recent(times, now).length === 0) this.tookOver.delete(id);
  }

  private everybodyLeft(now: number): void {
    for (const clientId of this.connected.keys()) this.left.set(clientId, now);
    this.connected.clear();
  }
}

function recent(times: readonly number[], now: number): number[] {
  return times.filter((time) => now - time < contested.within);
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Undefined for words that say nothing of a login. */
function refusalReason(reason = ''): RefusalReason | undefined {
  if (/^(not authorised|bad username or password)$/.test(reason)) return 'not_authorised';
  if (/^client identifier/.test(reason)) return 'bad_client_id';
  if (/^(client banned|bad authentication method|connection rate)/.test(reason)) return 'other';
  return undefined;
}
