/**
 * Where the state of a stack says that its Docker engine is. Commands that start from the state alone, such as `destroy`,
 * look there, also when that engine is gone and another one is configured.
 */

import { say } from '../../setup/progress';
import type { Pulumi } from '../../setup/pulumi';
import { editState, type StoredResource, stored } from './state';

const type = 'pulumi:providers:docker';
const name = 'engine';

/**
 * Makes the state name the engine that is configured now.
 *
 * @param dockerHost that of the stack's configuration; undefined for that of the environment
 * @param folder where the engine may write
 */
export async function followDocker(
  engine: Pulumi,
  stack: string,
  resources: readonly StoredResource[],
  dockerHost: string | undefined,
  folder: string,
): Promise<void> {
  const before = stored(resources, type, name)?.inputs?.host;
  const now = dockerHost ?? engine.environment.DOCKER_HOST ?? process.env.DOCKER_HOST;
  if (typeof before !== 'string' || now === undefined || before === now) return;
  say(
    `The stack was deployed on the Docker engine at ${before}, and is looked for at ${now}; what is there stays there`,
  );
  await editState(engine, stack, folder, ({ resources: all = [] }) => {
    const provider = stored(all, type, name);
    for (const properties of [provider?.inputs, provider?.outputs]) if (properties !== undefined) properties.host = now;
  });
}
