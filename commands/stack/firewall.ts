/** What forbids the firewall that a stack wants, before anything is done. */

import { openingsOf } from '../../mosquitto/firewall';
import { machineOf, Unreached } from '../../operate/machine';
import { firewallInForce, isUnfinished, lackOfMeans, takeAway, takeUnfinishedAway } from '../../operate/nftables';
import { shutOutProblem } from '../../operate/shutOut';
import { ownerIdIn } from './deployedContainer';
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
  const shutOut = await shutOutProblem(null, openings);
  if (shutOut !== undefined) return [shutOut];
  const { containerName, maxCutOffClients } = settings;
  const { cutOff, cutOffProblem } = await import('../../operate/connected');
  const problem = cutOffProblem(await cutOff({ containerName, dockerHost: null, openings }), maxCutOffClients);
  return problem === undefined ? [] : [problem];
}

/**
 * Takes away what an update has left that was cut off before the engine knew of it.
 *
 * @param isTaken whether it may be that of somebody else, from whom the broker was taken over
 * @param broker where it is, and its name; by default those of the settings
 */
export async function sweepFirewall(
  { settings }: Stack,
  resources: readonly StoredResource[],
  isTaken = false,
  broker: { host: string | null; name: string } = { host: null, name: settings.containerName },
): Promise<void> {
  const machine = machineOf(broker.host);
  const containerName = broker.name;
  const looks = [firewallInForce(machine, containerName), isUnfinished(machine, containerName)] as const;
  const seen = await Promise.all(looks).catch((error: Error) => {
    // No firewall was ever made where no command can be run.
    if (error instanceof Unreached) return undefined;
    throw error;
  });
  if (seen === undefined) return;
  const [left, isLeft] = seen;
  if (left === undefined && isLeft) await takeUnfinishedAway(machine, containerName);
  if (left === undefined) return;
  const owners = [ownerIdIn(resources, 'container'), ownerIdIn(resources, 'service')];
  if (isTaken || owners.includes(left.owner.id)) await takeAway(machine, containerName);
}
