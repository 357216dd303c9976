/**
 * Program: brings the files of a service beside a broker to the volume that it reads them from.
 *
 * Standard input: a `ServiceFiles` as JSON. Standard output: `{ time }` as JSON.
 * Exit 1 with the reason on standard error.
 */

import { buffer, text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { ServiceFiles } from '../watching/services';
import { dockerEngine } from './docker';
import { run } from './program';
import { temporaryLabels, unlessGone } from './temporary';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as ServiceFiles)));

/** By a container that never starts. What is not in the image is not copied into the volume. */
const folder = '/aipi-mqtt-files';

async function deliver({ dockerHost, image, volume, user, files }: ServiceFiles): Promise<{ time: string }> {
  const archive = await archived(files, user);
  const container = await dockerEngine(dockerHost).createContainer({
    Image: image,
    Labels: temporaryLabels(),
    HostConfig: { NetworkMode: 'none', Binds: [`${volume}:${folder}`] },
  });
  try {
    await container.putArchive(archive, { path: folder });
  } finally {
    await container.remove({ force: true, v: true }).catch(unlessGone);
  }
  return { time: new Date().toISOString() };
}

/** For the user of the service alone. */
async function archived(files: ServiceFiles['files'], user: string): Promise<Buffer> {
  const [uid, gid] = user.split(':').map(Number);
  const owner = { uid, gid, mtime: new Date() };
  const tar = pack();
  tar.entry({ name: '.', type: 'directory', mode: 0o500, ...owner });
  const folders = new Set(Object.keys(files).flatMap((path) => path.split('/').slice(0, -1)));
  for (const name of folders) tar.entry({ name, type: 'directory', mode: 0o500, ...owner });
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o400, ...owner }, content);
  tar.finalize();
  return buffer(tar);
}
