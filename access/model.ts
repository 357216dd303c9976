/** What of a stack says who may do what. Nothing of it is secret. */

import type { Device } from '../fleet/device';
import type { Role } from '../fleet/role';
import type { UserAcl } from '../mosquitto/acl';
import type { Listener } from '../mosquitto/listeners';

export interface AccessModel {
  /** In the order of the configuration, by which their lines are named. */
  accounts: readonly UserAcl[];
  /** In the order of the configuration. */
  roles: readonly Role[];
  devices: ReadonlyArray<Pick<Device, 'id' | 'role'>>;
  /** In the order of the configuration. */
  listeners: readonly Listener[];
  /** Networks for every listener that has none of its own. */
  firewall: readonly string[];
  /** Docker network whose containers reach every listener; null for none. */
  network: string | null;
}

/** That part of something that holds more, passwords and keys perhaps. */
export function accessModel(whole: AccessModel): AccessModel {
  return {
    accounts: whole.accounts.map(({ username, rules }) => ({ username, rules })),
    roles: whole.roles,
    devices: whole.devices.map(({ id, role }) => ({ id, role })),
    listeners: whole.listeners,
    firewall: whole.firewall,
    network: whole.network,
  };
}
