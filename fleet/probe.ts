/** Devices that verification plays: they reach topics of their own ids only, so no real device ever hears of them. */

import type { UserAcl } from '../mosquitto/acl';
import { probeLevel } from '../mosquitto/witness';
import type { Device } from './device';
import { type Role, rulesFor } from './role';
import { devicePassword } from './secrets';

const probeGeneration = 1;

/**
 * One device for each role in use, and a second one of the first role, for the role to try what belongs to another
 * device. A fleet without devices is proved by the first role.
 */
export function probeDevices(roles: readonly Role[], devices: readonly Device[]): Device[] {
  const names = new Set(devices.map(({ role }) => role));
  const inUse = roles.filter(({ name }) => names.has(name));
  const proved = inUse.length === 0 ? roles.slice(0, 1) : inUse;
  const [first] = proved;
  const probe = (id: string, role: Role): Device => ({
    id,
    role: role.name,
    generation: probeGeneration,
    metadata: {},
  });
  return [
    ...(first === undefined ? [] : [probe(probeLevel, first)]),
    ...proved.map((role) => probe(`${probeLevel}.${role.name}`, role)),
  ];
}

/**
 * The device by which an exporter sees whether the listeners for devices answer. No role has a name with a dot, so that it
 * is none of the devices above.
 */
export const canaryId = `${probeLevel}.exporter.canary`;

/** As a device of the first role. */
export function canaryDevice([first]: readonly Role[]): Device[] {
  return first === undefined ? [] : [{ id: canaryId, role: first.name, generation: probeGeneration, metadata: {} }];
}

/** What the probes may do. */
export function probeAcls(roles: readonly Role[], devices: readonly Device[]): UserAcl[] {
  const byName = new Map(roles.map((role) => [role.name, role]));
  return probeDevices(roles, devices).flatMap(({ id, role: name }) => {
    const role = byName.get(name);
    return role === undefined ? [] : [{ username: id, rules: rulesFor(role, id) }];
  });
}

/** The password of a probe; it is the one that the broker's files hold. */
export function probePassword(rootSecret: string, id: string): string {
  return devicePassword(rootSecret, { id, generation: probeGeneration });
}
