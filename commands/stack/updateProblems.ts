/** What is outside a stack and forbids to update it, before anything is done. */

import { networksOf } from '../../mosquitto/networks';
import { watcherNetworks } from '../../watching/containers';
import { watchingProblems } from './companions';
import { deployedOf } from './deployedContainer';
import { firewallProblems } from './firewall';
import { networkProblems } from './networks';
import type { Stack } from './stack';
import type { StoredResource } from './state';

/** Why an update would be refused, a line each. */
export async function updateProblems(stack: Stack, resources: readonly StoredResource[]): Promise<string[]> {
  const broker = deployedOf(resources).container?.options.name ?? stack.settings.containerName;
  const { settings } = stack;
  const staying = [...networksOf(settings), ...watcherNetworks(settings.containerName, settings.monitoring)];
  const [firewall, networks, watching] = await Promise.all([
    firewallProblems(stack, resources),
    networkProblems(resources, broker, staying),
    watchingProblems(stack, resources),
  ]);
  return [...firewall, ...networks, ...watching];
}
