/** What is outside a stack and forbids to update it, before anything is done. */

import { networksOf } from '../../mosquitto/networks';
import { deployedOf } from './deployedContainer';
import { firewallProblems } from './firewall';
import { networkProblems } from './networks';
import type { Stack } from './stack';
import type { StoredResource } from './state';

/** Why an update would be refused, a line each. */
export async function updateProblems(stack: Stack, resources: readonly StoredResource[]): Promise<string[]> {
  const broker = deployedOf(resources).container?.options.name ?? stack.settings.containerName;
  const [firewall, networks] = await Promise.all([
    firewallProblems(stack, resources),
    networkProblems(resources, broker, networksOf(stack.settings)),
  ]);
  return [...firewall, ...networks];
}
