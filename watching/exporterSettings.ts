/** What an exporter is told, in files beside its program. */

import type { DeliveryReport, FleetOrder } from '../fleet/delivery';
import type { Limits } from '../mosquitto/limits';
import { type ClientKind, type Listener, listenerName } from '../mosquitto/listeners';
import { monitoringUsername } from '../mosquitto/monitoring';
import type { Credential } from '../mosquitto/passwords';
import type { Monitoring } from './settings';

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
  /** Days before its end from which on an update renews the certificate of the server. */
  certificateRenewalDays: number;
  account: Credential;
  /** Names of all service accounts. */
  accounts: string[];
  /** Null where no listener is for devices. */
  device: Credential | null;
  /** Role to the minutes that a device of it may be away. */
  maxSilenceMinutes: Readonly<Record<string, number>>;
  /** Id and role of each device. */
  devices: Array<readonly [string, string]>;
  /** Up to how many devices each has metrics of its own. */
  maxDeviceLabels: number;
  deployment: { digest: string; time: string };
  limits: { maxConnections: number; maxQueuedMessages: number; memoryLimitMebibytes: number };
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
  program: 'exporter.cjs',
  settings: 'settings.json',
  proof: 'proof.json',
  connections: 'connections.json',
  /** Kept by the exporter itself. */
  memory: 'memory.json',
} as const;

/** Where the devices of a delivery stand. */
export type ListedFleet = Pick<FleetOrder, 'devices' | 'file' | 'digest'>;

/** Input of the delivery to an exporter. It holds secrets, so it travels by standard input only. */
export interface ExporterOrder {
  dockerHost: string | null;
  /** Id of the image. */
  image: string;
  /** Volume that the files go to. */
  volume: string;
  /** Digest of the program: another one is another order. */
  program: string;
  settings: Omit<ExporterSettings, 'devices'>;
  /** Null where no listener is for devices. */
  fleet: ListedFleet | null;
}

/** What the settings of an exporter are made from, beside what a stack file says. */
interface Known {
  password: string;
  device: Credential | null;
  /** PEM; empty without TLS. */
  certificateAuthority: string;
  /** SHA-256, in hex; null without TLS. */
  serverFingerprint: string | null;
  certificateRenewalDays: number;
  report: Pick<DeliveryReport, 'folder' | 'time'>;
}

interface WatchedModel {
  containerName: string;
  listeners: readonly Listener[];
  accounts: ReadonlyArray<{ username: string }>;
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  limits: Limits;
  maxSilenceMinutes: Readonly<Record<string, number>>;
  monitoring: Pick<Monitoring, 'maxDeviceLabels'>;
}

/** The settings of an exporter, but for its devices. */
export function exporterSettings(
  { containerName, listeners, accounts, dnsNames, ipAddresses, limits, maxSilenceMinutes, monitoring }: WatchedModel,
  stack: string,
  { report, password, ...known }: Known,
): ExporterOrder['settings'] {
  const { maxConnections, maxQueuedMessages, memoryLimitMebibytes } = limits;
  return {
    stack,
    container: containerName,
    listeners: listeners.map((listener) => ({
      name: listenerName(listener),
      port: listener.port,
      protocol: listener.protocol,
      tls: listener.tls,
      clients: listener.clients,
      requireCertificate: listener.requireCertificate,
    })),
    serverName: dnsNames[0] ?? ipAddresses[0] ?? null,
    ...known,
    account: { username: monitoringUsername, password },
    accounts: accounts.map(({ username }) => username),
    maxSilenceMinutes,
    maxDeviceLabels: monitoring.maxDeviceLabels,
    deployment: { digest: report.folder, time: report.time },
    limits: { maxConnections, maxQueuedMessages, memoryLimitMebibytes },
  };
}
