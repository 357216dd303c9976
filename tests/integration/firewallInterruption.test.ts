/**
 * Proves that a firewall holds whatever ends an update, a destruction, or the program that makes it, at whatever moment:
 * visitors who knock all the time at the ports that are published, before, now and meanwhile, are never answered where
 * neither what runs nor what is wanted lets them in; those who are let in by both are answered afterwards; the next run
 * converges, and a destroyed stack leaves nothing.
 *
 * A first update, one that changes everything, and a destruction are tried at one moment each; with EVERY_MOMENT=1 every
 * change is, at all of them and with each
 * kind of end; then also plain Pulumi, and a broker that gets another name. ONLY_MOMENT takes a pattern of them. A machine
 * that loses power, and one that boots, are not tried.
 */

import { execFile, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { tableName } from '../../mosquitto/firewall';
import { machineOf } from '../../operate/machine';
import { putInForce, takeAway } from '../../operate/nftables';
import { rootWords } from '../../operate/root';
import { pulumi } from '../../setup/pulumi';
import { kill, processesOf, read } from './processes';
import { freePorts, leftovers, Project } from './project';
import { Visitors } from './visitors';
import { Watch } from './watch';

jest.setTimeout(3_600_000);

/** Moments of the program before it does something as root, those of Docker, and the end of the update. */
const steps = ['check', 'script', 'record', 'table', 'list'] as const;
const moments = {
  open: steps.map((step) => `open ${step}`),
  replace: ['broker destroy', 'broker create', 'broker start'],
  settle: steps.map((step) => `settle ${step}`),
  remove: ['files', 'folder'].map((step) => `remove ${step}`),
};

/** Everything of the update, the engine, the command, or the program that makes the table. */
const ends = ['everybody', 'engine', 'command', 'program'] as const;
type End = (typeof ends)[number];

const changes = {
  first: { moments: [...moments.open, 'broker create', 'broker start', ...moments.settle], worth: ['open table'] },
  sources: { moments: [...moments.open, ...moments.settle], worth: ['settle table'] },
  everything: { moments: [...moments.open, ...moments.replace, ...moments.settle], worth: ['broker start'] },
  closed: { moments: [...moments.replace, ...moments.remove], worth: ['remove files'] },
  destroyed: { moments: ['broker destroy', ...moments.remove], worth: ['remove files'] },
};
type Change = keyof typeof changes;

const isEach = process.env.EVERY_MOMENT === '1';
const only = new RegExp(process.env.ONLY_MOMENT ?? '');
const cases = Object.entries(changes)
  .flatMap(([change, { moments: possible, worth }]) =>
    ends.flatMap((end) =>
      possible
        .filter((moment) => worth.includes(moment) || moment === 'open table' || end === 'everybody')
        .filter((moment) => end !== 'program' || !moment.startsWith('broker'))
        .filter(
          (moment) =>
            isEach || (end === 'everybody' && !['sources', 'closed'].includes(change) && worth.includes(moment)),
        )
        .map((moment): [Change, string, End] => [change as Change, moment, end]),
    ),
  )
  .filter((each) => only.test(each.join(' ')));
const none = (_name: string, _run: () => Promise<void>) => {};
const alsoTest = process.env.ONLY_MOMENT === undefined ? test : none;
const eachTest = isEach ? alsoTest : none;

let project: Project;
let stack: string;
let container: string;
let ports: { own: number; old: number; next: number };
let visitors: Visitors;
let watch: Watch;
/** The table of a stack beside this one, whose name begins with that of this one. */
let beside: string;
let onEvent: (event: string) => void = () => {};

/** A network that no other test plays neighbours in. Source: RFC 6598. */
const network = `100.${64 + randomInt(64)}.${randomInt(256)}`;
/** Let in by both lists, by that of before, by that of afterwards, and by none. */
const people = { both: `${network}.5`, before: `${network}.130`, after: `${network}.200`, stranger: `${network}.70` };
const before = [`${network}.0/26`, `${network}.128/26`];
const after = [`${network}.0/26`, `${network}.192/26`];

const sudo = (...words: string[]) => {
  const [program = '', ...args] = rootWords(words);
  return spawnSync(program, args, { encoding: 'utf8' });
};
const table = (name = container) => sudo('nft', '--stateless', 'list', 'table', 'inet', tableName(name)).stdout;
const files = () => {
  const folder = '/etc/aipi-mqtt/firewall';
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(`${container}.`)) : [];
};

const config = (more: object) => ({
  listeners: [
    { port: ports.own, protocol: 'mqtt', bindAddress: '127.0.0.1' },
    { port: ports.old, protocol: 'mqtt', insecurePlaintext: true, bindAddress: '0.0.0.0', ...more },
  ],
  firewall: before,
  maxCutOffClients: 1_000,
});

const wanted = {
  first: () => config({}),
  sources: () => ({ ...config({}), firewall: after }),
  everything: () => ({ ...config({ port: ports.next, bindAddress: ['0.0.0.0'] }), firewall: after }),
  closed: () => config({ bindAddress: '127.0.0.1' }),
  destroyed: () => config({}),
};

beforeAll(async () => {
  project = new Project();
  const [own = 0, old = 0, next = 0] = await freePorts(3);
  ports = { own, old, next };
  stack = `test-${own}`;
  container = `aipi-mqtt-${stack}`;
  plant();
  await putInForce(machineOf(null), { ...besides(), openings: [{ ...somewhere, sources: before }] });
  beside = table(besides().containerName);
  visitors = new Visitors(Object.values(people).flatMap((from) => [old, next].map((port) => ({ from, port }))));
  await visitors.come();
  watch = new Watch(container, (event) => onEvent(event));
  await watch.open();
});

afterAll(async () => {
  await visitors?.leave();
  watch?.close();
  await project.run('destroy', stack);
  await project.dispose();
  expect(table(besides().containerName)).toBe(beside);
  await takeAway(machineOf(null), besides().containerName);
  expect(await leftovers(container)).toEqual([]);
  expect([table(), files()]).toEqual(['', []]);
});

const somewhere = { listener: 'mqtt-1', port: 1, address: '0.0.0.0' };
const besides = () => ({
  containerName: `${container}-beside`,
  networks: [`${container}-beside`],
  owner: { project: 'aipi-mqtt', stack: 'beside', id: 'beside' },
});

/** Lets the program wait at a moment until it is ended: with a file that tells which, and another that it has come. */
const [awaited, reached] = ['awaited', 'reached'].map((name) => () => join(project.folder, name)) as [
  () => string,
  () => string,
];

function plant(): void {
  const path = join(project.folder, 'operate/nftables.ts');
  const wait = `met() {
  test "$(cat ${awaited()} 2>/dev/null)" = "\${process.argv[2]} $1" || return 0
  mv ${awaited()} ${reached()}
  while test -e ${reached()}; do sleep 0.02; done
}
`;
  const lines: Array<[RegExp, string]> = [
    [/^nft --check/m, 'check'],
    [/^mv .*\.nft"$/m, 'script'],
    [/^mv .*\.json"$/m, 'record'],
    [/^nft --file/m, 'table'],
    [/^nft --stateless/m, 'list'],
    [/^rm -f/m, 'files'],
    [/^rmdir/m, 'folder'],
  ];
  const known = readFileSync(path, 'utf8').replace(/^(const (?:put|remove) = `)/gm, (start) => `${start}${wait}`);
  const text = lines.reduce((before, [line, name]) => {
    if (!line.test(before)) throw new Error(`operate/nftables.ts has no ${line}`);
    return before.replace(line, (found) => `met ${name}\n${found}`);
  }, known);
  writeFileSync(path, text);
}

const isEngine = (pid: number) => /(^|\/)pulumi\0/.test(read(pid, 'cmdline'));

function endNow(end: End, command: number): void {
  const own = processesOf(project.folder);
  const pids = {
    everybody: () => own,
    engine: () => own.filter(isEngine),
    command: () => [command],
    program: () => own.filter((pid) => /operate\/firewall\.ts\0/.test(read(pid, 'cmdline'))),
  };
  for (const pid of pids[end]()) kill(pid);
  rmSync(reached(), { force: true });
}

/** Runs a command that is ended at a moment; gives what it said where that moment did not come. */
async function endedAt(command: string, moment: string, end: End): Promise<string> {
  for (const file of [awaited(), reached()]) rmSync(file, { force: true });
  if (!moment.startsWith('broker')) writeFileSync(awaited(), moment);
  const { child, outcome } = project.start(command, stack);
  let isOver = false;
  let isReached = false;
  const act = () => {
    if (isReached) return;
    isReached = true;
    endNow(end, child.pid ?? Number.NaN);
  };
  onEvent = (event) => event === moment && act();
  const looking = (async () => {
    while (!isOver && !isReached) {
      if (existsSync(reached())) act();
      await sleep(5);
    }
  })();
  const { stdout, stderr } = await outcome;
  isOver = true;
  await looking;
  onEvent = () => {};
  for (const file of [awaited(), reached()]) rmSync(file, { force: true });
  // Whoever is left comes to an end by himself.
  for (let tries = 0; processesOf(project.folder).length > 0 && tries < 200; tries += 1) await sleep(50);
  expect(processesOf(project.folder)).toEqual([]);
  return isReached ? 'reached' : `${stdout}${stderr}`;
}

/** Who was answered since they were forgotten, and should not have been, whatever of both was in force. */
function intruders(change: Change): string[] {
  const names = Object.keys(people) as Array<keyof typeof people>;
  const places = names.flatMap((who) => (['old', 'next'] as const).map((port) => ({ who, port })));
  const may = (who: string, port: 'old' | 'next') => {
    const hasBefore = port === 'old';
    const hasAfter = change === 'everything' ? port === 'next' : port === 'old' && change === 'sources';
    return who === 'both' || (who === 'before' && hasBefore) || (who === 'after' && hasAfter);
  };
  const answered = visitors.answered();
  return places
    .filter(({ who, port }, index) => answered[index] && !may(who, port))
    .map(({ who, port }) => `${who} at ${port}`);
}

async function now() {
  const answers = await visitors.now();
  const names = Object.keys(people);
  return Object.fromEntries(names.map((who, index) => [who, [answers[2 * index], answers[2 * index + 1]]]));
}

const only2 = (who: string[], port: 0 | 1) =>
  Object.fromEntries(
    Object.keys(people).map((name) => [
      name,
      [0, 1].map((each) =>
        each === port && who.includes(name) ? 'answered' : expect.stringMatching(/silent|refused/),
      ),
    ]),
  );

const settled = {
  first: () => only2(['both', 'before'], 0),
  sources: () => only2(['both', 'after'], 0),
  everything: () => only2(['both', 'after'], 1),
  closed: () => only2([], 0),
  destroyed: () => only2([], 0),
};

test.each(cases)('%s, at "%s", to %s', async (change, moment, end) => {
  if (change === 'first') await project.run('destroy', stack);
  else {
    project.configure(stack, config({}));
    await project.must('up', stack);
    expect(await now()).toEqual(settled.first());
  }
  visitors.forget();
  project.configure(stack, wanted[change]());
  const command = change === 'destroyed' ? 'destroy' : 'up';
  expect(await endedAt(command, moment, end)).toBe('reached');
  await sleep(500);
  expect(intruders(change)).toEqual([]);

  visitors.forget();
  const { code, stdout, stderr } = await project.run(command, stack);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(intruders(change)).toEqual([]);
  expect(await now()).toEqual(settled[change]());
  if (change === 'closed' || change === 'destroyed') {
    expect([table(), files()]).toEqual(['', []]);
    if (change === 'destroyed') expect(await leftovers(container)).toEqual([]);
    return;
  }
  const inForce = table();
  const second = await project.must('up', stack);
  expect(second.stderr).not.toMatch(/Somebody changed|is gone|killed/);
  expect(table()).toBe(inForce);
});

alsoTest('what was sent in part, because its sender was ended, is not put in force', async () => {
  const here = machineOf(null);
  const firewall = { ...besides(), openings: [{ ...somewhere, sources: after }] };
  const folder = '/etc/aipi-mqtt/firewall';
  const there = () =>
    ['nft', 'json'].map((kind) => readFileSync(join(folder, `${firewall.containerName}.${kind}`), 'utf8'));
  const before = there();
  // Before the record ends, where the script ends, and between its lines that nft would take by themselves.
  for (const part of [/^/, /openings/, /\n/, /delete table .*\n/, /flags interval\n/]) {
    const cut = (input = '') => input.slice(0, (input.match(part)?.index ?? 0) + (input.match(part)?.[0].length ?? 0));
    const machine = { ...here, asRoot: (words: readonly string[], input?: string) => here.asRoot(words, cut(input)) };
    await expect(putInForce(machine, firewall)).rejects.toThrow();
    expect([table(firewall.containerName), there()]).toEqual([beside, before]);
  }
});

alsoTest('a stack that is destroyed after a first update was cut off leaves nothing', async () => {
  await project.run('destroy', stack);
  project.configure(stack, config({}));
  expect(await endedAt('up', 'open check', 'everybody')).toBe('reached');
  expect(files()).not.toEqual([]);
  await project.must('destroy', stack);
  expect([table(), files(), await leftovers(container)]).toEqual(['', [], []]);
});

alsoTest('what runs again after an update has failed is closed as it was', async () => {
  project.configure(stack, config({}));
  await project.must('up', stack);
  visitors.forget();
  const path = join(project.folder, 'operate/verify.ts');
  writeFileSync(path, `process.exit(1);\n${readFileSync(path, 'utf8')}`);
  project.configure(stack, wanted.everything());
  const failed = await project.run('up', stack);
  project.restore('operate/verify.ts');
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('the container from before runs again') });
  expect(intruders('everything')).toEqual([]);
  expect(await now()).toEqual(settled.first());
  project.configure(stack, config({}));
  visitors.forget();
  expect((await project.must('up', stack)).stderr).not.toMatch(/Somebody changed|cut off/);
  expect(intruders('first')).toEqual([]);
  expect(await now()).toEqual(settled.first());
});

alsoTest('two updates at once leave one table, and nothing is open meanwhile', async () => {
  project.configure(stack, wanted.everything());
  visitors.forget();
  const both = [project.start('up', stack), project.start('up', stack)];
  const outcomes = await Promise.all(both.map(({ outcome }) => outcome));
  const codes = outcomes.map(({ code }) => code);
  expect([codes, outcomes]).toEqual([expect.arrayContaining([0]), expect.anything()]);
  for (const { code, stderr } of outcomes) if (code !== 0) expect(stderr).toMatch(/lock/i);
  expect(intruders('everything')).toEqual([]);
  expect(await now()).toEqual(settled.everything());
  expect((await project.must('up', stack)).stderr).not.toMatch(/Somebody changed|cut off/);
});

eachTest('plain pulumi keeps the same order', async () => {
  const { bin, environment } = await pulumi();
  const env = { ...environment, ...project.engineEnvironment };
  const engine = (...words: string[]) =>
    promisify(execFile)(bin, [...words, '--stack', stack, '--non-interactive'], { cwd: project.folder, env });
  await project.run('destroy', stack);
  project.configure(stack, wanted.first());
  await engine('stack', 'init');
  visitors.forget();
  for (const change of ['first', 'everything', 'closed', 'everything'] as const) {
    project.configure(stack, wanted[change]());
    await engine('up', '--yes', '--skip-preview');
    expect(intruders('everything')).toEqual([]);
    expect(await now()).toEqual(settled[change]());
    visitors.forget();
  }
  await engine('state', 'unprotect', '--all', '--yes');
  await engine('destroy', '--yes', '--skip-preview');
  expect(intruders('everything')).toEqual([]);
  expect([table(), files(), await leftovers(container)]).toEqual(['', [], []]);
});

eachTest('a broker of another name takes the table of the one before away', async () => {
  const before = container;
  container = `${before}-renamed`;
  try {
    project.configure(stack, { ...wanted.everything(), containerName: container });
    visitors.forget();
    await project.must('up', stack);
    expect(intruders('everything')).toEqual([]);
    expect(table()).toContain(after[1]);
    await project.must('destroy', stack);
    expect([table(), files()]).toEqual(['', []]);
  } finally {
    container = before;
  }
  expect([table(), files()]).toEqual(['', []]);
});
