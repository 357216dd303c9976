/** Which devices a delivery tries, and by which passwords. */

import type { MqttClient } from 'mqtt';
import type { FleetChange, FleetRecord } from '../../fleet/change';
import { secretIdOf } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import type { BrokerHandle } from '../../operate/broker';
import { type ChangedFleet, proveArrivals, proveDepartures } from '../../operate/checks/fleetChange';
import { type Login, Refusal } from '../../operate/client';

const rootSecret = 'r'.repeat(43);
const device = (id: string, generation = 1) => ({ id, generation, role: 'device', metadata: {} });
const nothing: FleetChange = { added: [], revoked: [], rotated: [], reassigned: [] };

/** Lets in who has one of the passwords, and notes who has tried. */
function brokerOf(passwords: Record<string, string>, tried: Login[] = []): BrokerHandle {
  const dial = async (login: Login) => {
    tried.push(login);
    if (passwords[login.username ?? ''] === login.password) return { end: () => {} } as unknown as MqttClient;
    throw new Refusal('refused', { code: 135 });
  };
  return { dial: () => dial, plan: { clientAuthorities: {} } } as unknown as BrokerHandle;
}

const fleetOf = (change: Partial<FleetChange>, before?: Partial<FleetRecord>): ChangedFleet => ({
  order: { rootSecret } as ChangedFleet['order'],
  devices: [device('new'), device('turned', 3), device('stays')],
  before: before && { secretId: secretIdOf(rootSecret), devices: [], revoked: [], ...before },
  change: { ...nothing, ...change },
});

const passwordOf = (id: string, generation: number) => devicePassword(rootSecret, { id, generation });
const words = (results: Array<{ check: string; ok: boolean }>) => results.map(({ check, ok }) => `${check}: ${ok}`);

describe('proveArrivals', () => {
  const change = { added: ['new'], rotated: ['turned'] };

  it('tries who is new and who has a new password, by that', async () => {
    const rehearsed = brokerOf({ new: passwordOf('new', 1), turned: passwordOf('turned', 3) });
    expect(words(await proveArrivals(rehearsed, fleetOf(change)))).toEqual([
      'rehearsal: new logs in: true',
      'rehearsal: turned logs in: true',
    ]);
  });

  it('is disproved by a password of before', async () => {
    const rehearsed = brokerOf({ new: passwordOf('new', 1), turned: passwordOf('turned', 2) });
    expect((await proveArrivals(rehearsed, fleetOf(change))).map(({ ok }) => ok)).toEqual([true, false]);
  });

  it('is disproved where the device is in no list', async () => {
    expect(await proveArrivals(brokerOf({}), fleetOf({ added: ['another'] }))).toMatchObject([
      { ok: false, detail: 'is no device' },
    ]);
  });

  it('tries three of each kind, and nobody where nobody is new', async () => {
    const many = ['a', 'b', 'c', 'd'];
    expect(await proveArrivals(brokerOf({}), fleetOf({ added: many, rotated: many }))).toHaveLength(6);
    expect(await proveArrivals(brokerOf({}), fleetOf({ revoked: many, reassigned: many }))).toEqual([]);
  });
});

describe('proveDepartures', () => {
  const before: Partial<FleetRecord> = {
    devices: [
      ['gone', 4, 'device'],
      ['turned', 2, 'device'],
    ],
  };
  const change = { revoked: ['gone'], rotated: ['turned'] };

  it('tries who has left and who has a new password, by that of before', async () => {
    const tried: Login[] = [];
    expect(words(await proveDepartures(brokerOf({}, tried), 'live', fleetOf(change, before)))).toEqual([
      'live: revoked gone is refused: true',
      'live: turned with its credentials from before is refused: true',
    ]);
    expect(tried).toEqual([
      { username: 'gone', password: passwordOf('gone', 4) },
      { username: 'turned', password: passwordOf('turned', 2) },
    ]);
  });

  it('is disproved by a broker that still takes it', async () => {
    const broker = brokerOf({ gone: passwordOf('gone', 4), turned: passwordOf('turned', 2) });
    expect(await proveDepartures(broker, 'live', fleetOf(change, before))).toMatchObject([
      { ok: false, detail: 'was let in' },
      { ok: false, detail: 'was let in' },
    ]);
  });

  it('tries nobody where no password of before is known', async () => {
    for (const known of [undefined, { ...before, secretId: 'another' }]) {
      expect(await proveDepartures(brokerOf({}), 'live', fleetOf(change, known))).toEqual([]);
    }
    expect(await proveDepartures(brokerOf({}), 'live', fleetOf({ added: ['new'] }, before))).toEqual([]);
  });
});
