/**
 * The broker's files: where they are inside the container.
 *
 * All of them stand in one folder named by its content, and `current` is a symbolic link to it: renaming the link swaps
 * every file at once, and the folder before it is still there to go back to.
 */

/** User and group of the broker in the official image; its files must be theirs. */
export const brokerId = 1883;

/** Name of the volume with the configuration. */
export function configurationVolume(containerName: string): string {
  return `${containerName}-configuration`;
}

/** Where the configuration volume is mounted in the broker's container. */
export const configurationMount = '/mosquitto/config';
/** Folder of the volume that holds the deployed configurations. */
export const deployments = 'deployed';
/** File beside them that is there from a swap until the broker was seen to serve the new files. */
export const unfinishedMark = 'unfinished';
/** Where the data volume is mounted. */
export const dataMount = '/mosquitto/data';

/** Folder that the broker reads. */
export const currentFolder = `${configurationMount}/${deployments}/current`;

/** Names of the files in the folder. */
export const fileNames = {
  configuration: 'mosquitto.conf',
  passwords: 'passwords',
  acl: 'acl',
  devicePasswords: 'device-passwords',
  deviceAcl: 'device-acl',
  /** What of the fleet is deployed; the broker does not read it. */
  fleet: 'fleet.json',
  certificateAuthority: 'ca.pem',
  certificate: 'server.pem',
  privateKey: 'server.key',
} as const;

/** File name to content. */
export type BrokerFiles = Record<string, string>;

/** Absolute path of a file, as the broker sees it. */
export function pathOf(fileName: string): string {
  return `${currentFolder}/${fileName}`;
}
