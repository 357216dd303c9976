/** The engine's own preview, made where no Docker engine is: by one that is played from the state. */

import { playedVariable } from '../../operate/dockerAddress';
import { type PlayedContainer, withPlayedEngine } from '../../operate/playedEngine';
import { type EnginePreview, engineSteps } from '../../review/engine';
import type { EngineStep } from '../../review/form';
import { CommandFailed, type Pulumi, run } from '../../setup/pulumi';
import { said } from './said';
import type { StackFile } from './stackFile';
import { type StoredResource, stored } from './state';

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
    return await withPlayedEngine(playedContainer(resources), async (host) => {
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

function playedContainer(resources: readonly StoredResource[]): PlayedContainer | undefined {
  const inputs = stored(resources, 'docker:index/container:Container', 'broker-container')?.inputs;
  if (inputs === undefined) return undefined;
  const labels = (inputs.labels ?? []) as Array<{ label: string; value: string }>;
  return { name: String(inputs.name), labels: Object.fromEntries(labels.map(({ label, value }) => [label, value])) };
}
