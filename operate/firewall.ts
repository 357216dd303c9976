/**
 * Program: who may reach a broker from other machines.
 *
 * First argument: `open` before the broker is replaced, when nobody reaches it whom either the old or the new firewall
 * keeps out; `settle` afterwards; `remove` when there is no broker any more. Standard input: a `FirewallOrder` as JSON.
 * Standard output: a `FirewallReport` as JSON. Exit 1 with the reason on standard error; nothing is changed then.
 */

import { text } from 'node:stream/consumers';
import { mustBeOurs } from '../change/owner';
import type { Firewall, FirewallOrder } from '../mosquitto/firewall';
import { mustBeOfOwner } from './availability';
import { mustStay } from './connected';
import { type Machine, machineOf, NoCommands } from './machine';
import { firewallInForce, lackOfMeans, putInForce, putInForceMeanwhile, takeAway } from './nftables';
import { run } from './program';
import { shutOutProblem } from './shutOut';
import { isTakenOver } from './takenOver';

/** Whoever has taken the broker over has its firewall, too. */
async function remove(machine: Machine, { containerName, owner }: Firewall): Promise<void> {
  const before = await firewallInForce(machine, containerName);
  if (before === undefined || before.owner.id === owner.id) await takeAway(machine, containerName);
}

run(async () => {
  const [step] = process.argv.slice(2);
  const { dockerHost, maxCutOffClients, ...firewall } = JSON.parse(await text(process.stdin)) as FirewallOrder;
  const { containerName, owner } = firewall;
  const machine = machineOf(dockerHost);
  // The same update has opened it.
  if (step === 'settle') return JSON.stringify(await putInForce(machine, firewall));
  if (step === 'remove') {
    await remove(machine, firewall).catch((error: Error) => {
      // No firewall was ever made there.
      if (!(error instanceof NoCommands)) throw error;
    });
    return '';
  }
  const lack = await lackOfMeans(dockerHost);
  if (lack !== undefined) throw new Error(lack);
  const before = await firewallInForce(machine, containerName);
  const isOurs = before === undefined || before.owner.id === owner.id;
  if (!isTakenOver(containerName)) {
    if (!isOurs) mustBeOurs(containerName, { owner: before.owner, by: '', what: 'broker' }, owner.stack);
    await mustBeOfOwner({ dockerHost, container: containerName, owner });
  }
  const shutOut = await shutOutProblem(dockerHost, firewall.openings);
  if (shutOut !== undefined) throw new Error(`${shutOut}; nothing was changed`);
  await mustStay({ ...firewall, dockerHost, maxCutOffClients });
  return JSON.stringify(await putInForceMeanwhile(machine, firewall));
});
