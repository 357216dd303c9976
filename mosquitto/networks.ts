/** The Docker networks of a broker. */

import { createHash } from 'node:crypto';

/** The network that Docker puts a container in where nothing else is said. */
export const defaultNetwork = 'bridge';

/** Names of the networks that Docker has by itself, or gives a meaning of their own. */
const reserved: readonly string[] = [defaultNetwork, 'host', 'none', 'default'];

/** Whether no network of one's own can have a name. */
export function isReserved(name: string): boolean {
  return reserved.includes(name);
}

/** Whether Docker takes a name for a container or a network, as this program lets them be named. */
export function isDockerName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}$/.test(name);
}

/** What a broker's networks are named by. */
export interface NetworkModel {
  containerName: string;
  /** Name of an internal network that other containers join; null for none. */
  network: string | null;
}

/** Name of the network that the broker publishes its ports from. Nobody else is in it. */
export function ownNetwork({ containerName }: Pick<NetworkModel, 'containerName'>): string {
  return containerName;
}

/** Names of all networks of a broker. */
export function networksOf(model: NetworkModel): string[] {
  return [ownNetwork(model), ...(model.network === null ? [] : [model.network])];
}

/** Name of the link on the machine that a network is made of. Linux takes 15 characters. */
export function linkName(network: string): string {
  return `aipi-${createHash('sha256').update(network).digest('hex').slice(0, 10)}`;
}

/** What is wrong with the name of a network, or `undefined` when Docker accepts it and has no network of its own by it. */
export function networkNameProblem(name: string): string | undefined {
  if (isReserved(name)) return 'is a network of Docker itself; choose a name of your own, such as aipi';
  return isDockerName(name)
    ? undefined
    : 'is not the name of a network; write 2 to 63 letters, digits, "-", "_", ".", beginning with a letter or digit';
}
