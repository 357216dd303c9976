/** Who reaches a broker from other machines, and what a change of it means. */

import { everybody } from './cidr';
import { type Opening, openAddresses, openingsOf } from './firewall';
import { type Listener, listenerName } from './listeners';
import { missing } from './missing';

/** One address of this machine that a broker answers at, and who reaches it there. */
export interface Reach {
  /** Name of the listener, or of its port where nothing else is known. */
  name: string;
  port: number;
  address: string;
  /** Networks; `everybody` without a firewall. */
  sources: readonly string[] | 'everybody';
}

/** @param sources networks for every listener that has none of its own */
export function reachOf(listeners: readonly Listener[], sources: readonly string[]): Reach[] {
  const openings = openingsOf(listeners, sources);
  return listeners.flatMap((listener) =>
    openAddresses(listener).map((address) => reach(listenerName(listener), listener.port, address, openings)),
  );
}

/**
 * Who reaches a broker that is deployed.
 *
 * @param ports where it is published, addresses of this machine alone left out
 * @param openings of the firewall in force; none without one
 */
export function deployedReach(
  ports: ReadonlyArray<{ address: string; port: number }>,
  openings: readonly Opening[],
): Reach[] {
  return ports.map(({ port, address }) => {
    const name = openings.find((opening) => opening.port === port)?.listener ?? `port ${port}`;
    return reach(name, port, address, openings);
  });
}

function reach(name: string, port: number, address: string, openings: readonly Opening[]): Reach {
  const own = openings.find((opening) => opening.port === port && opening.address === address);
  return { name, port, address, sources: own?.sources ?? 'everybody' };
}

/** What becomes reachable for whom, and what no longer is, a line each. */
export function reachWords(before: readonly Reach[], after: readonly Reach[]): string[] {
  const closed = before.filter((old) => !after.some((next) => isSamePlace(old, next)));
  return [
    ...after.flatMap((next) => {
      const old = before.find((each) => isSamePlace(each, next));
      return changeWords(`${next.name} on ${next.address}`, old?.sources ?? [], next.sources);
    }),
    ...closed.map(({ name, address }) => `${name} on ${address} is no longer reachable`),
  ];
}

function changeWords(place: string, before: Reach['sources'], after: Reach['sources']): string[] {
  if (after === 'everybody') {
    return before === 'everybody' ? [] : [`${place} becomes reachable for EVERYBODY, without a firewall`];
  }
  if (before === 'everybody') return [`${place} is closed for everybody but ${listed(after)}`];
  const [gained, lost] = [missing(after, before), missing(before, after)];
  return [
    ...(gained.length === 0 ? [] : [`${place} becomes reachable for ${listed(gained)}`]),
    ...(lost.length === 0 ? [] : [`${place} is closed for ${listed(lost)}`]),
  ];
}

/**
 * What is said each time of listeners that nothing is in front of.
 *
 * @param machine name of the one that the broker is on
 */
export function unfilteredWords(all: readonly Reach[], machine = 'this machine'): string[] {
  return all
    .filter(({ sources }) => sources === 'everybody')
    .map(({ name, address }) => `${name} on ${address} has no firewall: whoever finds a way to ${machine} reaches it`);
}

const shown = 5;

/** Everybody stands first, and cannot be overlooked. */
function listed(networks: readonly string[]): string {
  const isAll = (network: string) => (everybody as readonly string[]).includes(network);
  const named = [
    ...networks.filter(isAll).map((network) => `EVERYBODY (${network})`),
    ...networks.filter((network) => !isAll(network)),
  ];
  const more = named.length > shown ? `, and ${named.length - shown} more` : '';
  return named.length === 0 ? 'nobody' : `${named.slice(0, shown).join(', ')}${more}`;
}

function isSamePlace(a: Reach, b: Reach): boolean {
  return a.port === b.port && a.address === b.address;
}
