/**
 * Program: brings its program and its settings to an exporter, which takes other settings over while it runs.
 *
 * Standard input: an `ExporterOrder` as JSON. Standard output: `{ time, devices }` as JSON.
 * Exit 1 with the reason on standard error.
 */

import { buffer, text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { exporterFolder, exporterUser } from '../watching/exporterContainer';
import { type ExporterOrder, type ExporterSettings, exporterFiles } from '../watching/exporterSettings';
import { dockerEngine } from './docker';
import { exporterProgram } from './exporterProgram';
import { devicesOf } from './fleetList';
import { run } from './program';
import { temporaryLabels, unlessGone } from './temporary';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as ExporterOrder)));

async function deliver(order: ExporterOrder): Promise<{ time: string; devices: number }> {
  const devices = order.fleet === null ? [] : devicesOf(order.fleet);
  const settings: ExporterSettings = { ...order.settings, devices: devices.map(({ id, role }) => [id, role]) };
  const files = await archive({
    [exporterFiles.program]: await exporterProgram(),
    [exporterFiles.settings]: JSON.stringify(settings),
  });
  await put(order, files);
  return { time: new Date().toISOString(), devices: devices.length };
}

/** By a container that never starts: the volume is nobody else's to write. */
async function put({ dockerHost, image, volume }: ExporterOrder, files: Buffer): Promise<void> {
  const container = await dockerEngine(dockerHost).createContainer({
    Image: image,
    Labels: temporaryLabels(),
    HostConfig: { NetworkMode: 'none', Binds: [`${volume}:${exporterFolder}`] },
  });
  try {
    await container.putArchive(files, { path: exporterFolder });
  } finally {
    await container.remove({ force: true, v: true }).catch(unlessGone);
  }
}

async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const owner = { uid: exporterUser, gid: exporterUser, mtime: new Date() };
  const tar = pack();
  // The exporter keeps its memory beside them.
  tar.entry({ name: '.', type: 'directory', mode: 0o700, ...owner });
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o400, ...owner }, content);
  tar.finalize();
  return buffer(tar);
}
