/** The record of whose a broker is, on the volume of its files. */

import { hostname, userInfo } from 'node:os';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { brokerId, configurationMount, dataMount, deployments } from '../mosquitto/files';
import { type OwnerRecord, ownerFile, recordIn, recordText } from '../mosquitto/owner';
import { deployedFile } from './deployed';
import { temporaryLabels } from './temporary';

/** The record that a container sees; undefined where there is none. */
export async function recordAt(container: Docker.Container, place: string): Promise<OwnerRecord | undefined> {
  return recordIn(await deployedFile(container, ownerFile, `${place}/${deployments}`));
}

/** Whoever runs this, as user@machine. */
export function whoever(): string {
  return `${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // One that the machine has no name for.
    return String(process.getuid?.() ?? '');
  }
}

/** Writes the record to a volume with files, which a container may write. */
export async function writeRecord(container: Docker.Container, place: string, record: OwnerRecord): Promise<void> {
  const tar = pack();
  tar.entry({ name: ownerFile, uid: brokerId, gid: brokerId, mode: 0o600, mtime: new Date(0) }, recordText(record));
  tar.finalize();
  await container.putArchive(await buffer(tar), { path: `${place}/${deployments}` });
}

/** Does something with a container that sees a volume and never starts. */
export async function withVolume<T>(
  docker: Docker,
  image: string,
  volume: string,
  work: (container: Docker.Container, place: string) => Promise<T>,
): Promise<T> {
  const container = await docker.createContainer({
    Image: image,
    Labels: temporaryLabels(),
    // The image declares volumes, and none but this one is wanted.
    HostConfig: {
      NetworkMode: 'none',
      Binds: [`${volume}:${configurationMount}:ro,nocopy`],
      Tmpfs: { [dataMount]: '', '/mosquitto/log': '' },
    },
  });
  try {
    return await work(container, configurationMount);
  } finally {
    await container.remove({ force: true, v: true });
  }
}
