/** The engine's own preview, made where no Docker engine is: by one that is played from the state. */

import { playedVariable } from '../../operate/dockerAddress';
import { withPlayedEngine } from '../../operate/playedEngine';
import { type EnginePreview, engineSteps } from '../../review/engine';
import type { EngineStep } from '../../review/form';
import { CommandFailed, type Pulumi, run } from '../../setup/pulumi';
import { said } from './said';
import type { StackFile } from './stackFile';
import type { StoredResource } from './state';
import { labelsIn } from './storedBroker';

/**
 * Asks the engine.
 *
 * @returns its steps, or why it has none, in one line
 */
export async function enginePreview(
  engine: Pulumi,
  stack: string,
  file: StackFile,
  resources: readonly StoredResource[],
): Promise<EngineStep[] | string> {
  const args = ['preview', '--json', '--stack', stack, '--config-file', file.path, '--non-interactive'];
  try {
    return await withPlayedEngine(labelsIn(resources), async (host) => {
      const environment = { ...engine.environment, [playedVariable]: host, DOCKER_HOST: host, ...said };
      return engineSteps(JSON.parse(await run({ ...engine, environment }, args, 'returned')) as EnginePreview);
    });
  } catch (error) {
    return `the engine cannot make one: ${reasonOf(error as Error)}`;
  }
}

/** What the engine prints of an error may hold anything; its first line says what is wrong. */
function reasonOf(error: Error): string {
  const [line = 'it says no reason'] = error.message
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return error instanceof CommandFailed ? line.replace(/^error: /, '') : line;
}
