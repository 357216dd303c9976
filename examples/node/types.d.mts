/** What device.mjs takes and gives. */

/** `device.json` of a bundle, as far as a client needs it. */
export interface Facts {
  host: string;
  port: number;
  tls: boolean;
  username: string;
  client_id: string;
  password_file: string;
  ca_file: string | null;
  topic_prefix: string;
  topics: { publish: string[]; subscribe: string[] };
  generation?: number;
  certificate_file?: string | null;
  private_key_file?: string | null;
  /** ISO 8601. */
  certificate_expires?: string | null;
  /** SHA-256 of the authority that issued that certificate, in hex. */
  certificate_issuer?: string | null;
}

/** A bundle in memory. It is read anew whenever a folder would be, so a change of it counts like one there. */
export interface Bundle {
  facts: Facts;
  password: string;
  /** Password of the next generation; it takes the place of `password` once the broker has accepted it. */
  nextPassword?: string | undefined;
  /** Certificates to trust, PEM; they alone count. */
  ca?: string | undefined;
  /** Certificate by which the device proves who it is, PEM. */
  certificate?: string | undefined;
  /** Key of that certificate, PEM. */
  privateKey?: string | undefined;
}

export interface DeviceOptions {
  /** Seconds between two data messages; 0 for none. Default 5. */
  intervalSeconds?: number;
  /** Shortest wait before a new connection. Default 1. */
  retrySeconds?: number;
  /** Longest wait before a new connection, where the network or the broker is at fault. Default 120. */
  longestRetrySeconds?: number;
  /** Shortest wait where password or certificate is refused, or another device uses the same bundle; the longest is twice it. Default 60. */
  refusedRetrySeconds?: number;
  /** Seconds between two looks for another bundle while a connection stands; 0 for none. Default 60. */
  rereadSeconds?: number;
  keepaliveSeconds?: number;
  /** Connects to another place than the bundle says, under the name that the certificate must be for. */
  connect?: { host?: string; port?: number; servername?: string };
  /** Adds to a data message. */
  sample?: () => object;
  /** Answers a LangChain request; `id` is added to what it gives. Default: gives `input` back as `output`. */
  process?: (request: { id: unknown; [field: string]: unknown }) => object | Promise<object>;
}

/** Why a connection ended, or was not made. */
export interface Ending {
  kind: 'refused' | 'taken over' | 'clock behind' | 'new bundle' | 'lost' | 'stopped';
  /** What is refused. */
  refused?: 'password' | 'certificate';
  /** In words, without a secret. */
  words: string;
}

/** What has happened since the start. */
export interface Counters {
  connects: number;
  disconnects: number;
  /** How often the broker did not accept user and password, or the certificate. */
  refusals: number;
  takeovers: number;
  /** Messages handed to the broker, status left out; more than once where an acknowledgement did not arrive. */
  published: number;
  acknowledged: number;
  /** Publishes that the broker's access rules refused. */
  denied: number;
  /** Messages given up because too many waited. */
  dropped: number;
  /** Commands and requests that were answered. */
  answers: number;
}

export interface DeviceEvents {
  /** A connection stands: the device is online, and its subscriptions hold. */
  connect: [{ sessionPresent: boolean /** Undefined the first time. */; awaySeconds: number | undefined }];
  /** A connection that stood has ended. */
  disconnect: [Ending];
  /** The broker does not accept user and password or the certificate, or no longer does. */
  refused: [Ending];
  'taken over': [Ending];
  acknowledged: [topic: string, body: unknown];
  message: [topic: string, payload: Buffer];
  /** A line for a log, without a secret. */
  log: [line: string];
}
