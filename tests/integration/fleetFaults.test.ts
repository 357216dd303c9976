/**
 * Proves that a change of the fleet may be killed at any moment that matters: the old fleet or the new one is in force
 * afterwards and never a mixture, devices of both stay connected, and the next update ends with the new one. Of two
 * updates at once one is refused. Killed is the program that delivers, at moments that Docker reports; what becomes of an
 * engine that is killed is proved by interruption.test.ts. It does not prove anything about a machine that loses power.
 */

import { FleetStack } from './fleetStack';
import { changing, type Moment, Moments, steady, steadyIds } from './moments';

jest.setTimeout(300_000);

let fleet: FleetStack;
let moments: Moments;

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy([...steady, ...changing(0)]);
  moments = new Moments(fleet);
  await moments.open();
  await fleet.connect(steady);
});

afterEach(() => moments.never());

afterAll(async () => {
  await fleet.dispose();
  await moments.close();
});

const points: Array<[string, Moment]> = [
  ['a rehearsal starts', 'rehearsal'],
  ['the files are being swapped', 'swap'],
  ['the files are swapped, and the broker does not know', 'swapped'],
  ['the broker reads the new files', 'reload'],
];

test.each(points)(
  'killed as %s, a delivery leaves one fleet in force, and the next update ends with the new one',
  async (_, moment) => {
    const index = points.findIndex((point) => point[1] === moment);
    const [before, after] = [changing(index), changing(index + 1)];
    const standing = await fleet.standing();
    moments.at(moment, () => moments.killDelivery());
    expect((await fleet.change([...steady, ...after])).code).not.toBe(0);
    expect(moments.met).toBeGreaterThan(0);
    expect(moments.deliverers()).toEqual([]);
    expect(await fleet.served()).toEqual(steadyIds);
    expect([before, after]).toContainEqual(await fleet.welcome([...before, ...after]));

    await fleet.mustChange([...steady, ...after]);
    expect(await fleet.served()).toEqual(steadyIds);
    expect(await fleet.welcome([...before, ...after])).toEqual(after);
    expect(await fleet.standing()).toEqual({ ...standing, current: expect.any(String) });
    expect(await moments.containers()).toEqual([fleet.container]);
  },
);

test('of two updates at once one is refused, and the fleet of the other is in force', async () => {
  const [before, after] = [changing(5), changing(6)];
  let late: ReturnType<FleetStack['change']> | undefined;
  // The first one holds still until the other has had its answer, however long that takes to start.
  moments.at('rehearsal', () => {
    moments.halt();
    late = fleet.change([...steady, ...after]).finally(() => moments.wake());
  });
  const { code } = await fleet.change([...steady, ...before]);
  const refused = await late;
  expect(code).toBe(0);
  expect(refused?.code).toBeGreaterThan(0);
  expect(`${refused?.stdout}${refused?.stderr}`).toContain('the stack is currently locked');
  expect(await fleet.served()).toEqual(steadyIds);
  expect(await fleet.welcome([...before, ...after])).toEqual(before);
  await fleet.mustChange([...steady, ...after]);
  expect(await fleet.welcome([...before, ...after])).toEqual(after);
  expect(await fleet.served()).toEqual(steadyIds);
});
