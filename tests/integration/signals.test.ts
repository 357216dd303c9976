/**
 * Proves that an update may be ended by whatever signal: what the next one says is what the broker has, though the change
 * was taken back meanwhile, and nothing stays that holds the lock, a container or a secret. Each signal goes to everybody
 * of the terminal, and to npm alone. Devices that no change reaches stay connected throughout.
 *
 * Each kind of end is tried at one moment of the update, and with EVERY_MOMENT=1 at all ten of them. A machine that
 * loses power is not tried.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileNames } from '../../mosquitto/files';
import { deployedFile, deployedFiles } from '../../operate/deployed';
import { FleetStack, pis } from './fleetStack';
import { processesOf } from './processes';
import { docker } from './project';
import { Watch } from './watch';

jest.setTimeout(3_600_000);

const steady = pis(3);
/** A revoked device must not come back, so each change adds another one. */
let guest = { id: 'guest-0' };

/** Moments of an update that adds a device, as the update itself or Docker reports them. */
const moments = [
  'forecast',
  'Updating',
  'mqtt-configuration-delivery updating',
  'rehearsal start',
  'rehearsal proof',
  'rehearsal swap',
  'rehearsal swapped',
  'broker reload',
  'mqtt-verification-run updating',
  'mqtt-verification-run updated',
] as const;

const ends = (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const).flatMap((signal) =>
  (['everybody', 'npm alone'] as const).map((whom) => ({ signal, whom })),
);

const cases = ends.flatMap(({ signal, whom }, index) =>
  moments
    .filter((_, at) => process.env.EVERY_MOMENT === '1' || at === index + (index > 3 ? 2 : 1))
    .map((moment): [NodeJS.Signals, string, string] => [signal, whom, moment]),
);

let fleet: FleetStack;
let watch: Watch;
let onMoment: (moment: string) => void = () => {};
let isSwapping = false;

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy(steady);
  watch = new Watch(fleet.container, (event) => onMoment(momentOf(event)));
  await watch.open();
  await fleet.connect(steady);
});

afterEach(async () => {
  onMoment = () => {};
  // Does nothing unless the test has failed: each begins with the same fleet.
  if (await isDeployed()) await fleet.mustChange(steady);
});

afterAll(async () => {
  await fleet.dispose();
  await watch.clear();
  watch.close();
});

test.each(cases)('%s to %s at "%s"', async (signal, whom, moment) => {
  guest = { id: `guest-${Number(guest.id.split('-')[1]) + 1}` };
  fleet.configure([...steady, guest]);
  const reached = await endedAt(moment, signal, whom === 'everybody');
  const isWaitedFor = signal === 'SIGINT' || signal === 'SIGTERM';
  // The other ones end npm itself.
  expect(reached).toEqual({ moment, running: isWaitedFor ? [] : expect.any(Array) });
  expect(await left()).toEqual({
    processes: [],
    // Where nobody was left to take it away, a lock of a process that is no more may stay for the next update.
    locks: signal === 'SIGKILL' ? expect.any(Array) : [],
    containers: [fleet.container],
  });
  const wasDeployed = await isDeployed();

  const { code, stdout, stderr } = await fleet.change(steady);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(stderr.includes(`1 device to be revoked, and out at once: ${guest.id}`)).toBe(wasDeployed);
  expect(await fleet.welcome([guest])).toEqual([]);
  expect(await fleet.served()).toEqual(steady.map(({ id }) => id));
  const { checkpoint } = JSON.parse(fleet.project.state(fleet.stack));
  expect(checkpoint.latest.pending_operations ?? []).toEqual([]);
  expect((await left()).locks).toEqual([]);
  const [root] = checkpoint.latest.resources;
  expect(root.outputs.verification.delivered).toBe((await deployedFiles(broker())).folder);
});

/**
 * Starts an update and ends it at a moment; gives the moment and what still ran when npm had ended, or what was seen in
 * its place.
 */
async function endedAt(moment: string, signal: NodeJS.Signals, isEverybody: boolean) {
  const { child, outcome } = fleet.project.startByNpm('up', fleet.stack);
  const pid = child.pid ?? Number.NaN;
  let reached = false;
  onMoment = (seen) => {
    if (seen !== moment || reached) return;
    reached = true;
    process.kill(isEverybody ? -pid : pid, signal);
  };
  const read = (text: string) => {
    if (text.includes('1 device to be added')) onMoment('forecast');
    if (text.includes('Updating (')) onMoment('Updating');
    for (const [, name, step] of text.matchAll(/^ ~ +\S+ (\S+) (updating|updated)/gm)) onMoment(`${name} ${step}`);
  };
  child.stdout.on('data', (text) => read(String(text)));
  child.stderr.on('data', (text) => read(String(text)));
  let running: number[] = [];
  child.once('exit', () => {
    running = processesOf(fleet.project.folder);
  });
  const { stdout, stderr } = await outcome;
  onMoment = () => {};
  return reached ? { moment, running } : { stdout, stderr };
}

/** What an ended update has left, once it had a few seconds to come to its end. */
async function left() {
  const locks = join(fleet.project.folder, 'state', '.pulumi', 'locks', 'organization', 'aipi-mqtt', fleet.stack);
  for (let tries = 0; ; tries += 1) {
    const found = {
      processes: processesOf(fleet.project.folder),
      locks: existsSync(locks) ? readdirSync(locks).filter((name) => name.endsWith('.json')) : [],
      containers: await watch.containers(),
    };
    const isClean = found.processes.length === 0 && found.locks.length === 0 && found.containers.length === 1;
    if (isClean || tries === 100) return found;
    await sleep(100);
  }
}

function momentOf(event: string): string {
  if (event.startsWith('rehearsal exec_start') && event.includes('mv -T')) {
    isSwapping = true;
    return 'rehearsal swap';
  }
  if (isSwapping && event === 'rehearsal exec_die') {
    isSwapping = false;
    return 'rehearsal swapped';
  }
  // The shells that carry connections into it.
  if (event.startsWith('rehearsal exec_start: sh -c ')) return 'rehearsal proof';
  return event.startsWith('broker exec_start: kill -HUP') ? 'broker reload' : event;
}

/** Whether the device is in the files that the broker reads; the record tells those that are out, too. */
async function isDeployed(): Promise<boolean> {
  const { devices } = JSON.parse((await deployedFile(broker(), fileNames.fleet)) ?? '{}');
  return devices.some(([id]: [string]) => id === guest.id);
}

function broker() {
  return docker.getContainer(fleet.container);
}
