/**
 * Proves that a broker that is killed while a change of the fleet is delivered comes back by itself with the old fleet or
 * the new one, and that the next update ends with the new one, in the same container; and that a change that was killed
 * can be taken back. It does not prove anything about a Docker engine or a machine that is restarted in that moment.
 */

import { FleetStack } from './fleetStack';
import { changing, type Moment, Moments, steady } from './moments';
import { kill } from './processes';
import { docker } from './project';

jest.setTimeout(300_000);

let fleet: FleetStack;
let moments: Moments;

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy([...steady, ...changing(0)]);
  moments = new Moments(fleet);
  await moments.open();
});

afterEach(() => moments.never());

afterAll(async () => {
  await fleet.dispose();
  await moments.close();
});

const points: Array<[string, Moment]> = [
  ['a rehearsal runs', 'rehearsal'],
  ['its files are swapped, and before it is told', 'swapped'],
  ['it is told', 'reload'],
];

test.each(points)(
  'a broker that is killed as %s comes back with one fleet, and the next update ends with the new one',
  async (_, moment) => {
    const index = points.findIndex((point) => point[1] === moment);
    const [before, after] = [changing(index), changing(index + 1)];
    const { Id, RestartCount } = await fleet.standing();
    // The engine's own way to kill would end the restart policy.
    const { Pid } = (await docker.getContainer(fleet.container).inspect()).State;
    moments.at(moment, () => {
      kill(Pid);
      // The delivery that was about to tell it finds the next broker.
      if (moment === 'swapped') moments.at('restarted', () => moments.wake());
    });
    const { code } = await fleet.change([...steady, ...after]);
    expect(moments.met).toBeGreaterThan(0);
    await fleet.awake();
    const inForce = await fleet.welcome([...before, ...after]);
    expect(code === 0 ? [after] : [before, after]).toContainEqual(inForce);
    expect(await fleet.welcome(steady)).toEqual(steady);
    expect(await fleet.standing()).toMatchObject({ Id, RestartCount: RestartCount + 1 });

    await fleet.mustChange([...steady, ...after]);
    expect(await fleet.welcome([...before, ...after])).toEqual(after);
    expect(await fleet.standing()).toMatchObject({ Id, RestartCount: RestartCount + 1 });
    expect(await moments.containers()).toEqual([fleet.container]);
  },
);

test('a change that was killed and is taken back is out of force after the next update', async () => {
  const before = [...steady, ...changing(points.length)];
  const stranger = { id: 'stranger' };
  moments.at('reload', () => moments.killDelivery());
  expect((await fleet.change([...before, stranger])).code).not.toBe(0);
  await fleet.mustChange(before);
  expect(await fleet.welcome([...before, stranger])).toEqual(before);
});
