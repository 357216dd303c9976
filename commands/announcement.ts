/** What is said before anything is done. */

import { termOf, termWarnings } from '../certificates/terms';
import { networkWords } from '../change/container';
import { asksReports, decide, untimely } from '../change/decide';
import { changeWords } from '../change/words';
import { type BrokerFiles, serverFileNames } from '../mosquitto/files';
import { type FirewallInForce, openingsOf } from '../mosquitto/firewall';
import { problemWords } from '../mosquitto/problem';
import { reachOf, reachWords, unfilteredWords } from '../mosquitto/reach';
import { BrokerHandle } from '../operate/broker';
import { firewallManagers, managerWords } from '../operate/firewallManagers';
import { machineOf } from '../operate/machine';
import { reportsOf } from '../operate/preparation';
import { type Settings, SettingsError } from '../settings';
import { say } from '../setup/progress';
import { deployedOf } from './stack/deployedContainer';
import { deployedFirewall, reachOfDeployed } from './stack/deployedFirewall';
import { driftWords } from './stack/proof';
import type { Readiness } from './stack/readiness';
import { publishedRoot, replacementWords } from './stack/rootSecret';
import { deployedOutputs, type Stack } from './stack/stack';
import { wantedOf } from './stack/wanted';

/**
 * Says what differs from what was deployed, and what an update changes.
 *
 * @returns whether there was anything to say
 * @throws SettingsError where a certificate from elsewhere cannot be delivered at this time
 */
export async function sayChanges(stack: Stack, readiness: Readiness): Promise<boolean> {
  mustBeInTime(stack, readiness);
  const root = publishedRoot(readiness.resources);
  const lines = [
    ...driftWords(readiness.drift),
    ...(root === undefined ? [] : replacementWords(stack.engine, stack.name, root, stack.settings.devices.length)),
    ...reachChanges(stack, readiness),
    ...(await changes(stack, readiness)),
  ];
  const standing = await notices(stack, readiness);
  if (standing.length > 0) say(standing.join('\n'));
  if (lines.length > 0) say(['', ...lines, ''].join('\n'));
  return lines.length > 0;
}

/** What is said each time, as long as it is so. */
async function notices({ settings }: Stack, { options, resources }: Readiness): Promise<string[]> {
  const machine = machineOf(null);
  const isFiltered = openingsOf(settings.listeners, settings.firewall).length > 0;
  // Where the machine cannot be asked, the firewall itself says why.
  const managers = isFiltered ? await firewallManagers(machine).catch(() => []) : [];
  return [
    ...managerWords(managers, machine),
    ...notKeptWords(isFiltered ? deployedFirewall(resources) : undefined),
    ...unfilteredWords(reachOf(settings.listeners, settings.firewall)),
    ...networkWords(deployedOf(resources).container, options.restart.length > 0),
  ];
}

function notKeptWords(firewall: FirewallInForce | undefined): string[] {
  return firewall?.notKept === undefined ? [] : [`The firewall does not come back after a boot: ${firewall.notKept}`];
}

/** Of a first deployment its configuration says it all. */
function reachChanges({ settings }: Stack, { resources }: Readiness): string[] {
  if (deployedOf(resources).container === undefined) return [];
  return reachWords(reachOfDeployed(resources), reachOf(settings.listeners, settings.firewall));
}

/** Where what is deployed cannot be seen, the delivery looks at it. */
function mustBeInTime({ settings }: Stack, { files, resources }: Readiness): void {
  const isHidden = Object.keys(files).length === 0 && resources.some(({ type }) => type === 'command:local:Command');
  const problems = isHidden ? [] : untimely(files, wantedOf(settings), Date.now());
  if (problems.length > 0) throw new SettingsError(problems.map(problemWords));
}

async function changes(stack: Stack, { files: deployed, options }: Readiness): Promise<string[]> {
  const wanted = wantedOf(stack.settings);
  const reports = asksReports(deployed, wanted)
    ? await reportsOf(BrokerHandle.running((await deployedOutputs(stack)).delivery.plan))
    : new Map();
  const now = Date.now();
  const decision = decide(deployed, wanted, { reports, clock: undefined, now });
  return [...changeWords(decision, options), ...renewal(deployed, stack.settings, now)];
}

/** Whether an update renews the server's certificate, or somebody must. */
function renewal(deployed: BrokerFiles, { certificates, serverKeyType, listeners }: Settings, now: number): string[] {
  const { server, givenServer } = certificates;
  const pem = deployed[serverFileNames(serverKeyType).certificate];
  if (pem === undefined || !listeners.some(({ tls }) => tls)) return [];
  try {
    return termWarnings(
      { server: termOf(pem, givenServer === null ? 'update' : 'elsewhere', server.earlyRenewalHours) },
      now,
    );
  } catch {
    // A file that somebody has damaged tells nothing; that it is another one is said elsewhere.
    return [];
  }
}
