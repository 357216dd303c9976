/** Files that are deployed, read back through the Docker API. It works on containers that do not run, too. */

import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path/posix';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract, type Header } from 'tar-stream';
import { type BrokerFiles, brokerId, configurationMount, deployments, unfinishedMark } from '../mosquitto/files';

/** What a configuration volume holds. */
export interface DeployedFiles {
  /** Name of the folder that the broker reads; undefined where there is none. */
  folder: string | undefined;
  /** Its files. */
  files: BrokerFiles;
  /** Names of those that were written after their delivery, which sets the time of each to zero. */
  rewritten: string[];
  /** Names of those that are not the broker's alone. */
  exposed: string[];
  /** When somebody else than a delivery has set the link to the folder, in milliseconds; undefined where nobody has. */
  linkedAt: number | undefined;
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
  const [link, found, unfinished] = await Promise.all([
    linkAt(container, `${place}/current`),
    filesAt(container, `${place}/current`),
    deployedFile(container, unfinishedMark, place),
  ]);
  return { folder: link?.target, linkedAt: link?.time || undefined, ...found, unfinished: unfinished?.trim() };
}

/** Every file of a folder; none where there is no folder. */
export async function folderFiles(container: Docker.Container, path: string): Promise<BrokerFiles> {
  return (await filesAt(container, path)).files;
}

async function filesAt(
  container: Docker.Container,
  path: string,
): Promise<Pick<DeployedFiles, 'files' | 'rewritten' | 'exposed'>> {
  const files: BrokerFiles = {};
  const rewritten: string[] = [];
  const exposed: string[] = [];
  for await (const entry of await archive(container, `${path}/.`)) {
    const { header } = entry;
    const name = header.name.split('/').at(-1) ?? '';
    if (header.type !== 'file') {
      entry.resume();
      continue;
    }
    files[name] = await text(entry);
    if (timeOf(header) !== undefined) rewritten.push(name);
    if (!isOwn(header)) exposed.push(name);
  }
  return { files, rewritten, exposed };
}

/** Undefined for the time zero. */
function timeOf({ mtime }: Header): number | undefined {
  return mtime?.getTime() || undefined;
}

function isOwn({ uid, gid, mode }: Header): boolean {
  return uid === brokerId && gid === brokerId && ((mode ?? 0) & 0o777) === 0o600;
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

/** A link, by what the engine says of the path: an archive of it takes twenty times as long. */
interface Link {
  /** Where it leads, from its own folder where it stays in there. */
  target: string;
  /** When it was set, in milliseconds. */
  time: number;
}

async function linkAt(container: Docker.Container, path: string): Promise<Link | undefined> {
  const { linkTarget: target = '', mtime = '' } = (await stat(container, path)) ?? {};
  const folder = `${dirname(path)}/`;
  if (target === '') return undefined;
  return { target: target.startsWith(folder) ? target.slice(folder.length) : target, time: Date.parse(mtime) };
}

async function stat(
  container: Docker.Container,
  path: string,
): Promise<{ linkTarget?: string; mtime?: string } | undefined> {
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

/** Without container or path it is empty. It fails where the engine goes away before its end, as a mere `pipe` would not. */
async function archive(container: Docker.Container, path: string) {
  const entries = extract();
  try {
    pipeline(await container.getArchive({ path }), entries, () => {});
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    return [];
  }
  return entries;
}
