/** What a full disk or a lost power leaves of a backend of files, and how a command gets over it. */

import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { say } from '../../setup/progress';
import { type Pulumi, stateFolder } from '../../setup/pulumi';
import { checkpointFile, isWhole, type StackFiles, wholeCopies } from '../../setup/stateFiles';
import { liveHolder } from './lock';

/** An update writes the state again and again, and keeps what was there before beside it and among the backups. */
const copies = 8;
/** For locks, histories and the like. */
const leastBytes = 1_000_000;

/**
 * Puts a state that was cut off back from the newest whole copy that the engine has kept; the broken one is kept beside
 * it. Files beside it that the engine could not read are taken away.
 *
 * @throws Error where there is no whole copy
 */
export function restoreState(engine: Pulumi, { project, name: stack }: { project: string; name: string }): void {
  const bookkeeping = stateFolder(engine);
  if (bookkeeping === undefined) return;
  const files = { bookkeeping, project, stack };
  const file = checkpointFile(files);
  // Whoever holds the lock may be about to write it once more.
  if (file === undefined || isWhole(file) || liveHolder(files) !== undefined) return;
  const [copy] = wholeCopies(files);
  if (copy === undefined) {
    throw new Error(
      `The state of "${stack}" in ${file} was cut off, and no copy beside it or in ${join(bookkeeping, 'backups', project, stack)} is whole; bring one back from your backup. Nothing was changed`,
    );
  }
  putBack(file, copy, files);
  const time = statSync(copy).mtime.toISOString();
  say(
    `The state of "${stack}" was cut off; it is put back from ${copy} of ${time}, and the broken one is kept as ${file}.cut-off`,
  );
}

/** The copy is there as a whole before anything takes its place. */
function putBack(file: string, copy: string, files: StackFiles): void {
  const fresh = `${file}.fresh`;
  try {
    copyFileSync(copy, fresh);
    if (!isWhole(fresh)) throw Object.assign(new Error(), { code: 'ENOSPC' });
    renameSync(file, `${file}.cut-off`);
    // A copy may be packed otherwise than the file is named; the engine looks at what is in it.
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new Error(
      `The state of "${files.stack}" was cut off, and there is no room to put it back: free some in ${dirname(file)}`,
    );
  }
  rmSync(`${file}.attrs`, { force: true });
}

/** Takes away what stands between the engine and a whole state: files beside it that were cut off. */
export function removeUnreadable(engine: Pulumi, { project, name: stack }: { project: string; name: string }): void {
  const bookkeeping = stateFolder(engine);
  if (bookkeeping === undefined) return;
  const files = { bookkeeping, project, stack };
  const meta = join(bookkeeping, 'meta.yaml');
  // The engine makes it anew.
  if (existsSync(meta) && readFileSync(meta, 'utf8').trim() === '') rmSync(meta, { force: true });
  const beside = [meta, checkpointFile(files)].map((file) => `${file}.attrs`).filter((file) => existsSync(file));
  const broken = beside.filter((file) => !isJson(file));
  if (broken.length === 0 || liveHolder(files) !== undefined) return;
  for (const file of broken) rmSync(file, { force: true });
}

/** Takes away what a killed engine has begun to write: it empties a file before it writes it. */
export function removeHalfWritten({ bookkeeping, project, stack }: StackFiles, locks: string): void {
  for (const folder of [bookkeeping, join(bookkeeping, 'stacks', project), locks].filter((each) => existsSync(each))) {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const isTemporary = name.startsWith(`${stack}.json.`) && name.endsWith('.tmp');
      if (isTemporary || (name.endsWith('.attrs') && !isJson(file))) rmSync(file, { force: true });
    }
  }
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/**
 * An engine that has no room for a state writes the beginning of it.
 *
 * @throws Error where there is not enough for an update
 */
export function mustHaveRoom(engine: Pulumi, project: string, stack: string): void {
  const bookkeeping = stateFolder(engine);
  if (bookkeeping === undefined) return;
  const file = checkpointFile({ bookkeeping, project, stack });
  const needed = leastBytes + copies * (file === undefined ? 0 : statSync(file).size);
  const place = [bookkeeping, dirname(bookkeeping)].find((folder) => existsSync(folder));
  if (place === undefined) return;
  const { blocks, bavail, bsize, files, ffree } = statfsSync(place);
  const words = roomWords(blocks === 0 ? undefined : bavail * bsize, files === 0 ? undefined : ffree, needed);
  if (words === undefined) return;
  throw new Error(
    `There is no room for the state of "${stack}": ${place} has ${words}; free some (df "${place}") and run it again. Nothing was changed`,
  );
}

/**
 * What is short; undefined where nothing is.
 *
 * @param bytes undefined where the file system does not say
 * @param files how many more there can be; undefined where the file system does not say
 */
export function roomWords(bytes: number | undefined, files: number | undefined, needed: number): string | undefined {
  if (bytes !== undefined && bytes < needed) {
    return `${Math.floor(bytes / 1000)} kB left, and an update may need ${Math.ceil(needed / 1000)} kB`;
  }
  return files !== undefined && files < 20 ? `room for ${files} more files, and an update may make 20` : undefined;
}
