/**
 * Proves that a change of the fleet may be killed at any moment that matters: the old fleet or the new one is in force
 * afterwards and never a mixture, devices of both stay connected, and the next update ends with the new one. Of two
 * updates at once one is refused. Killed is the program that delivers, at moments that Docker reports; what becomes of an
 * engine that is killed is proved by interruption.test.ts. It does not prove anything about a machine that loses power.
 */

import { FleetStack, type Pi, pis } from './fleetStack';
import { kill, processesOf, read } from './processes';
import { Watch } from './watch';

jest.setTimeout(300_000);

/** Part of every fleet: a change must not reach them, whatever happens to it. */
const steady = pis(6);
const ids = steady.map(({ id }) => id);

let fleet: FleetStack;
let watch: Watch;
let onStep: (step: string) => void = () => {};

/** The n-th fleet: the one after it adds a device, revokes one and gives one a new password. */
function members(n: number): Pi[] {
  return [...steady, { id: `guest-${n}` }, { id: 'turning', generation: n + 1 }];
}

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy(members(0));
  watch = new Watch(fleet.container, (event) => onStep(event));
  await watch.open();
  await fleet.connect(steady);
});

afterEach(() => {
  onStep = () => {};
});

afterAll(async () => {
  await fleet.dispose();
  await watch.clear();
  watch.close();
});

function deliverers(): number[] {
  return processesOf(fleet.project.folder).filter((pid) => read(pid, 'cmdline').includes('operate/deliver.ts'));
}

function killDeliverers(): void {
  for (const pid of deliverers()) kill(pid);
}

/** Lets the deliverer start the swap, and nothing after it. */
function killAfterSwap(step: string): void {
  if (isSwap('exec_start')(step)) for (const pid of deliverers()) process.kill(pid, 'SIGSTOP');
  else killDeliverers();
}

function isSwap(action: string) {
  return (step: string) => step.startsWith(`rehearsal ${action}`) && step.includes('mv -T');
}

/** Where the delivery is killed, by what Docker reports then. */
const points: Array<[string, (step: string) => boolean, (step: string) => void]> = [
  ['a rehearsal starts', (step) => step === 'rehearsal start', killDeliverers],
  ['the files are about to be swapped', isSwap('exec_create'), killDeliverers],
  ['the files are swapped, and the broker does not know', swapAndAfter(), killAfterSwap],
  ['the broker reads the new files', (step) => step.startsWith('broker exec_start: kill -HUP'), killDeliverers],
];

/** The beginning of the swap, and the end of the same. */
function swapAndAfter() {
  let begun = false;
  return (step: string) => {
    const ended = begun && step === 'rehearsal exec_die';
    if (isSwap('exec_start')(step)) begun = true;
    return ended || isSwap('exec_start')(step);
  };
}

test.each(points.map((point, index) => [...point, index] as const))(
  'a delivery that is killed as %s leaves one fleet in force, and the next update ends with the new one',
  async (_, matches, action, index) => {
    const [before, after] = [members(index), members(index + 1)];
    const changing = [...before.slice(6), ...after.slice(6)];
    let killed = 0;
    onStep = (step) => {
      if (!matches(step)) return;
      killed += deliverers().length;
      action(step);
    };
    const standing = await fleet.standing();
    expect((await fleet.change(after)).code).not.toBe(0);
    onStep = () => {};
    expect(killed).toBeGreaterThan(0);
    expect(deliverers()).toEqual([]);
    expect(await fleet.served()).toEqual(ids);
    expect([before.slice(6), after.slice(6)]).toContainEqual(await fleet.welcome(changing));

    expect((await fleet.change(after)).code).toBe(0);
    expect(await fleet.served()).toEqual(ids);
    expect(await fleet.welcome(changing)).toEqual(after.slice(6));
    expect(await fleet.standing()).toEqual({ ...standing, current: expect.any(String) });
    expect(await watch.containers()).toEqual([fleet.container]);
  },
);

test('of two updates at once one is refused, and the fleet of the other is in force', async () => {
  const [first, second] = [members(5), members(6)];
  let late: ReturnType<FleetStack['change']> | undefined;
  onStep = (step) => {
    if (step === 'rehearsal start') late ??= fleet.change(second);
  };
  const { code } = await fleet.change(first);
  const refused = await late;
  expect([code, refused?.code]).toEqual([0, expect.any(Number)]);
  expect(refused?.code).not.toBe(0);
  expect(`${refused?.stdout}${refused?.stderr}`).toContain('the stack is currently locked');
  expect(await fleet.served()).toEqual(ids);
  expect(await fleet.welcome([...first.slice(6), ...second.slice(6)])).toEqual(first.slice(6));
  expect((await fleet.change(second)).code).toBe(0);
  expect(await fleet.welcome([...first.slice(6), ...second.slice(6)])).toEqual(second.slice(6));
  expect(await fleet.served()).toEqual(ids);
});
