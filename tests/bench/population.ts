/** Devices in numbers. */

import { randomBytes } from 'node:crypto';
import { type Device, defaultRole } from '../../fleet/device';

/** A device with an id that counts. */
export function numbered(number: number, role = defaultRole): Device {
  return { id: `pi-${String(number).padStart(6, '0')}`, generation: 1, role, metadata: {} };
}

/** `pi-000001` and so on. */
export function counting(count: number): Device[] {
  return Array.from({ length: count }, (_, index) => numbered(index + 1));
}

/** Ids of 8 random hex digits, as serial numbers are: they cannot be compressed. */
export function random(count: number): Device[] {
  const ids = new Set<string>();
  while (ids.size < count) ids.add(randomBytes(4).toString('hex'));
  return [...ids].map((id) => ({ ...numbered(0), id }));
}
