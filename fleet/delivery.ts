/** What a delivery of files and devices is told and what it answers, as data. */

import type { Authority } from '../certificates/client';
import type { Issued } from '../certificates/revocation';
import type { GivenTerm } from '../certificates/timely';
import type { BrokerFiles } from '../mosquitto/files';
import type { ClientKind } from '../mosquitto/listeners';
import type { Owner } from '../mosquitto/owner';
import type { CheckResult, Steadiness } from '../mosquitto/result';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import type { FleetChange } from './change';
import type { Device } from './device';
import type { Role } from './role';

/** Input of a delivery. It holds secrets, so it travels by standard input only. */
export interface Delivery {
  /** Id of the image that the files are rehearsed in. */
  image: string;
  /** Volume that the files go to. */
  volume: string;
  /** Whose the broker is to be. */
  owner: Owner;
  /** Digest of what only a restart applies. */
  restartDigest: string;
  /** Every file but those of the devices. */
  files: BrokerFiles;
  plan: VerificationPlan;
  /** Null where no listener is for devices. */
  fleet: FleetOrder | null;
  /** Authorities whose certificates of clients are accepted; none for clients that no certificate is required of. */
  authorities: Partial<Record<ClientKind, Authority[]>>;
  /** Name and generation of each account: certificates of other generations are revoked. */
  accounts: Issued[];
  /** How long certificates from elsewhere last; none without TLS. */
  given: readonly GivenTerm[];
  /** Share of the devices that a change of certificate authorities may cut off, in percent. */
  maxUnreachedDevicesPercent: number;
}

/**
 * The devices, by reference: their files are made by the delivery itself, so that the state of the stack has the same
 * size for ten devices and for a hundred thousand.
 */
export interface FleetOrder {
  /** Devices of the stack's configuration. */
  devices: Device[];
  /** List of further devices, relative to the project's folder; null where there is none. */
  file: string | null;
  /** Digest of all devices: a list that has changed since is refused. */
  digest: string;
  roles: Role[];
  /** 32 bytes, base64. */
  rootSecret: string;
  maxRevokedDevicesPercent: number;
  /** There where an exporter logs in as a device, too. */
  isWatched?: true;
}

/** Answer of a delivery. */
export interface DeliveryReport {
  /** When it ended, ISO 8601. */
  time: string;
  /** Name of the folder of files that it left in place. */
  folder: string;
  /** Name of the folder that was proved before, and can be gone back to; null where there is none. */
  previous: string | null;
  /** `placed`: the files wait for a broker that starts next. `reloaded`: a running broker took them over. */
  action: 'placed' | 'reloaded';
  /** Lines of the configuration that only a restart applies, as they change; empty where nobody has to leave. */
  restart: string[];
  /** What was proved on the way. */
  checks: CheckResult[];
  /** What became of the fleet: how many, and the first few ids. */
  fleet: FleetSummary | null;
  /** What clients noticed of a reload; null where none ran. */
  steadiness: Steadiness | null;
}

/** Counts and a few names of a change. */
export interface FleetSummary {
  devices: number;
  added: Sample;
  revoked: Sample;
  rotated: Sample;
  reassigned: Sample;
}

export interface Sample {
  count: number;
  /** At most ten. */
  ids: string[];
}

const shown = 10;

/** What a report says of a change. */
export function summaryOf(devices: readonly Device[], change: FleetChange): FleetSummary {
  const sample = (ids: readonly string[]): Sample => ({ count: ids.length, ids: ids.slice(0, shown) });
  const { added, revoked, rotated, reassigned } = change;
  return {
    devices: devices.length,
    added: sample(added),
    revoked: sample(revoked),
    rotated: sample(rotated),
    reassigned: sample(reassigned),
  };
}
