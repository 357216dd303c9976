/** The devices of a delivery: read, compared with what is deployed, and turned into files. */

import { resolve } from 'node:path';
import type Docker from 'dockerode';
import { serialOf } from '../certificates/client';
import { changeProblems, type FleetChange, type FleetRecord, fleetChange } from '../fleet/change';
import type { FleetOrder } from '../fleet/delivery';
import { type Device, fleetDigest } from '../fleet/device';
import { deviceFiles, readRecord, secretIdOf } from '../fleet/files';
import { readDeviceList } from '../fleet/listFile';
import { devicePassword } from '../fleet/secrets';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import type { CheckResult } from '../mosquitto/result';
import { bridgeDial } from './bridge';
import { check, Disproved } from './checks/check';
import { refused } from './checks/logins';
import { hangUp, type Login } from './client';
import { playedCertificate } from './playedCertificate';
import type { Deployed } from './rehearsal';

/** A fleet that is about to be deployed. */
export interface Fleet {
  devices: Device[];
  before: FleetRecord | undefined;
  change: FleetChange;
  files: BrokerFiles;
}

/** How many devices of each kind of change are tried. */
const tried = 3;

/**
 * Reads the devices and makes their files.
 *
 * @throws Error when the list is not the one that was checked, or the change is refused
 */
export async function fleetOf(order: FleetOrder, deployed: Deployed): Promise<Fleet> {
  const devices = devicesOf(order);
  const before = readRecord(await deployed(fileNames.fleet));
  const secretId = secretIdOf(order.rootSecret);
  const problems = changeProblems(before, devices, secretId, order.maxRevokedDevicesPercent);
  if (problems.length > 0) throw new Error(`the fleet is refused; nothing was changed:\n${problems.join('\n')}`);
  return {
    devices,
    before,
    change: fleetChange(before, devices, secretId),
    files: deviceFiles(order.roles, devices, order.rootSecret, before),
  };
}

function devicesOf({ devices, file, digest }: FleetOrder): Device[] {
  const listed = file === null ? [] : readDeviceList(resolve('.'), file).entries;
  const all = [...devices, ...listed.map(({ id, generation, role, metadata }) => ({ id, generation, role, metadata }))];
  if (fleetDigest(all) !== digest) throw new Error(`devicesFile: ${file} has changed since it was read; run up again`);
  return all;
}

/** Checks on a rehearsal that devices that are new, or have a new password, get in. */
export function proveArrivals(
  rehearsed: Docker.Container,
  plan: VerificationPlan,
  { rootSecret }: FleetOrder,
  { devices, change }: Fleet,
): Promise<CheckResult[]> {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const dial = bridgeDial(rehearsed, plan, 'devices');
  const ids = [...change.added.slice(0, tried), ...change.rotated.slice(0, tried)];
  return Promise.all(
    ids.map((id) =>
      check(`rehearsal: ${id} logs in`, async () => {
        const device = byId.get(id);
        if (device === undefined) throw new Disproved('is no device');
        hangUp(await dial({ username: id, password: devicePassword(rootSecret, device) }));
        return `accepted at generation ${device.generation}`;
      }),
    ),
  );
}

/**
 * Checks that passwords that are no longer valid are refused. Nobody is disturbed by it, so it may be done on the live
 * broker. Of another root secret no old password is known.
 */
export function proveDepartures(
  broker: Docker.Container,
  place: string,
  plan: VerificationPlan,
  { rootSecret }: FleetOrder,
  { before, change }: Fleet,
): Promise<CheckResult[]> {
  if (before === undefined || before.secretId !== secretIdOf(rootSecret)) return Promise.resolve([]);
  const generations = new Map(before.devices.map(([id, generation]) => [id, generation]));
  const dial = bridgeDial(broker, plan, 'devices');
  const asksCertificate = plan.clientAuthorities.devices !== undefined;
  const old = async (id: string): Promise<Login> => {
    const generation = generations.get(id) ?? 1;
    const serial = serialOf('devices', id, generation);
    return {
      username: id,
      password: devicePassword(rootSecret, { id, generation }),
      ...(asksCertificate && { certificate: await playedCertificate(plan, 'devices', id, serial) }),
    };
  };
  const isRefused = async (claim: string, id: string) => refused(`${place}: ${claim}`, dial, await old(id));
  return Promise.all([
    ...change.revoked.slice(0, tried).map((id) => isRefused(`revoked ${id} is refused`, id)),
    ...change.rotated.slice(0, tried).map((id) => isRefused(`${id} with its credentials from before is refused`, id)),
  ]);
}
