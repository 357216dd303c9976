/** The fleet of a stack: what is deployed, and who is connected. */

import type { BundleReport } from '../certificates/trust';
import type { Device } from '../fleet/device';
import { type Connections, connectionsOf } from '../mosquitto/connections';
import { columns } from './table';

/** One device as a person wants to see it. */
export interface DeviceStatus {
  id: string;
  generation: number;
  role: string;
  /** Null where the log of the broker does not tell. */
  connected: boolean | null;
  /** ISO 8601; null where it is not connected. */
  since: string | null;
  address: string | null;
  /** Generation of the bundle that it has reported; null where it has reported none. */
  bundle_generation: number | null;
  /** Names of the certificate authorities that its bundle trusts; null where it has not said. */
  trusts: string[] | null;
  /** When its own certificate ends, ISO 8601; null where it has none, or has not said. */
  certificate_expires: string | null;
  /** Another user that holds the client id of this device; null where none does. */
  taken_by: string | null;
}

/**
 * What is known of each device.
 *
 * @param log of the broker
 * @param reports what devices have said of their bundles
 * @param authorities beginning of a fingerprint to the name of the authority; one that has no name stands for itself
 */
export function statusOf(
  devices: readonly Device[],
  log: string,
  reports: ReadonlyMap<string, BundleReport>,
  authorities: ReadonlyMap<string, string>,
): DeviceStatus[] {
  const connections = connectionsOf(log);
  return devices.map(({ id, generation, role }) => {
    const report = reports.get(id);
    return {
      id,
      generation,
      role,
      ...presence(id, connections),
      bundle_generation: report?.generation ?? null,
      trusts: report?.trusted?.map((fingerprint) => authorities.get(fingerprint) ?? fingerprint) ?? null,
      certificate_expires: report?.certificateExpires ?? null,
    };
  });
}

function presence(id: string, { byClientId, complete }: Connections) {
  const connection = byClientId.get(id);
  if (connection === undefined)
    return { connected: complete ? false : null, since: null, address: null, taken_by: null };
  const { username, since, address } = connection;
  const isOwn = username === id;
  return { connected: isOwn, since, address, taken_by: isOwn ? null : username };
}

/** Devices as a table. */
export function deviceTable(statuses: readonly DeviceStatus[]): string {
  const rows = statuses.map(({ id, generation, role, connected, since, address, taken_by: by, ...bundle }) => [
    id,
    String(generation),
    role,
    connected === null ? 'unknown' : connected ? 'connected' : by === null ? 'away' : `taken over by ${by}`,
    since ?? '',
    address ?? '',
    bundle.bundle_generation === null ? 'unknown' : String(bundle.bundle_generation),
    bundle.trusts?.join(', ') ?? '',
    bundle.certificate_expires?.slice(0, 10) ?? '',
  ]);
  return columns([
    ['device', 'generation', 'role', 'state', 'since', 'address', 'bundle', 'trusts', 'certificate until'],
    ...rows,
  ]);
}
