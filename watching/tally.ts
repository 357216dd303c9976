/** What the lines of a broker's log add up to: who is connected, and how often what has happened. */

import { disconnectionKind, type LogLine } from './logLines';
import type { DisconnectionKind, RefusalReason } from './metrics';

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

/** Counts since it was made, and the connections that it knows of. */
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

  /** @param now milliseconds since 1970: when the line came */
  add(line: LogLine, now: number): void {
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
      case 'tlsFailed':
      case 'plainToTls':
      case 'tlsToPlain':
        this.protocolErrors += 1;
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

  private login({ clientId = '', username = '', address = '' }: LogLine, now: number): void {
    this.connections += 1;
    this.connected.set(clientId, { username, address, since: now });
  }

  private end({ clientId = '', address = '', reason }: LogLine, now: number): void {
    const kind = disconnectionKind(reason);
    // A connection that was taken over may be reported after the one that took it over.
    const known = this.connected.get(clientId);
    const isCurrent = known?.address === address;
    if (isCurrent) {
      this.connected.delete(clientId);
      this.left.set(clientId, now);
    }
    if (kind === 'protocol_error') this.protocolErrors += 1;
    if (kind === 'takeover') this.takenOver(clientId, now);
    if (kind === 'keepalive') this.keepaliveEvictions += 1;
    // Before a login a client is known by its address alone, or by the id that was refused.
    const refusal = isCurrent || kind === 'takeover' ? undefined : refusalReason(reason);
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
