/**
 * Program: who may reach a broker from other machines.
 *
 * First argument: `open` before the broker is replaced, when nobody reaches it whom either the old or the new firewall
 * keeps out; `settle` afterwards; `remove` when there is no broker any more. Standard input: a `FirewallOrder` as JSON.
 * Standard output: a `FirewallReport` as JSON. Exit 1 with the reason on standard error; nothing is changed then.
 */

import { text } from 'node:stream/consumers';
import { mustBeOurs } from '../change/owner';
import type { FirewallOrder } from '../mosquitto/firewall';
import { mustBeOfOwner } from './availability';
import { mustStay } from './connected';
import { machineOf, NoCommands } from './machine';
import { firewallInForce, lackOfMeans, putInForce, putInForceMeanwhile, takeAway } from './nftables';
import { isTakenOver } from './possession';
import { run } from './program';

run(async () => {
  const [step] = process.argv.slice(2);
  const { dockerHost, maxCutOffClients, ...firewall } = JSON.parse(await text(process.stdin)) as FirewallOrder;
  const { containerName, owner } = firewall;
  const machine = machineOf(dockerHost);
  // The same update has opened it.
  if (step === 'settle') return JSON.stringify(await putInForce(machine, firewall));
  const before = await firewallInForce(machine, containerName).catch((error: Error) => {
    // No firewall was ever made there.
    if (step === 'remove' && error instanceof NoCommands) return 'never' as const;
    throw error;
  });
  if (before === 'never') return '';
  const isOurs = before === undefined || before.owner.id === owner.id;
  if (step === 'remove') {
    // Whoever has taken the broker over has its firewall, too.
    if (isOurs) await takeAway(machine, containerName);
    return '';
  }
  const lack = await lackOfMeans(dockerHost);
  if (lack !== undefined) throw new Error(lack);
  if (!isTakenOver(containerName)) {
    if (!isOurs) mustBeOurs(containerName, { owner: before.owner, by: '', what: 'broker' }, owner.stack);
    await mustBeOfOwner({ dockerHost, container: containerName, owner });
  }
  await mustStay({ ...firewall, dockerHost, maxCutOffClients });
  return JSON.stringify(await putInForceMeanwhile(machine, firewall));
});
