/**
 * Proves that every command answers in every state that a stack can be in: with the right result, or with one sentence
 * and a remedy, and never with a stack trace. Two stacks are walked through the states side by side, and each cell of
 * the table is held to what was answered then.
 *
 * Does not prove what an update or a proof does in detail: the suites of drift, faults and dev do. Of the earlier version
 * only what the stack says of itself is played, not its resources.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { devLike, docker, leftovers, type Outcome, Project } from './project';
import { type Cell, commands, type State, states, table } from './states';

jest.setTimeout(900_000);

const project = new Project();
const names: string[] = [];
const answers = new Map<string, Outcome>();

/** Where no Docker engine is. */
const nowhere = 'unix:///aipi-mqtt-no-such-place.sock';

const words: Record<string, string[]> = {
  verify: ['--json'],
  devices: ['--json'],
  certificates: ['--json'],
  provision: ['--all', '--format', 'json'],
  outputs: ['--json'],
};

/** Commands that change nothing; they run at once, as monitors do. */
const readers = ['verify', 'outputs', 'certificates', 'devices', 'provision', 'preview'] as const;

async function ask(state: State, stack: string, ...asked: ReadonlyArray<(typeof commands)[number]>): Promise<void> {
  await Promise.all(
    asked.map(async (command) => {
      const environment = state === 'unreachable' ? { DOCKER_HOST: nowhere } : {};
      const outcome = await project.runWith(environment, command, stack, ...(words[command] ?? []));
      answers.set(`${state} × ${command}`, outcome);
    }),
  );
}

async function configured(): Promise<{ stack: string; name: string; takePort: () => Promise<() => Promise<void>> }> {
  const { stack, config, ports } = await devLike();
  project.configure(stack, { ...config, devices: [{ id: 'pi-1' }] });
  const name = `aipi-mqtt-${stack}`;
  names.push(name);
  const takePort = async () => {
    const taker = createServer();
    await new Promise<void>((done) => taker.listen(ports[1], '127.0.0.1', done));
    return () => new Promise<void>((done) => taker.close(() => done()));
  };
  return { stack, name, takePort };
}

/** A first update that fails in its middle, because another program has a port of the broker. */
async function failHalfWay(stack: string, takePort: () => Promise<() => Promise<void>>): Promise<void> {
  const release = await takePort();
  const { code } = await project.run('up', stack);
  await release();
  if (code === 0) throw new Error('the first update did not fail');
}

/** Takes out of what a stack says of itself what the version before certificates did not say. */
async function makeEarlier(stack: string): Promise<void> {
  const file = join(project.folder, `${stack}.earlier.json`);
  await project.must('pulumi', 'stack', 'export', '--stack', stack, '--show-secrets', '--file', file);
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const { outputs } = state.deployment.resources.find(({ type }: { type: string }) => type === 'pulumi:pulumi:Stack');
  delete outputs.certificateTerms;
  delete outputs.verification.delivered;
  edit(outputs.enrolment, (enrolment) => without(enrolment, 'clientCertificates'));
  edit(outputs.delivery, ({ plan, ...delivery }) => ({
    ...without(delivery, 'authorities', 'accounts', 'maxUnreachedDevicesPercent'),
    plan: {
      ...without(plan, 'serverFingerprint', 'terms', 'clientAuthorities'),
      targets: plan.targets.map((target: object) => without(target, 'requireCertificate', 'useIdentityAsUsername')),
    },
  }));
  writeFileSync(file, JSON.stringify(state));
  await project.must('pulumi', 'stack', 'import', '--stack', stack, '--file', file);
}

// biome-ignore lint/suspicious/noExplicitAny: what a version of before wrote has no type here
function edit(secret: { plaintext: string }, change: (value: any) => unknown): void {
  secret.plaintext = JSON.stringify(change(JSON.parse(secret.plaintext)));
}

function without(value: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** The readers in each state, and what brings a stack from one to the next. */
async function walk(): Promise<void> {
  const { stack, name, takePort } = await configured();
  await ask('never', stack, ...readers);
  await failHalfWay(stack, takePort);
  await ask('half', stack, ...readers);
  await ask('half', stack, 'up');
  await ask('running', stack, ...readers);
  await ask('running', stack, 'up');
  await ask('unreachable', stack, ...readers, 'up', 'destroy');
  await docker.getContainer(name).stop();
  await ask('stopped', stack, ...readers);
  await ask('stopped', stack, 'up');
  await docker.getContainer(name).remove({ force: true });
  await ask('removed', stack, ...readers);
  await ask('removed', stack, 'up');
  await makeEarlier(stack);
  await ask('earlier', stack, ...readers);
  await ask('earlier', stack, 'up');
  await ask('running', stack, 'destroy');
  await ask('destroyed', stack, ...readers);
  await ask('destroyed', stack, 'destroy');
}

/** What is left of the operations: each of them leaves its state. */
async function walkOfOperations(): Promise<void> {
  const { stack, name, takePort } = await configured();
  await ask('never', stack, 'destroy');
  await ask('never', stack, 'up');
  answers.set('shown', await project.run('destroy', stack, '--preview-only'));
  await docker.getContainer(name).stop();
  await ask('stopped', stack, 'destroy');
  await ask('destroyed', stack, 'up');
  await makeEarlier(stack);
  await ask('earlier', stack, 'destroy');
  await failHalfWay(stack, takePort);
  await ask('half', stack, 'destroy');
  await project.must('up', stack);
  await docker.getContainer(name).remove({ force: true });
  await ask('removed', stack, 'destroy');
}

beforeAll(async () => {
  const ended = await Promise.allSettled([walk(), walkOfOperations()]);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
});

afterAll(() => project.dispose());

const cells = states.flatMap((state) => commands.map((command) => [state, command, table[state][command]] as const));

test.each(cells)('%s: %s', (state, command, cell: Cell) => {
  const { code, stdout, stderr } = answers.get(`${state} × ${command}`) ?? { code: -1, stdout: '', stderr: '' };
  expect({ code, stdout, stderr }).toMatchObject({ code: cell.code });
  expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at |TypeError|Cannot read|undefined/);
  if (cell.says !== undefined) {
    expect(stderr).toMatch(cell.says);
    if (cell.alone) expect(stderr.trim().split('\n')).toHaveLength(1);
  } else if (cell.quiet) expect(stderr).toBe('');
  if (cell.prints === undefined) expect(stdout).toBe('');
  else expect(stdout).toMatch(cell.prints);
});

test('a destruction that is only to be shown takes nothing away', () => {
  expect(answers.get('shown')).toMatchObject({ code: 0, stdout: expect.stringContaining('23 to delete'), stderr: '' });
  expect(answers.get('stopped × destroy')?.stdout).toContain('23 deleted');
});

test('help needs no engine, no Docker and no folder of its own', async () => {
  const home = join(project.folder, 'no-home');
  const environment = { AIPI_HOME: home, DOCKER_HOST: nowhere, PATH: dirname(process.execPath) };
  const outcomes = await Promise.all([
    project.runWith(environment, 'help'),
    project.runWith(environment, 'up', '--help'),
    project.runWith(environment, 'up', '--chekcs'),
  ]);
  expect(outcomes).toMatchObject([
    { code: 0, stdout: expect.stringContaining('npm run provision '), stderr: '' },
    { code: 0, stdout: expect.stringContaining('npm run up -- prod --refresh '), stderr: '' },
    {
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^up has no option "--chekcs"; did you mean "--checks"\?.*\n$/),
    },
  ]);
  expect(existsSync(home)).toBe(false);
});

test('nothing is left', async () => {
  for (const name of names) expect(await leftovers(name)).toEqual([]);
});
