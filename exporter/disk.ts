/** The disk with sessions and messages, and what they take of it. */

import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface Disk {
  databaseBytes: number | null;
  freeBytes: number | null;
  diskBytes: number | null;
}

/** @param folder of the broker's data, as the exporter sees it; what cannot be seen is null */
export async function diskOf(folder: string): Promise<Disk> {
  const [files, system] = await Promise.all([
    readdir(folder).catch(() => undefined),
    statfs(folder).catch(() => undefined),
  ]);
  const sizes =
    files &&
    (await Promise.all(
      files.map((name) =>
        stat(join(folder, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    ));
  return {
    databaseBytes: sizes === undefined ? null : sizes.reduce((sum, size) => sum + size, 0),
    freeBytes: system === undefined ? null : system.bavail * system.bsize,
    diskBytes: system === undefined ? null : system.blocks * system.bsize,
  };
}
