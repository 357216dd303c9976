/** What is said before anything is done. */

import { networkWords } from '../change/container';
import { untimely } from '../change/decide';
import { moveWords } from '../change/move';
import { type FirewallInForce, openingsOf } from '../mosquitto/firewall';
import { problemWords } from '../mosquitto/problem';
import { reachOf, unfilteredWords } from '../mosquitto/reach';
import { firewallManagers, managerWords } from '../operate/firewallManagers';
import { machineOf } from '../operate/machine';
import { briefOf } from '../review/brief';
import { SettingsError } from '../settings';
import { wantedOf } from '../settings/wanted';
import { say } from '../setup/progress';
import { deployedOf } from './stack/deployedContainer';
import { deployedFirewall } from './stack/deployedFirewall';
import { reviewByLook } from './stack/lookedAt';
import { moveOf } from './stack/move';
import { driftWords } from './stack/proof';
import type { Readiness } from './stack/readiness';
import { publishedRoot, replacementWords } from './stack/rootSecret';
import type { Stack } from './stack/stack';

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
    ...movedWords(stack, readiness),
    ...driftWords(readiness.drift),
    ...(root === undefined ? [] : replacementWords(stack.engine, stack.name, root, stack.settings.devices.length)),
    ...briefOf(await reviewByLook(stack, readiness)),
  ];
  const standing = await notices(stack, readiness);
  if (standing.length > 0) say(standing.join('\n'));
  if (lines.length > 0) say(['', ...lines, ''].join('\n'));
  return lines.length > 0;
}

function movedWords(stack: Stack, { resources }: Readiness): string[] {
  const move = moveOf(stack, resources);
  if (move === undefined) return [];
  return moveWords(move.former.name, move.from, move.to, stack.settings.retainDataOnDestroy);
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
    ...unfilteredWords(reachOf(settings.listeners, settings.firewall), machine.name),
    ...networkWords(deployedOf(resources).container, options.restart.length > 0),
  ];
}

function notKeptWords(firewall: FirewallInForce | undefined): string[] {
  return firewall?.notKept === undefined ? [] : [`The firewall does not come back after a boot: ${firewall.notKept}`];
}

/** Where what is deployed cannot be seen, the delivery looks at it. */
function mustBeInTime({ settings }: Stack, { files, resources }: Readiness): void {
  const isHidden = Object.keys(files).length === 0 && resources.some(({ type }) => type === 'command:local:Command');
  const problems = isHidden ? [] : untimely(files, wantedOf(settings), Date.now());
  if (problems.length > 0) throw new SettingsError(problems.map(problemWords));
}
