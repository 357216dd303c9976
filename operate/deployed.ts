/** Files that are deployed, read back through the Docker API. It works on containers that do not run, too. */

import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { allFileNames, type BrokerFiles, currentFolder } from '../mosquitto/files';

/**
 * One deployed file; undefined where there is none.
 *
 * @param folder where the container sees the folder that the broker reads
 */
export async function deployedFile(
  container: Docker.Container,
  name: string,
  folder = currentFolder,
): Promise<string | undefined> {
  try {
    const archive = (await container.getArchive({ path: `${folder}/${name}` })).pipe(extract());
    for await (const entry of archive) return await text(entry);
    return undefined;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** The link to the folder that the broker of a container reads. */
export interface DeployedLink {
  folder: string;
  /** When it was set, in milliseconds; undefined where a delivery has, which says so by the time zero. */
  setAt: number | undefined;
}

/** The link of a container; undefined where there is none. */
export async function deployedLink(container: Docker.Container): Promise<DeployedLink | undefined> {
  try {
    const archive = (await container.getArchive({ path: currentFolder })).pipe(extract());
    for await (const { header } of archive) {
      return header.linkname ? { folder: header.linkname, setAt: header.mtime?.getTime() || undefined } : undefined;
    }
    return undefined;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Name of the folder that the broker of a container reads; undefined where there is none. */
export async function deployedFolder(container: Docker.Container): Promise<string | undefined> {
  return (await deployedLink(container))?.folder;
}

/** Every file that the broker of a container reads. */
export async function deployedFiles(container: Docker.Container): Promise<BrokerFiles> {
  const names = allFileNames;
  const contents = await Promise.all(names.map((name) => deployedFile(container, name)));
  return Object.fromEntries(
    names.flatMap((name, index) => (contents[index] === undefined ? [] : [[name, contents[index]]])),
  );
}
