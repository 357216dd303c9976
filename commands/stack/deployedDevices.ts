/** The devices of a stack, as they are deployed. */

import { closest } from 'fastest-levenshtein';
import { type Device, fleetDigest } from '../../fleet/device';
import type { DeployedFleet, Enrolment } from '../../fleet/enrolment';
import { unpack } from '../../fleet/packing';
import { quoted } from '../../mosquitto/quoted';
import type { Stack } from './stack';

export type EnrolmentOutput = Enrolment & { fleet: DeployedFleet };

/** @throws Error where no listener is for devices */
export function enrolmentOf({ name }: Stack, { enrolment }: Record<string, unknown>): EnrolmentOutput {
  if (enrolment) return enrolment as EnrolmentOutput;
  throw new Error(`No listener of ${name} is for devices; write clients: devices at one, then run up`);
}

/**
 * The deployed devices. A fleet that is too large for the outputs is read from the repository, if it is the same.
 *
 * @throws Error where it is another one
 */
export function devicesOf({ name, settings }: Stack, { fleet }: EnrolmentOutput): Device[] {
  if (fleet.packed !== null) return unpack(fleet.packed);
  if (fleetDigest(settings.devices) === fleet.digest) return settings.devices;
  throw new Error(
    `The devices of this folder are not the ${fleet.count} that are deployed; run "npm run up -- ${name}", ` +
      'or go to the version that was deployed',
  );
}

/** @throws Error naming the nearest one where there is none of the id */
export function find(id: string, devices: readonly Device[], stack: string): Device {
  const device = devices.find((each) => each.id === id);
  if (device !== undefined) return device;
  const near =
    devices.length === 0
      ? ''
      : ` Did you mean "${closest(
          id,
          devices.map((each) => each.id),
        )}"?`;
  throw new Error(`${quoted(id)} is no device of ${stack}.${near} "npm run devices -- ${stack}" lists them`);
}
