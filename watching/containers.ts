/** Names of what watches a broker on a Docker engine: all of them begin with that of the broker's container. */

import type { Monitoring } from './settings';

/** What runs beside a broker, each in a container of its own. */
export const watchers = ['exporter', 'prometheus', 'alertmanager', 'grafana'] as const;
export type Watcher = (typeof watchers)[number];

/** Port that each has in its container; on the machine it has that of the settings. */
export const watcherPorts = {
  exporter: 9_234,
  prometheus: 9_090,
  alertmanager: 9_093,
  grafana: 3_000,
} as const satisfies Readonly<Record<Watcher, number>>;

/** Name of the container, by which those in the same network reach it. */
export function watcherContainer(containerName: string, watcher: Watcher): string {
  return `${containerName}-${watcher}`;
}

/** Name of the volume with what it has gathered. The exporter has none. */
export function watcherVolume(containerName: string, watcher: Exclude<Watcher, 'exporter'>): string {
  return `${watcherContainer(containerName, watcher)}-data`;
}

/** Name of the network in which they ask each other. No way leads out of it. */
export function watchingNetwork(containerName: string): string {
  return `${containerName}-monitoring`;
}

/** Name of the network that Prometheus and Grafana publish their ports from. */
export function publishingNetwork(containerName: string): string {
  return `${containerName}-monitoring-ports`;
}

/** Name of the network that Alertmanager publishes its port from, and that mail and web hooks leave by. */
export function alertingNetwork(containerName: string): string {
  return `${containerName}-monitoring-alerts`;
}

/** The watchers that a stack file asks for. */
export function watchersOf({ enabled, ...services }: Monitoring): Watcher[] {
  return watchers.filter((watcher) => (watcher === 'exporter' ? enabled : enabled && services[watcher] !== null));
}

/** Watcher to its port on the machine of the broker, where it answers on loopback alone. */
export function watcherPortsOf(monitoring: Monitoring): Record<string, number> {
  return Object.fromEntries(
    watchersOf(monitoring).map((watcher) => {
      const { port } = watcher === 'exporter' ? monitoring : (monitoring[watcher] ?? monitoring);
      return [watcher, port];
    }),
  );
}

/** Watcher to its URL on the machine of the broker. */
export function watcherAddresses(monitoring: Monitoring): Record<string, string> {
  return Object.fromEntries(
    Object.entries(watcherPortsOf(monitoring)).map(([watcher, port]) => [watcher, `http://127.0.0.1:${port}/`]),
  );
}

/** Image of each watcher that a stack file asks for, by reference. */
export function watcherImages(monitoring: Monitoring): string[] {
  const images = watchersOf(monitoring).map((watcher) =>
    watcher === 'exporter' ? monitoring.image : monitoring[watcher]?.image,
  );
  return [...new Set(images)].filter((image) => image !== undefined);
}

/** The longest name of a broker's container whose watchers can be found by theirs: a label of DNS has 63 characters. */
export const longestWatchedName = 63 - '-alertmanager'.length;
