/**
 * Program: who may reach a broker from other machines.
 *
 * First argument: `open` before the broker is replaced, when what it still publishes stays closed to whom it was closed;
 * `settle` afterwards; `remove` when there is no broker any more. Standard input: a `FirewallOrder` as JSON. Standard
 * output: a `FirewallReport` as JSON. Exit 1 with the reason on standard error; nothing is changed then.
 */

import { text } from 'node:stream/consumers';
import { type FirewallOrder, unionOf } from '../mosquitto/firewall';
import { mustStay } from './connected';
import { machineOf, NoCommands } from './machine';
import { lackOfMeans, openingsInForce, putInForce, takeAway } from './nftables';
import { run } from './program';

run(async () => {
  const [step] = process.argv.slice(2);
  const order = JSON.parse(await text(process.stdin)) as FirewallOrder;
  const machine = machineOf(order.dockerHost);
  if (step === 'remove') {
    await takeAway(machine, order.containerName).catch((error: Error) => {
      // No firewall was ever made there.
      if (!(error instanceof NoCommands)) throw error;
    });
    return '';
  }
  if (step === 'settle') return JSON.stringify(await putInForce(machine, order));
  const lack = await lackOfMeans(order.dockerHost);
  if (lack !== undefined) throw new Error(lack);
  await mustStay(order);
  const openings = unionOf(await openingsInForce(machine, order.containerName), order.openings);
  return JSON.stringify(await putInForce(machine, { ...order, openings }));
});
