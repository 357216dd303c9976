/** Files on their way to an exporter. */

import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { exporterUser } from '../watching/exporterContainer';

/** A tar archive of them, for its user alone. */
export async function exporterArchive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const owner = { uid: exporterUser, gid: exporterUser, mtime: new Date() };
  const tar = pack();
  // The exporter keeps its memory beside them.
  tar.entry({ name: '.', type: 'directory', mode: 0o700, ...owner });
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o400, ...owner }, content);
  tar.finalize();
  return buffer(tar);
}
