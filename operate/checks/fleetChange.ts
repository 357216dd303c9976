/** Whether a change of devices has come to the broker: who is new gets in, and who has left does not. */

import { serialOf } from '../../certificates/client';
import type { FleetChange, FleetRecord } from '../../fleet/change';
import type { FleetOrder } from '../../fleet/delivery';
import type { Device } from '../../fleet/device';
import { secretIdOf } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import type { CheckResult } from '../../mosquitto/result';
import type { BrokerHandle } from '../broker';
import { hangUp, type Login } from '../client';
import { playedCertificate } from '../playedCertificate';
import { check, Disproved } from './check';
import { refused } from './logins';

/** What changes, and what passwords are derived from. */
export interface ChangedFleet {
  order: FleetOrder;
  devices: readonly Device[];
  before: FleetRecord | undefined;
  change: FleetChange;
}

/** How many devices of each kind of change are tried. */
const tried = 3;

/** Checks on a rehearsal that devices that are new, or have a new password, get in. */
export function proveArrivals(
  rehearsed: BrokerHandle,
  { order, devices, change }: ChangedFleet,
): Promise<CheckResult[]> {
  const byId = new Map(devices.map((device) => [device.id, device]));
  const ids = [...change.added.slice(0, tried), ...change.rotated.slice(0, tried)];
  if (ids.length === 0) return Promise.resolve([]);
  const dial = rehearsed.dial('devices');
  return Promise.all(
    ids.map((id) =>
      check(`rehearsal: ${id} logs in`, async () => {
        const device = byId.get(id);
        if (device === undefined) throw new Disproved('is no device');
        hangUp(await dial({ username: id, password: devicePassword(order.rootSecret, device) }));
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
  broker: BrokerHandle,
  place: string,
  { order: { rootSecret }, before, change }: ChangedFleet,
): Promise<CheckResult[]> {
  const gone = [...change.revoked.slice(0, tried), ...change.rotated.slice(0, tried)];
  if (before === undefined || before.secretId !== secretIdOf(rootSecret) || gone.length === 0) {
    return Promise.resolve([]);
  }
  const generations = new Map(before.devices.map(([id, generation]) => [id, generation]));
  const dial = broker.dial('devices');
  const asksCertificate = broker.plan.clientAuthorities.devices !== undefined;
  const old = async (id: string): Promise<Login> => {
    const generation = generations.get(id) ?? 1;
    const serial = serialOf('devices', id, generation);
    return {
      username: id,
      password: devicePassword(rootSecret, { id, generation }),
      ...(asksCertificate && { certificate: await playedCertificate(broker.plan, 'devices', id, serial) }),
    };
  };
  const isRefused = async (claim: string, id: string) => refused(`${place}: ${claim}`, dial, await old(id));
  return Promise.all([
    ...change.revoked.slice(0, tried).map((id) => isRefused(`revoked ${id} is refused`, id)),
    ...change.rotated.slice(0, tried).map((id) => isRefused(`${id} with its credentials from before is refused`, id)),
  ]);
}
