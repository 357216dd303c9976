/** The devices of a delivery, read from their list. */

import { resolve } from 'node:path';
import { type Device, fleetDigest } from '../fleet/device';
import { readDeviceList } from '../fleet/list/file';
import type { ListedFleet } from '../watching/exporterSettings';

/** @throws Error when the list is not the one that was checked */
export function devicesOf({ devices, file, digest }: ListedFleet): Device[] {
  const listed = file === null ? [] : readDeviceList(resolve('.'), file).entries;
  const all = [...devices, ...listed.map(({ id, generation, role, metadata }) => ({ id, generation, role, metadata }))];
  if (fleetDigest(all) !== digest) throw new Error(`devicesFile: ${file} has changed since it was read; run up again`);
  return all;
}
