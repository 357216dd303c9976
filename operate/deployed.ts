/** Files that are deployed, read back through the Docker API. It works on containers that do not run, too. */

import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path/posix';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { type BrokerFiles, configurationMount, deployments, unfinishedMark } from '../mosquitto/files';

/** What a configuration volume holds. */
export interface DeployedFiles {
  /** Name of the folder that the broker reads; undefined where there is none. */
  folder: string | undefined;
  /** Its files. */
  files: BrokerFiles;
  /** Name of the folder that was proved last, where a delivery has not come to its end since. */
  unfinished: string | undefined;
}

/** Where the broker's container sees the deployed folders. */
export const deployedPlace = `${configurationMount}/${deployments}`;

/**
 * Everything that a broker reads, in a few answers of the engine.
 *
 * @param place where the container sees the deployed folders
 */
export async function deployedFiles(container: Docker.Container, place = deployedPlace): Promise<DeployedFiles> {
  const [folder, files, unfinished] = await Promise.all([
    linkTarget(container, `${place}/current`),
    folderFiles(container, `${place}/current`),
    deployedFile(container, unfinishedMark, place),
  ]);
  return { folder, files, unfinished: unfinished?.trim() };
}

/** Every file of a folder; none where there is no folder. */
export async function folderFiles(container: Docker.Container, path: string): Promise<BrokerFiles> {
  const files: BrokerFiles = {};
  for await (const entry of await archive(container, `${path}/.`)) {
    const name = entry.header.name.split('/').at(-1) ?? '';
    if (entry.header.type === 'file') files[name] = await text(entry);
    else entry.resume();
  }
  return files;
}

/** One deployed file; undefined where there is none. */
export async function deployedFile(
  container: Docker.Container,
  name: string,
  folder = `${deployedPlace}/current`,
): Promise<string | undefined> {
  for await (const entry of await archive(container, `${folder}/${name}`)) return await text(entry);
  return undefined;
}

/** Where a link leads, by what the engine says of the path: an archive of it takes twenty times as long. */
async function linkTarget(container: Docker.Container, path: string): Promise<string | undefined> {
  const { linkTarget: target = '' } = (await stat(container, path)) ?? {};
  const folder = `${dirname(path)}/`;
  return target === '' ? undefined : target.startsWith(folder) ? target.slice(folder.length) : target;
}

async function stat(container: Docker.Container, path: string): Promise<{ linkTarget?: string } | undefined> {
  try {
    const answer = (await container.infoArchive({ path })) as NodeJS.ReadableStream & Pick<IncomingMessage, 'headers'>;
    answer.resume();
    const header = String(answer.headers['x-docker-container-path-stat'] ?? '');
    return JSON.parse(Buffer.from(header, 'base64').toString());
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Without container or path it is empty. */
async function archive(container: Docker.Container, path: string) {
  const entries = extract();
  try {
    (await container.getArchive({ path })).pipe(entries);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    return [];
  }
  return entries;
}
