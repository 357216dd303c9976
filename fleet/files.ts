/** The broker's files that say who the devices are and what they may do. */

import { createHash } from 'node:crypto';
import { renderAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { renderPasswords } from '../mosquitto/passwords';
import { deviceAcl } from './access';
import { type FleetRecord, fleetRecord } from './change';
import type { Device } from './device';
import { canaryDevice, probeDevices } from './probe';
import type { Role } from './role';
import { devicePassword } from './secrets';

/** Tells root secrets apart without telling anything about them. */
export function secretIdOf(rootSecret: string): string {
  return createHash('sha256').update(`aipi-mqtt secret id\n${rootSecret}`).digest('hex').slice(0, 16);
}

/**
 * Password file, ACL file and record of a fleet, its probes among the users.
 *
 * @param before what is deployed; undefined for a first fleet
 * @param isWatched whether an exporter logs in as a device, too
 */
export function deviceFiles(
  roles: readonly Role[],
  devices: readonly Device[],
  rootSecret: string,
  before: FleetRecord | undefined,
  isWatched = false,
): BrokerFiles {
  const users = [...devices, ...probeDevices(roles, devices), ...(isWatched ? canaryDevice(roles) : [])];
  const credentials = users.map((device) => ({ username: device.id, password: devicePassword(rootSecret, device) }));
  const acl = deviceAcl(roles, users);
  return {
    [fileNames.devicePasswords]: renderPasswords(credentials),
    [fileNames.deviceAcl]: renderAcl(acl.users, acl.patterns),
    [fileNames.fleet]: `${JSON.stringify(fleetRecord(before, devices, secretIdOf(rootSecret)))}\n`,
  };
}
