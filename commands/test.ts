/** Everything that CI runs: one step after the other, each with its own output. */

import { spawnSync } from 'node:child_process';
import { docker } from '../setup/docker';
import { home, projectFolder } from '../setup/home';
import { image } from '../setup/image';
import { say } from '../setup/progress';
import { pulumi } from '../setup/pulumi';
import type { Asked } from './options';

const steps: ReadonlyArray<readonly [title: string, ...command: string[]]> = [
  ['Format and lint', 'npx', 'biome', 'ci', '.'],
  ['Types', 'npx', 'tsc', '--project', '.'],
  ['Unit, property and golden tests', 'npx', 'jest', '--selectProjects', 'unit'],
  ['Integration tests', 'npx', 'jest', '--selectProjects', 'integration', '--runInBand'],
];

/** The image that the integration tests start. */
const reference = 'eclipse-mosquitto:2.1.2';

/**
 * Runs the integration tests alone, on the engine and the plug-ins that `PATH` and `PULUMI_HOME` offer, else on those
 * that set-up gets.
 *
 * @param asked its words are parts of the paths of suites; none for all
 */
export async function integrationTests({ words: patterns }: Asked): Promise<number> {
  await prepare();
  const chosen = patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns];
  const args = ['jest', '--selectProjects', 'integration', '--runInBand', ...chosen];
  return spawnSync('npx', args, { cwd: projectFolder, stdio: 'inherit' }).status ?? 1;
}

/** Sets up what the tests need, runs every step, and stops at the first that fails. */
export async function test(): Promise<number> {
  await prepare();
  for (const [title, command = '', ...args] of steps) {
    say(`\n— ${title}`);
    const { status } = spawnSync(command, args, { cwd: projectFolder, stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

/** Sets up what the benchmark needs, and runs it. */
export async function benchmark({ words }: Asked): Promise<number> {
  await prepare();
  const program = ['--require', './setup/typescript.cjs', 'tests/bench/main.ts'];
  return spawnSync('node', [...program, ...words], { cwd: projectFolder, stdio: 'inherit' }).status ?? 1;
}

async function prepare(): Promise<void> {
  const { host } = await docker({});
  process.env.DOCKER_HOST = host;
  await image({ reference, dockerHost: host, home: home() });
  say((await pulumi()).words);
}
