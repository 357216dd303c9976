/**
 * The broker's files: where they are, inside its container or on its machine.
 *
 * All of them stand in one folder named by its content, and `current` is a symbolic link to it: renaming the link swaps
 * every file at once, and the folder before it is still there to go back to.
 */

import { createHash } from 'node:crypto';
import { imageLayout, type Layout } from './layout';
import { type ClientKind, clientKinds } from './listeners';

/** Kinds of keys that a server may have, as OpenSSL names them. */
export const keyTypes = ['ec', 'rsa', 'ed25519'] as const;
export type KeyType = (typeof keyTypes)[number];

/** User and group of the broker in the official image; its files must be theirs. */
export const brokerId = 1883;

/** Name of the volume with the configuration. */
export function configurationVolume(containerName: string): string {
  return `${containerName}-configuration`;
}

/** Name of the volume with sessions and messages. */
export function dataVolume(containerName: string): string {
  return `${containerName}-data`;
}

/** Where the configuration volume is mounted in the broker's container. */
export const configurationMount = imageLayout.configuration;
/** Folder of the volume that holds the deployed configurations. */
export const deployments = 'deployed';
/**
 * File beside them that is there from a swap until the broker was seen to serve the new files; it names the folder that
 * was proved last.
 */
export const unfinishedMark = 'unfinished';
/** Where the data volume is mounted. */
export const dataMount = imageLayout.data;

/** Folder that the broker reads, from that of its layout. */
const current = `${deployments}/current`;

/** Folder that the broker reads in its container. */
export const currentFolder = currentFolderOf(imageLayout);

/** Folder that a broker reads. */
export function currentFolderOf(layout: Layout): string {
  return `${layout.configuration}/${current}`;
}

/** Names of the files in the folder. */
export const fileNames = {
  configuration: 'mosquitto.conf',
  passwords: 'passwords',
  acl: 'acl',
  devicePasswords: 'device-passwords',
  deviceAcl: 'device-acl',
  /** What of the fleet is deployed; the broker does not read it. */
  fleet: 'fleet.json',
  /** Which certificate authorities devices and broker trust; the broker does not read it. */
  trust: 'trust.json',
  /** Which clients could have a certificate; the broker does not read it. */
  issued: 'issued.json',
  /** Authorities that clients trust. */
  certificateAuthority: 'ca.pem',
} as const;

/** Certificate of the server with its intermediates, and its key. */
export interface ServerFileNames {
  certificate: string;
  privateKey: string;
}

/**
 * Named by the kind of the key: the broker holds one certificate of each kind, so at a reload a key of another kind
 * would only come beside the old one, and most clients would still see that.
 */
export function serverFileNames(keyType: KeyType): ServerFileNames {
  return { certificate: `server-${keyType}.pem`, privateKey: `server-${keyType}.key` };
}

/** What a listener asks certificates of its clients against. */
export interface ClientFileNames {
  authorities: string;
  revoked: string;
}

/** Authorities of one kind of client, and the list of their certificates that are revoked. */
export function clientFileNames(kind: ClientKind): ClientFileNames {
  return { authorities: `${kind}-ca.pem`, revoked: `${kind}-crl.pem` };
}

/** Every name that a file of the folder can have. */
export const allFileNames: readonly string[] = [
  ...Object.values(fileNames),
  ...keyTypes.flatMap((keyType) => Object.values(serverFileNames(keyType))),
  ...clientKinds.flatMap((kind) => Object.values(clientFileNames(kind))),
];

/** File name to content. */
export type BrokerFiles = Record<string, string>;

/**
 * Name of the folder for a set of files, by their content; what is remembered of the clock is another one each time, and
 * no reason for a name.
 */
export function folderName(files: BrokerFiles): string {
  const hash = createHash('sha256');
  const named = Object.entries(files).filter(([name]) => name !== fileNames.trust);
  for (const [name, content] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Absolute path of a file, as the broker sees it. */
export function pathOf(fileName: string, layout = imageLayout): string {
  return `${currentFolderOf(layout)}/${fileName}`;
}

/** Name of the file that a path means, in whatever layout; undefined for the path of anything else. */
export function fileNameIn(path: string): string | undefined {
  const [, name] = path.split(`/${current}/`);
  return name;
}
