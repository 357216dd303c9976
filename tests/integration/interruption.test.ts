/**
 * Proves that an update may be killed at any step: the next one takes over the lock, finishes the work, and leaves one
 * broker, its two volumes and nothing else. The steps are those that the engine itself reports, and moments within a
 * step that Docker reports: a rehearsal that runs, files that are about to be swapped, a container that no state knows.
 *
 * A kill takes the script, the engine, the language host, the providers and the programs that they run. Each update
 * goes on where the one before was killed, so that many kills need few updates; each is killed at the first step that
 * none was killed at. Of each kind of step one is tried, with EVERY_MOMENT=1 all of them. It does not prove anything about
 * a machine that loses power, or about a backend on a server.
 */

import { execute } from '../../operate/docker';
import { kill, killAll, processesOf } from './processes';
import { devLike, docker, Project } from './project';
import { Watch } from './watch';

jest.setTimeout(600_000);

const isEach = process.env.EVERY_MOMENT === '1';

/**
 * Steps that follow one upon the other, so each of them is reached by an update of its own: before anything is there, while
 * and after files are swapped, while a container is made, and at the proof.
 */
const certain = [
  'Stack creating',
  ...(isEach ? ['mqtt-engine creating', 'mqtt-configuration-delivery creating'] : []),
  'rehearsal start',
  'rehearsal swap',
  'mqtt-configuration-delivery created',
  ...(isEach ? ['mqtt-broker-container creating'] : []),
  'broker create',
  ...(isEach ? ['mqtt-broker-container created'] : []),
  'mqtt-verification-run creating',
  ...(isEach ? ['mqtt-verification-run created'] : []),
];

/** Steps that the engine takes side by side: killed at one of them, an update may have taken others. */
const parallel = [
  ...(isEach
    ? ['mqtt-credentials-password-aisa_server creating', 'mqtt-storage-image creating', 'mqtt-storage-image created']
    : []),
  'mqtt-credentials-password-aisa_server created',
  'mqtt-network-own creating',
  ...(isEach ? ['mqtt-network-own created', 'mqtt-storage-configuration creating'] : []),
  'mqtt-storage-data created',
];

const points: readonly string[] = [...certain, ...parallel];

let project: Project;
let stack: string;
let container: string;
let watch: Watch;
let onStep: (step: string) => void = () => {};
const killedAt: string[] = [];

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  stack = own.stack;
  container = `aipi-mqtt-${stack}`;
  project.configure(stack, own.config);
  watch = new Watch(container, (event) => onStep(isSwap(event) ? 'rehearsal swap' : event));
  await watch.open();
});

afterAll(async () => {
  await project.dispose();
  await watch.clear();
  watch.close();
});

test('updates that are killed one after the other come to their end', async () => {
  let last = await update();
  while (last.killed) {
    expect(processesOf(project.folder)).toEqual([]);
    await watch.containers();
    last = await update();
  }
  expect(killedAt).toEqual(expect.arrayContaining(certain));
  expect(killedAt.length).toBeGreaterThan(certain.length);
  expect({ code: last.code, stderr: last.stderr }).toEqual({
    code: 0,
    // One more than a first update has: after a kill the delivery is done again, and the broker is there to be watched.
    stderr: expect.stringMatching(/69 checks passed now/),
  });
});

test('one broker and its two volumes are there, and nothing else', async () => {
  expect(await watch.containers()).toEqual([container]);
  expect(await watch.volumes()).toEqual([`${container}-configuration`, `${container}-data`]);
  const { output } = await execute(docker.getContainer(container), ['ls', '/mosquitto/config/deployed']);
  // The folder's name is by chance ahead of the others or behind them.
  const isFolder = (name: string) => /^[0-9a-f]{16}$/.test(name);
  const names = output.trim().split('\n');
  expect(names.filter(isFolder)).toHaveLength(1);
  expect(names.filter((name) => !isFolder(name))).toEqual(['current', 'owner.json']);
});

test('the state holds every resource, and nothing half done', () => {
  const { resources, pending_operations: pending = [] } = JSON.parse(project.state(stack)).checkpoint.latest;
  const own = resources.filter(({ urn }: { urn: string }) => !urn.includes('::default_'));
  expect(own).toHaveLength(23);
  expect(pending).toEqual([]);
});

test('a preview has nothing to change', async () => {
  const { stdout } = await project.must('preview', stack, '--expect-no-changes');
  expect(stdout).toContain('23 unchanged');
});

/** Runs an update that is killed at the first step that none was killed at; without one it runs to its end. */
async function update() {
  const { child, outcome } = project.start('up', stack);
  let death: Promise<void> | undefined;
  onStep = (step) => {
    if (death !== undefined || !points.includes(step) || killedAt.includes(step)) return;
    killedAt.push(step);
    kill(-(child.pid ?? Number.NaN));
    death = killAll(project.folder);
  };
  child.stdout.on('data', (text) => {
    for (const step of stepsOf(String(text))) onStep(step);
  });
  const ended = await outcome;
  onStep = () => {};
  await death;
  return { ...ended, killed: death !== undefined };
}

/** Steps in lines such as ` +  random:index:RandomPassword credentials-password-aisa_rpi creating (0s)`. */
function stepsOf(text: string): string[] {
  return [...text.matchAll(/^ \+ +(\S+) (\S+) (creating|created)/gm)].map(
    ([, type, name, step]) => `${type === 'pulumi:pulumi:Stack' ? 'Stack' : name} ${step}`,
  );
}

function isSwap(event: string): boolean {
  return event.startsWith('rehearsal exec_create') && event.includes('mv -T');
}
