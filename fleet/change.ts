/** What a new fleet changes about the one that is deployed, and whether that may be. */

import type { Problem } from '../mosquitto/problem';
import type { Device } from './device';

/** What of a fleet is deployed, as it lies beside the broker's files. It holds no secret. */
export interface FleetRecord {
  /** Tells root secrets apart; another one makes every password new. */
  secretId: string;
  /** Id, generation and role of each device. */
  devices: Array<[id: string, generation: number, role: string]>;
  /** Id and last generation of each revoked device: its password must never work again. */
  revoked: Array<[id: string, generation: number]>;
}

/** What changes between two fleets: ids, sorted. */
export interface FleetChange {
  added: string[];
  revoked: string[];
  /** Their password is another one. */
  rotated: string[];
  /** Their role is another one. */
  reassigned: string[];
}

/** What a fleet changes; a first fleet only adds. */
export function fleetChange(
  before: FleetRecord | undefined,
  devices: readonly Device[],
  secretId: string,
): FleetChange {
  const deployed = new Map(before?.devices.map(([id, generation, role]) => [id, { generation, role }]));
  const ids = new Set(devices.map(({ id }) => id));
  const known = devices.filter(({ id }) => deployed.has(id));
  const isNew = before?.secretId !== secretId;
  return {
    added: idsOf(devices.filter(({ id }) => !deployed.has(id))),
    revoked: [...deployed.keys()].filter((id) => !ids.has(id)).sort(),
    rotated: idsOf(known.filter(({ id, generation }) => isNew || deployed.get(id)?.generation !== generation)),
    reassigned: idsOf(known.filter(({ id, role }) => deployed.get(id)?.role !== role)),
  };
}

/** The record to deploy with a fleet. */
export function fleetRecord(
  before: FleetRecord | undefined,
  devices: readonly Device[],
  secretId: string,
): FleetRecord {
  const ids = new Set(devices.map(({ id }) => id));
  // Another root secret makes every password new, so nothing old has to be remembered.
  const known = before?.secretId === secretId ? before : { devices: [], revoked: [] };
  const gone = [...known.revoked, ...known.devices.map(([id, generation]): [string, number] => [id, generation])];
  return {
    secretId,
    devices: devices
      .map(({ id, generation, role }): FleetRecord['devices'][number] => [id, generation, role])
      .sort(byId),
    revoked: gone.filter(([id]) => !ids.has(id)).sort(byId),
  };
}

/**
 * What forbids the change.
 *
 * @param maxRevokedDevicesPercent share of the deployed devices that may be revoked at once
 * @param change what the fleet changes, where that is known already
 */
export function changeProblems(
  before: FleetRecord | undefined,
  devices: readonly Device[],
  secretId: string,
  maxRevokedDevicesPercent: number,
  change?: FleetChange,
): Problem[] {
  if (before === undefined) return [];
  const { revoked } = change ?? fleetChange(before, devices, secretId);
  return [
    ...revocationProblems(before, revoked, maxRevokedDevicesPercent),
    ...(before.secretId === secretId ? generationProblems(before, devices) : []),
  ];
}

function revocationProblems(before: FleetRecord, revoked: readonly string[], percent: number): Problem[] {
  const deployed = before.devices.length;
  const allowed = percent === 100 ? deployed : Math.max(1, Math.floor((deployed * percent) / 100));
  const all = revoked.length === deployed;
  if (revoked.length === 0 || (revoked.length <= allowed && (!all || percent === 100))) return [];
  const share = all ? `all ${deployed} deployed devices` : `${revoked.length} of ${deployed} deployed devices`;
  const needed = all ? 100 : Math.ceil((revoked.length * 100) / deployed);
  const named = revoked.slice(0, 5).join(', ') + (revoked.length > 5 ? ', …' : '');
  return [
    {
      path: 'devices',
      says: `this would revoke ${share} (${named}), and maxRevokedDevicesPercent is ${percent}`,
      remedy: `put them back, or allow it for this once with maxRevokedDevicesPercent: ${needed}`,
    },
  ];
}

function generationProblems(before: FleetRecord, devices: readonly Device[]): Problem[] {
  const deployed = new Map(before.devices.map(([id, generation]) => [id, generation]));
  const revoked = new Map(before.revoked);
  return devices.flatMap(({ id, generation }) => {
    const now = deployed.get(id);
    if (now !== undefined && generation < now) {
      return [
        {
          path: `devices: ${id}`,
          says: `generation ${generation} is behind the deployed ${now}, and a replaced password must not come back`,
          remedy: `write generation: ${now} or more`,
        },
      ];
    }
    const last = revoked.get(id);
    if (last !== undefined && generation <= last) {
      return [
        {
          path: `devices: ${id}`,
          says: `was revoked at generation ${last}, and its password must not come back`,
          remedy: `write generation: ${last + 1}`,
        },
      ];
    }
    return [];
  });
}

function idsOf(devices: readonly Device[]): string[] {
  return devices.map(({ id }) => id).sort();
}

function byId([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : 1;
}
