/**
 * Where the state of a stack says that its Docker engine is. Commands that start from the state alone, such as `destroy`,
 * look there, also when that engine is gone and another one is configured.
 */

import type { DockerAddress } from '../../operate/dockerAddress';
import { say } from '../../setup/progress';
import type { Pulumi } from '../../setup/pulumi';
import { editState, type StoredResource, stored } from './state';

const type = 'pulumi:providers:docker';
const name = 'engine';

/**
 * Makes the state name the engine that is configured now.
 *
 * @param address that of the stack as it is configured now
 * @param folder where the engine may write
 */
export async function followDocker(
  engine: Pulumi,
  stack: string,
  resources: readonly StoredResource[],
  address: DockerAddress,
  folder: string,
): Promise<void> {
  const before = stored(resources, type, name)?.inputs;
  const { host, certificates: certPath = '' } = address;
  if (before === undefined || isAt(before, address)) return;
  if (typeof before.host === 'string' && before.host !== host) {
    say(
      `The stack was deployed on the Docker engine at ${before.host}, and is looked for at ${host}; what is there stays there`,
    );
  }
  await editState(engine, stack, folder, ({ resources: all = [] }) => {
    const provider = stored(all, type, name);
    for (const properties of [provider?.inputs, provider?.outputs]) {
      // An earlier version has kept what the environment named.
      if (properties !== undefined) Object.assign(properties, { host, certPath, context: '' });
    }
  });
}

/** A stack of an earlier version says nothing of certificates and contexts. */
function isAt(inputs: Record<string, unknown>, { host, certificates = '' }: DockerAddress): boolean {
  const { certPath = '', context = '' } = inputs;
  return inputs.host === host && certPath === certificates && context === '';
}
