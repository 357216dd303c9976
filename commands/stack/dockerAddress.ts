/**
 * Where the state of a stack says that its Docker engine is. Commands that start from the state alone, such as `destroy`,
 * look there, also when that engine is gone and another one is configured.
 */

import type { FirewallOrder } from '../../mosquitto/firewall';
import { isService } from '../../mosquitto/serviceAddress';
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
  // A container of before the move to a service is where the state says.
  if (isService(address.host)) return;
  const before = stored(resources, type, name)?.inputs;
  const isMoved = before !== undefined && !isAt(before, address);
  if (!isMoved && !ordersElsewhere(resources, address)) return;
  if (isMoved && typeof before.host === 'string' && before.host !== address.host) {
    say(
      `The stack was deployed on the Docker engine at ${before.host}, and is looked for at ${address.host}; what is there stays there`,
    );
  }
  await editState(engine, stack, folder, ({ resources: all = [] }) => point(all, address));
}

/** Makes resources name an engine: the provider, and the order by which the firewall is taken away. */
export function point(
  resources: readonly StoredResource[],
  { host, certificates: certPath = '' }: DockerAddress,
): void {
  const provider = stored(resources, type, name);
  for (const properties of [provider?.inputs, provider?.outputs]) {
    // An earlier version has kept what the environment named.
    if (properties !== undefined) Object.assign(properties, { host, certPath, context: '' });
  }
  for (const properties of ordersIn(resources)) {
    properties.stdin = JSON.stringify({ ...JSON.parse(String(properties.stdin)), dockerHost: host });
  }
}

/** Those of a Docker engine: a service stays on its machine, with its firewall. */
function ordersIn(resources: readonly StoredResource[]): Record<string, unknown>[] {
  const opening = stored(resources, 'command:local:Command', 'firewall-opening');
  const orders = [opening?.inputs, opening?.outputs].filter((properties) => properties?.stdin !== undefined);
  return (orders as Record<string, unknown>[]).filter(({ stdin }) => {
    const { dockerHost } = JSON.parse(String(stdin)) as FirewallOrder;
    return dockerHost === null || !isService(dockerHost);
  });
}

/** Whether the state names the engine of the firewall, as another one. */
function ordersElsewhere(resources: readonly StoredResource[], { host }: DockerAddress): boolean {
  const named = ordersIn(resources).map(({ stdin }) => (JSON.parse(String(stdin)) as FirewallOrder).dockerHost);
  return named.some((dockerHost) => dockerHost !== null && dockerHost !== host);
}

/** A stack of an earlier version says nothing of certificates and contexts. */
function isAt(inputs: Record<string, unknown>, { host, certificates = '' }: DockerAddress): boolean {
  const { certPath = '', context = '' } = inputs;
  return inputs.host === host && certPath === certificates && context === '';
}
