/**
 * Proves that a broker that is killed while a change of the fleet is delivered comes back by itself with the old fleet or
 * the new one, that devices of both may log in again, and that the next update ends with the new one, in the same
 * container. It does not prove anything about a Docker engine or a machine that is restarted in that moment.
 */

import { accepted } from './clients';
import { FleetStack, type Pi, pis } from './fleetStack';
import { docker } from './project';
import { Watch } from './watch';

jest.setTimeout(300_000);

const steady = pis(6);
const ids = steady.map(({ id }) => id);

let fleet: FleetStack;
let watch: Watch;
let onStep: (step: string) => void = () => {};

function members(n: number): Pi[] {
  return [...steady, { id: `guest-${n}` }, { id: 'turning', generation: n + 1 }];
}

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy(members(0));
  watch = new Watch(fleet.container, (event) => onStep(event));
  await watch.open();
});

afterAll(async () => {
  await fleet.dispose();
  await watch.clear();
  watch.close();
});
