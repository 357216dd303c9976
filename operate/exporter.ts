/**
 * Program: brings its program and its settings to an exporter, which takes other settings over while it runs.
 *
 * Standard input: an `ExporterOrder` as JSON. Standard output: `{ time, devices }` as JSON.
 * Exit 1 with the reason on standard error.
 */

import { text } from 'node:stream/consumers';
import { exporterFolder } from '../watching/exporterContainer';
import { type ExporterOrder, type ExporterSettings, exporterFiles } from '../watching/exporterSettings';
import { dockerEngine } from './docker';
import { exporterArchive } from './exporterArchive';
import { exporterProgram } from './exporterProgram';
import { devicesOf } from './fleetList';
import { run } from './program';
import { temporaryLabels, unlessGone } from './temporary';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as ExporterOrder)));

async function deliver(order: ExporterOrder): Promise<{ time: string; devices: number }> {
  const devices = order.fleet === null ? [] : devicesOf(order.fleet);
  const settings: ExporterSettings = { ...order.settings, devices: devices.map(({ id, role }) => [id, role]) };
  const files = await exporterArchive({
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
