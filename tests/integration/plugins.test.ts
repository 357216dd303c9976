/**
 * Proves that the plug-ins and the language host of this machine answer as Pulumi's own do: in ids, in what is secret,
 * in defaults, in what a change means, in errors, when a command is cancelled, in an import, and without a Docker
 * engine. The files in `tests/golden/plugins` are what Pulumi's own answered: of the plug-ins of the toolchain they tell
 * that these stand in for them, and on Pulumi's own that a new version of these has changed.
 *
 * It compares what the programs in `plugins/` use. It does not prove that other resources answer alike, and of a
 * container and a network it compares no value that the Docker engine chooses.
 *
 * `UPDATE_GOLDEN=1` writes the files anew. Do that on Pulumi's own only, and read the difference.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { complaints, paragraphs, plan, state, type Words, wordsOf } from './pluginAnswers';
import { PluginProject } from './pluginProject';
import { kill, processesOf, read } from './processes';
import { docker, freePorts, leftovers } from './project';

jest.setTimeout(120_000);

const up = ['up', '--yes', '--skip-preview'];
const destroy = ['destroy', '--yes', '--skip-preview'];
const second = { PLUGINS_ROUND: '2' };

let project: PluginProject;

beforeAll(async () => {
  const [port] = await freePorts(1);
  project = await PluginProject.open(`aipi-plugins-${port}`);
  await project.emptyImage();
  await project.must('nothing', 'main', ['stack', 'init']);
});

afterAll(async () => {
  await project.must('nothing', 'main', destroy).finally(() => project.dispose());
  expect(await leftovers(project.name)).toEqual([]);
});

/** Compares an answer with what Pulumi's own answered. */
function expectGolden(file: string, answer: unknown): void {
  const path = join(__dirname, '../golden/plugins', `${file}.json`);
  const text = JSON.stringify(answer, null, 2)
    .replaceAll(project.name, '<name>')
    .replaceAll(project.folder, '<folder>');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, `${text}\n`);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
}

describe('a stack of everything', () => {
  let exported: string;
  let words: Words;

  beforeAll(async () => {
    await project.must('everything', 'main', up);
    exported = (await project.must('nothing', 'main', ['stack', 'export', '--show-secrets'])).stdout;
    words = wordsOf(exported);
  });

  test('its ids, defaults and secrets', () => {
    expectGolden('state', state(exported, words));
  });

  test('what changed inputs mean, and how they are shown', async () => {
    const [json, diff] = await Promise.all(
      ['--json', '--diff'].map((form) => project.must('everything', 'main', ['preview', form], second)),
    );
    expectGolden('plan', plan(json?.stdout ?? ''));
    expectGolden('diff', paragraphs(diff?.stdout ?? '', words));
  });

  test('what is kept when they were changed', async () => {
    await project.must('everything', 'main', up, second);
    const { stdout } = await project.must('nothing', 'main', ['stack', 'export', '--show-secrets']);
    expectGolden('changed', state(stdout, wordsOf(stdout)));
  });

  test('nothing is left to change', async () => {
    await project.must('everything', 'main', ['preview', '--expect-no-changes'], second);
  });

  test('what it does when it is destroyed', async () => {
    await project.must('nothing', 'main', destroy);
    expectGolden('destroyed', { deleted: project.read('deleted'), undone: project.read('undone') });
  });
});

test('how commands fail', async () => {
  const outcome = await project.run('failing', 'main', [...up, '--continue-on-error']);
  expectGolden('failing', complaints(outcome));
});

test('which inputs are refused, and that nothing is configured without a Docker engine', async () => {
  const programs = ['short', 'odd', 'mistyped', 'unreachable'];
  const outcomes = programs.map(async (program) => {
    const added = program === 'unreachable' ? { DOCKER_HOST: 'unix:///nowhere/docker.sock' } : {};
    return [program, complaints(await project.run(program, 'main', ['preview'], added))] as const;
  });
  expectGolden('refused', Object.fromEntries(await Promise.all(outcomes)));
});

test('a cancelled command is killed alone, and the update waits for what it has started', async () => {
  const { child, outcome } = project.start('sleeping', 'main', up);
  const [shell, program] = await Promise.all([commandOf('/bin/sh -c echo asleep'), commandOf('sleep 100')]);
  child.kill('SIGINT');
  while (read(shell, 'environ') !== '') await sleep(50);
  await sleep(1_500);
  const states = { program: read(program, 'environ') !== '', update: child.exitCode === null };
  kill(program);
  expectGolden('cancelled', { ...complaints(await outcome), alive: states });
});

describe('an import', () => {
  const stack = 'imported';

  beforeAll(async () => {
    await project.must('nothing', stack, ['stack', 'init']);
    await docker.createVolume({ Name: project.name });
  });

  afterAll(async () => {
    await project.must('nothing', stack, ['stack', 'rm', '--force', '--yes']);
    await docker.getVolume(project.name).remove();
  });

  test('takes over what is there and writes its program', async () => {
    const resources = [
      { type: 'random:index/randomBytes:RandomBytes', name: 'bytes', id: '8/fu3q2+7+A=' },
      { type: 'random:index/randomId:RandomId', name: 'id', id: 'CfoWLg' },
      { type: 'random:index/randomPassword:RandomPassword', name: 'password', id: 'a known password' },
      { type: 'docker:index/volume:Volume', name: 'volume', id: project.name },
      { type: 'command:local:Command', name: 'command', id: 'any' },
    ];
    project.write('import.json', JSON.stringify({ resources }));
    const { code } = await project.run('nothing', stack, [...importing, '--out', 'imported.ts']);
    const { stdout } = await project.must('nothing', stack, ['stack', 'export', '--show-secrets']);
    const imported = state(stdout, new Map([[bcryptHash(stdout), '<hash of the password>']]));
    expectGolden('imported', { code, program: project.read('imported.ts')?.split('\n'), state: imported });
  });

  test('is refused of a key', async () => {
    project.write('import.json', JSON.stringify({ resources: [{ type: keyType, name: 'key', id: 'any' }] }));
    expectGolden('import-refused', complaints(await project.run('nothing', stack, importing)));
  });
});

const importing = ['import', '--file', 'import.json', '--yes', '--skip-preview'];
const keyType = 'tls:index/privateKey:PrivateKey';

/** The number of a process of the project whose command line begins so, as soon as there is one. */
async function commandOf(beginning: string): Promise<number> {
  for (;;) {
    const found = processesOf(project.folder).find((pid) =>
      read(pid, 'cmdline').replaceAll('\0', ' ').startsWith(beginning),
    );
    if (found !== undefined) return found;
    await sleep(50);
  }
}

/** A salted hash, which no two imports have in common. */
function bcryptHash(exported: string): string {
  return exported.match(/\$2a\$[\w./$]+/)?.[0] ?? '';
}
