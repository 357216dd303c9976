import * as pulumi from '@pulumi/pulumi';
import { publishedAddresses } from '../mosquitto/listeners';
import { quoted } from '../mosquitto/quoted';
import { SettingsError } from '../settings';
import { watcherPortsOf } from '../watching/containers';
import type { BrokerSettings } from './settings';

/** What of a broker no other one on the same machine can have. */
export type Taken = Pick<BrokerSettings, 'dockerHost' | 'containerName' | 'network' | 'listeners' | 'monitoring'> & {
  name: string;
};

/** The brokers that this program makes in each stack. */
const made = new WeakMap<pulumi.Resource, Taken[]>();

/**
 * Refuses a broker that takes what another one of the same program has: both would be made at once, and each would find
 * what is half the other's.
 *
 * @throws pulumi.RunError with every clash
 */
export function mustBeApart(name: string, settings: BrokerSettings): void {
  const stack = pulumi.runtime.getStackResource();
  if (stack === undefined) return;
  const own = { ...settings, name };
  const others = made.get(stack) ?? [];
  const problems = clashes(own, others);
  if (problems.length > 0) throw new pulumi.RunError(new SettingsError(problems, `the broker "${name}"`).message);
  made.set(stack, [...others, own]);
}

/** What two brokers cannot both have; of those on other machines nothing. */
export function clashes(own: Taken, others: readonly Taken[]): string[] {
  return others.filter(({ dockerHost }) => dockerHost === own.dockerHost).flatMap((other) => clashesOf(own, other));
}

function clashesOf(own: Taken, other: Taken): string[] {
  const whose = `of the broker "${other.name}"; choose another one`;
  const networks = [other.containerName, ...(other.network === null ? [] : [other.network])];
  const theirs = [...publishedAddresses(other.listeners), ...watchedPlaces(other)];
  return [
    ...(networks.includes(own.containerName) ? [`containerName: ${quoted(own.containerName)} is that ${whose}`] : []),
    ...(own.network !== null && networks.includes(own.network)
      ? [`network: ${quoted(own.network)} is that ${whose}`]
      : []),
    ...own.listeners.flatMap((listener, index) => {
      const isTaken = publishedAddresses([listener]).some((place) => theirs.some((each) => meet(place, each)));
      return isTaken ? [`listeners[${index}].port: ${listener.port} is one ${whose}`] : [];
    }),
    ...watchedPlaces(own).flatMap(({ path, ...place }) =>
      theirs.some((each) => meet(place, each)) ? [`${path}.port: ${place.port} is one ${whose}`] : [],
    ),
  ];
}

/** Where what watches a broker answers. */
function watchedPlaces({ monitoring }: Taken): Array<Published & { path: string }> {
  return Object.entries(watcherPortsOf(monitoring)).map(([watcher, port]) => ({
    path: watcher === 'exporter' ? 'monitoring' : `monitoring.${watcher}`,
    port,
    bindAddress: '127.0.0.1',
  }));
}

type Published = ReturnType<typeof publishedAddresses>[number];

/** An address of all takes the port from each of its kind. */
function meet(a: Published, b: Published): boolean {
  if (a.port !== b.port) return false;
  const isSix = (address: string) => address.includes(':');
  const isAll = ({ bindAddress }: Published) => bindAddress === '0.0.0.0' || bindAddress === '::';
  if (isSix(a.bindAddress) !== isSix(b.bindAddress)) return false;
  return a.bindAddress === b.bindAddress || isAll(a) || isAll(b);
}
