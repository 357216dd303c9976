/** The fleet of a stack: what is deployed, and who is connected. */

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
  /** Another user that holds the client id of this device; null where none does. */
  taken_by: string | null;
}

/** What the log says of each device. */
export function statusOf(devices: readonly Device[], log: string): DeviceStatus[] {
  const connections = connectionsOf(log);
  return devices.map(({ id, generation, role }) => ({ id, generation, role, ...presence(id, connections) }));
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
  const rows = statuses.map(({ id, generation, role, connected, since, address, taken_by: by }) => [
    id,
    String(generation),
    role,
    connected === null ? 'unknown' : connected ? 'connected' : by === null ? 'away' : `taken over by ${by}`,
    since ?? '',
    address ?? '',
  ]);
  return columns([['device', 'generation', 'role', 'state', 'since', 'address'], ...rows]);
}
