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
import { lackOfMeans, openingsInForce, putInForce, takeAway } from './nftables';
import { run } from './program';

run(async () => {
  const [step] = process.argv.slice(2);
  const order = JSON.parse(await text(process.stdin)) as FirewallOrder;
  const lack = await lackOfMeans(order.dockerHost);
  if (lack !== undefined) throw new Error(lack);
  if (step === 'remove') {
    await takeAway(order.containerName);
    return '';
  }
  if (step === 'open') await mustStay(order);
  const openings = step === 'open' ? unionOf(openingsInForce(order.containerName), order.openings) : order.openings;
  return JSON.stringify(await putInForce({ ...order, openings }));
});
