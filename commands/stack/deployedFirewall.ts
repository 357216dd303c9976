/** The firewall of a broker as the state of a stack has it, and as it is found. */

import { type Drift, noDrift } from '../../change/drift';
import { type FirewallInForce, type FirewallOrder, type FirewallReport, tableChanges } from '../../mosquitto/firewall';
import { isLoopbackAddress } from '../../mosquitto/listeners';
import { deployedReach, type Reach } from '../../mosquitto/reach';
import { machineOf } from '../../operate/machine';
import { findFirewall, firewallInForce } from '../../operate/nftables';
import { deployedOf } from './deployedContainer';
import { type StoredResource, stored } from './state';

/** What was put in force last; undefined where no firewall was. */
export function deployedFirewall(resources: readonly StoredResource[]): FirewallInForce | undefined {
  const resource = stored(resources, 'command:local:Command', 'firewall-table');
  if (resource === undefined) return undefined;
  const { dockerHost, maxCutOffClients, ...firewall } = JSON.parse(String(resource.inputs?.stdin)) as FirewallOrder;
  return { ...firewall, ...(JSON.parse(String(resource.outputs?.stdout)) as FirewallReport) };
}

/** Who reaches the broker as it is deployed. */
export function reachOfDeployed(resources: readonly StoredResource[]): Reach[] {
  const ports = deployedOf(resources).container?.options.ports ?? [];
  const open = ports
    .filter(({ ip }) => !isLoopbackAddress(ip))
    .map(({ ip, external }) => ({ address: ip, port: external }));
  return deployedReach(open, deployedFirewall(resources)?.openings ?? []);
}

/** What others have done to the table. */
export async function firewallDrift(resources: readonly StoredResource[]): Promise<Drift> {
  const firewall = deployedFirewall(resources);
  if (firewall === undefined) return noDrift;
  const machine = machineOf(null);
  const { table, notKept: _, ...wanted } = firewall;
  const { containerName, openings } = wanted;
  const { table: found, comesBack } = await findFirewall(machine, wanted).catch((error: Error) => {
    throw new Error(`the firewall cannot be looked at: ${error.message}`);
  });
  if (found === table && comesBack) return noDrift;
  if (found === table) {
    const words = [
      `Somebody changed the files that put the firewall of ${containerName} in force after a boot; they are written again`,
    ];
    return { ...noDrift, words, firewall: wanted };
  }
  const left = await firewallInForce(machine, containerName);
  const isCutOff = left !== undefined && JSON.stringify(left.openings) !== JSON.stringify(openings);
  const words =
    found === undefined
      ? [
          `The firewall of ${containerName} is gone, and whoever finds a way to ${machine.name ?? 'this machine'} reaches the broker; it is put in force again`,
        ]
      : [
          isCutOff
            ? `An update that was cut off has left the firewall of ${containerName} half way; it is put in force again:`
            : `Somebody changed the firewall of ${containerName}; it is put in force again:`,
          ...tableChanges(table, found).map((line) => `  ${line}`),
        ];
  return { ...noDrift, words, firewall: wanted };
}
