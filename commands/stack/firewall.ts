/** What forbids the firewall that a stack wants, before anything is done. */

import { openingsOf } from '../../mosquitto/firewall';
import { machineOf, Unreached } from '../../operate/machine';
import { lackOfMeans, openingsInForce, takeAway } from '../../operate/nftables';
import { deployedFirewall } from './deployedFirewall';
import type { Stack } from './stack';
import type { StoredResource } from './state';

/** Why an update would be refused, a line each. */
export async function firewallProblems({ settings }: Stack, resources: readonly StoredResource[]): Promise<string[]> {
  const openings = openingsOf(settings.listeners, settings.firewall);
  // Without openings a table that is there has to be taken away.
  if (openings.length === 0 && deployedFirewall(resources) === undefined) return [];
  const lack = await lackOfMeans(null);
  if (lack !== undefined) return [lack];
  const { containerName, maxCutOffClients } = settings;
  const { cutOff, cutOffProblem } = await import('../../operate/connected');
  const problem = cutOffProblem(await cutOff({ containerName, dockerHost: null, openings }), maxCutOffClients);
  return problem === undefined ? [] : [problem];
}

/** Takes away what an update has left that was cut off before the engine knew of it. */
export async function sweepFirewall(containerName: string): Promise<void> {
  const machine = machineOf(null);
  const left = await openingsInForce(machine, containerName).catch((error: Error) => {
    // No firewall was ever made where no command can be run.
    if (error instanceof Unreached) return [];
    throw error;
  });
  if (left.length > 0) await takeAway(machine, containerName);
}
