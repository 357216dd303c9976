/** What is known of a broker at one moment: what the status page, the terminal and programs are told. */

/** Times are ISO 8601; what is not known is null. */
export interface Status {
  /** When it was put together. */
  time: string;
  /** Name of the stack and of its container. */
  stack: string;
  container: string;
  broker: {
    up: boolean;
    /** Why not, in words. */
    reason: string | null;
    version: string | null;
    /** When it started. */
    since: string | null;
  };
  listeners: ListenerStatus[];
  clients: { connected: number | null; limit: number };
  fleet: {
    declared: number;
    connected: number | null;
    silent: number | null;
    /** Every device, by id; of a large fleet the silent ones first, as many as `mostListed`. */
    devices: DeviceStatus[];
  };
  /** Clients that are connected and no devices: accounts by name, and how many connections each has. */
  accounts: Array<{ username: string; connections: number }>;
  memory: { bytes: number | null; limitBytes: number };
  disk: { databaseBytes: number | null; freeBytes: number | null; diskBytes: number | null };
  /** Since the exporter started. */
  counted: {
    refusedLogins: number;
    takeovers: number;
    protocolErrors: number;
    keepaliveEvictions: number;
    dropped: number;
  };
  deployment: { digest: string; time: string };
  proof: { time: string; checks: number; failed: string[] } | null;
  history: History;
  findings: Finding[];
}

export interface ListenerStatus {
  /** Name of the listener, such as `mqtts-8883`. */
  name: string;
  port: number;
  up: boolean;
  reason: string | null;
  roundTripSeconds: number | null;
  /** As served; null without TLS. */
  certificate: { notAfter: string; remainingDays: number; matches: boolean } | null;
}

export interface DeviceStatus {
  id: string;
  role: string;
  /** Null where the exporter has not seen enough of the log yet. */
  connected: boolean | null;
  /** When this connection was made, or when the last one ended. */
  since: string | null;
  address: string | null;
  silent: boolean;
}

/** Most devices that a status lists. */
export const mostListed = 200;

/** One value for each step of the last day, the newest last; null where nothing was known. */
export interface History {
  /** Seconds from one value to the next. */
  stepSeconds: number;
  /** When the first value was taken. */
  start: string;
  series: Record<HistorySeries, Array<number | null>>;
}

/** Of rates: per second, over the step. */
export const historySeries = [
  'connected',
  'messagesReceived',
  'messagesSent',
  'bytesReceived',
  'bytesSent',
  'refusedLogins',
  'dropped',
  'roundTripMilliseconds',
] as const;
export type HistorySeries = (typeof historySeries)[number];

/** What needs a hand, the gravest first. */
export interface Finding {
  /** Which kind, for programs and for translations. */
  kind: FindingKind;
  weight: 'critical' | 'warning';
  /** For whom or where: a listener, devices, client ids; empty where it is the broker as a whole. */
  of: string[];
  /** How many there are in all; `of` may name fewer. */
  count: number;
  /** One sentence in English. */
  says: string;
  /** The command to run next. */
  run: string;
}

export const findingKinds = [
  'broker-down',
  'listener-down',
  'certificate-ends',
  'certificate-differs',
  'devices-silent',
  'fleet-gone',
  'contested-client-id',
  'messages-dropped',
  'refused-logins',
  'queue-filling',
  'disk-filling',
  'memory-near-limit',
  'proof-failed',
  'proof-old',
] as const;
export type FindingKind = (typeof findingKinds)[number];
