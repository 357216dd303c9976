/** Everything that CI runs: one step after the other, each with its own output. */

import { spawnSync } from 'node:child_process';
import { projectFolder } from './home';
import { say } from './progress';

const steps: ReadonlyArray<readonly [title: string, ...command: string[]]> = [
  ['Format and lint', 'npx', 'biome', 'ci', '.'],
  ['Types', 'npx', 'tsc', '--project', '.'],
  ['Unit, property and golden tests', 'npx', 'jest', '--selectProjects', 'unit'],
  ['Integration tests', 'npx', 'jest', '--selectProjects', 'integration', '--runInBand'],
];

/** Runs every step, and stops at the first that fails. */
export async function test(): Promise<number> {
  for (const [title, command = '', ...args] of steps) {
    say(`\n— ${title}`);
    const { status } = spawnSync(command, args, { cwd: projectFolder, stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}
