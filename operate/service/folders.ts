/**
 * What a machine without Docker keeps for its brokers, in the shape in which an engine has it: folders in place of volumes,
 * each with a file beside it that says whose it is.
 */

import { serviceRoot } from '../../mosquitto/layout';

/** Folder that stands for a volume. */
export function folderOf(volume: string): string {
  return `${serviceRoot}/${volume}`;
}

/** File with the labels of a volume. */
export function labelsOf(volume: string): string {
  return `${serviceRoot}/${volume}.labels`;
}

/** Where rehearsals keep what they need; gone with the next boot. */
export const rehearsals = '/run/aipi-mqtt/rehearsals';

/** Where a folder of the machine is seen. */
export interface Mounted {
  /** Absolute path on the machine. */
  source: string;
  /** Where the process sees it. */
  destination: string;
  readOnly: boolean;
}

/**
 * The path of the machine that a process means by one of its own.
 *
 * @returns undefined where it is in none of its folders
 */
export function pathOnMachine(path: string, mounts: readonly Mounted[]): string | undefined {
  const mount = mounts.find(({ destination }) => path === destination || path.startsWith(`${destination}/`));
  return mount && mount.source + path.slice(mount.destination.length);
}
