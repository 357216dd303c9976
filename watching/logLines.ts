/**
 * The lines of a broker's log, and what each means. The words are those of Mosquitto 2.1.2; a line that is not known here
 * is kept with its words.
 */

import { lineWords } from '../mosquitto/connections';
import type { DisconnectionKind } from './metrics';

/** How much a line asks for. */
export type Weight = 'note' | 'warning' | 'error';

interface Kind {
  weight: Weight;
  /** After the time. Named groups become the fields of a line. */
  pattern: RegExp;
  /** One sentence for people. */
  means: string;
}

/** The first one that fits counts. */
export const logLines = {
  starting: note(lineWords.starting, 'The broker starts, and everybody has to connect.'),
  running: note(/^mosquitto version (?<version>\S+) running$/, 'It serves.'),
  stopping: note(
    /^mosquitto version (?<version>\S+) terminating$/,
    'It was told to stop, and everybody is disconnected.',
  ),
  reloading: note(/^Reloading config\.$/, 'It reads its files again; nobody is disconnected.'),
  opened: note(
    /^New connection from (?<address>\S+:\d+) on port (?<port>\d+)\.$/,
    'Somebody has reached a port, and is not logged in yet.',
  ),
  connected: note(
    lineWords.connected,
    'A login was accepted: p is the version of MQTT, c1 a clean session, k the keep-alive in seconds, u the user.',
  ),
  disconnected: note(
    lineWords.disconnected,
    'A connection has ended, and why; where no login came before it, the login was refused.',
  ),
  sessionExpired: note(
    /^Expiring client (?<clientId>.+) due to timeout\.$/,
    'A session that was kept for a client that is away has ended, as long as that asked for.',
  ),
  negotiated: note(
    /^(?:Client (?<clientId>.+)|Connection from (?<address>\S+)) negotiated (?<reason>\S+ cipher \S+)$/,
    'The version of TLS and the cipher of a connection.',
  ),
  hungUp: note(
    /^OpenSSL Error .*unexpected eof while reading$/,
    'A client with TLS has hung up without a word; most do, and the next line names it.',
  ),
  forEverybody: note(
    /^Warning: ACL pattern '.*' does not contain '%c' or '%u'\.$/,
    'A rule of the devices holds for each of them alike, as the stack file has it.',
  ),
  startDetail: note(
    /^(?:Loading plugin: |Plugin .*(?:loaded\.|registered )|sqlite: Restored |Opening ipv[46] listen socket |Config loaded from |Info: running mosquitto as user: |\S+ support available\.)/,
    'What the broker has loaded, restored and opened at its start or when it read its files again.',
  ),
  tooManyConnections: warning(
    /^Client connection from (?<address>\S+) denied: max_connections exceeded\.$/,
    'maxConnections are connected already, so that this one was refused.',
  ),
  noCertificate: warning(
    /^Connection from (?<address>\S+:\d+) rejected, client did not provide a certificate\.$/,
    'The listener requires a certificate, and the client has none.',
  ),
  plainToTls: warning(
    /^Connection from (?<address>\S+:\d+) rejected, client did not connect using TLS\.$/,
    'A client speaks without TLS to a listener with TLS.',
  ),
  tlsToPlain: warning(
    /^Client from (?<address>\S+:\d+) appears to be using TLS to connect to a non-TLS listener\.$/,
    'A client speaks TLS to a listener without it.',
  ),
  tlsFailed: warning(
    /^OpenSSL Error (?:while trying to get the error|(?<address>\S+?))\[\d+\]: (?<reason>.+)$/,
    'TLS could not be agreed on: often a client that does not trust the certificate authority, or has an old version.',
  ),
  protocolError: warning(
    /^Protocol error from (?<clientId>\S+): (?<reason>.+)$/,
    'A packet broke the protocol; the connection ends with the next line.',
  ),
  queueFull: warning(
    /^Outgoing messages are being dropped for client (?<clientId>.+)\.$/,
    'The queue of a client that is away or slow is full, and its next messages are dropped without a further line.',
  ),
  receiveMaximum: warning(
    /^Client (?<clientId>.+) has exceeded its receive-maximum quota\..*$/,
    'A client does not confirm what it is sent.',
  ),
  openFiles: error(
    /^Unable to accept new connection, system socket count has been exceeded\..*$/,
    'The limit of open files is reached, so that nobody else can connect.',
  ),
  error: error(/^Error:? (?<reason>.+)$/, 'The broker could not do something; its words say what.'),
  outOfMemory: error(/^.*[Oo]ut of memory.*$/, 'memoryLimitMebibytes are in use, and messages are refused.'),
  warned: warning(/^Warning: (?<reason>.+)$/, 'The broker goes on with something that should not be so.'),
} as const satisfies Readonly<Record<string, Kind>>;

export type LineKind = keyof typeof logLines;

/** A line that was read. What it does not say is undefined. */
export interface LogLine {
  /** As written, by default ISO 8601 without a zone, which is UTC; empty where none stands before the words. */
  time: string;
  /** Undefined: no line that is known. */
  kind: LineKind | undefined;
  weight: Weight;
  clientId?: string;
  username?: string;
  /** With the port of the client, where the line has it. */
  address?: string;
  /** Why, in the broker's words. */
  reason?: string;
  /** All words but the time. */
  message: string;
}

/** Reads one line, with or without its time. */
export function readLine(line: string): LogLine {
  const [, time = '', message = line] = line.match(/^(\d\S*): (.*)$/) ?? [];
  for (const [kind, { pattern, weight }] of Object.entries(logLines)) {
    const groups = message.match(pattern)?.groups;
    if (groups !== undefined || pattern.test(message)) {
      return { time, kind: kind as LineKind, weight, ...known(groups), message };
    }
  }
  return { time, kind: undefined, weight: 'note', message };
}

const fields = ['clientId', 'username', 'address', 'reason'] as const;

function known(groups: Readonly<Record<string, string | undefined>> = {}): Partial<LogLine> {
  return Object.fromEntries(fields.flatMap((name) => (groups[name] === undefined ? [] : [[name, groups[name]]])));
}

/** The words behind `disconnected: `, in small letters, to the kind that they are counted as. */
const kinds: ReadonlyArray<readonly [RegExp, DisconnectionKind]> = [
  [/^connection closed by client$/, 'client'],
  [/^exceeded timeout$/, 'keepalive'],
  [/^session taken over$/, 'takeover'],
  [/^(not authorised|bad username or password|client banned|bad authentication method)$/, 'not_authorised'],
  [
    /^(protocol error|malformed packet|oversize|receive maximum|topic alias|used disallowed|client identifier)/i,
    'protocol_error',
  ],
  [/^(administrative action|server|quota|connection rate)/, 'administrative'],
  [/^bad socket read\/write/, 'network'],
];

/** @param reason the words; undefined for a client that said goodbye to an earlier version */
export function disconnectionKind(reason: string | undefined): DisconnectionKind {
  if (reason === undefined) return 'client';
  return kinds.find(([pattern]) => pattern.test(reason.toLowerCase()))?.[1] ?? 'other';
}

function note(pattern: RegExp, means: string) {
  return { weight: 'note', pattern, means } as const;
}

function warning(pattern: RegExp, means: string) {
  return { weight: 'warning', pattern, means } as const;
}

function error(pattern: RegExp, means: string) {
  return { weight: 'error', pattern, means } as const;
}
