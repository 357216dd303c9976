/** What the exporter is told, in a file beside its program. */

import { readFile, stat } from 'node:fs/promises';
import type { ClientKind } from '../mosquitto/listeners';

export interface ExporterSettings {
  stack: string;
  /** Name of the broker's container, by which it is reached. */
  container: string;
  listeners: WatchedListener[];
  /** Name that the server's certificate must carry; null without TLS. */
  serverName: string | null;
  /** Authorities that the server's certificate must come from, PEM; empty without TLS. */
  certificateAuthority: string;
  /** SHA-256 of the deployed one, in hex; null without TLS. */
  serverFingerprint: string | null;
  account: Login;
  /** Null where no listener is for devices. */
  device: Login | null;
  /** Role to the minutes that a device of it may be away. */
  maxSilenceMinutes: Readonly<Record<string, number>>;
  /** Id and role of each device. */
  devices: Array<readonly [string, string]>;
  /** Up to how many devices each has metrics of its own. */
  maxDeviceLabels: number;
  deployment: { digest: string; time: string };
  limits: { maxConnections: number; maxQueuedMessages: number; memoryLimitMebibytes: number };
}

export interface Login {
  username: string;
  password: string;
}

/** A port of the broker, as it is in its container. */
export interface WatchedListener {
  name: string;
  port: number;
  protocol: 'mqtt' | 'websockets';
  tls: boolean;
  clients: ClientKind;
  /** Nobody but its certificate is looked at there: the exporter has none to show. */
  requireCertificate: boolean;
}

/** The proof of a broker, which whoever proves it leaves beside the settings. */
export interface ProofRecord {
  time: string;
  checks: number;
  /** Names of those that did not hold. */
  failed: string[];
}

/** Who was connected when somebody looked: client id, user, address, and since when in ISO 8601. */
export interface ConnectionsRecord {
  connections: Array<readonly [string, string, string, string]>;
}

/** Names of the files, in the folder of the program. */
export const exporterFiles = {
  program: 'exporter.mjs',
  settings: 'settings.json',
  proof: 'proof.json',
  connections: 'connections.json',
  /** Kept by the exporter itself. */
  memory: 'memory.json',
} as const;

const pauseMilliseconds = 1_000;

/**
 * Follows a file that others write.
 *
 * @param changed gets what is in it, now and after each change; what cannot be read is passed over until it can
 */
export async function follow<Content>(path: string, changed: (content: Content) => void): Promise<void> {
  let seen = '';
  const look = async () => {
    const mark = await stat(path).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => '',
    );
    if (mark === seen || mark === '') return;
    try {
      changed(JSON.parse(await readFile(path, 'utf8')) as Content);
      seen = mark;
    } catch {
      // Somebody is writing it.
    }
  };
  await look();
  setInterval(() => void look(), pauseMilliseconds).unref();
}
