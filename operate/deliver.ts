/**
 * Program: brings files to a broker, so that a bad file never reaches a running one.
 *
 * Standard input: a `Delivery` as JSON. Standard output: a `DeliveryReport` as JSON.
 * Exit 1 with the reason on standard error, and with what is in force then.
 */

import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import type { Delivery, DeliveryReport } from '../fleet/delivery';
import { dockerEngine } from './docker';
import { Possession } from './possession';
import { run } from './program';
import { type Folder, rehearse, root } from './rehearsal';
import { openShells } from './shells';
import { brokerView, look, rehearsalView } from './view';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as Delivery)));

async function deliver(delivery: Delivery): Promise<DeliveryReport> {
  const { plan, image, volume } = delivery;
  const docker = dockerEngine(plan.dockerHost);
  const broker = docker.getContainer(plan.container);
  const possession = new Possession(delivery);
  openShells(broker, 1);
  const shown = brokerView(broker, volume);
  shown.catch(() => {});
  const rehearsal = {
    image,
    volume,
    mayUse: (container: Docker.Container) => possession.look(container, root),
    prepare: async (container: Docker.Container, looked: () => Promise<void>) => {
      const view = await shown;
      const seen = look(view ?? rehearsalView(container), broker);
      if (view !== undefined) await looked();
      // What takes long to load is loaded while the engine starts the rehearsal.
      const [{ BrokerHandle }, { prepare }, { carryOut }, { rehearsalFolders }] = await Promise.all([
        import('./broker'),
        import('./preparation'),
        import('./carryOut'),
        import('./rehearsedAccess'),
      ]);
      const running = new BrokerHandle(broker, plan);
      const change = await prepare(delivery, seen, running, looked, possession.areFilesOurs);
      return {
        folders: rehearsalFolders(change.folder, change.files),
        carryOut: () => carryOut(delivery, new BrokerHandle(container, plan), running, change),
      };
    },
    folders: ({ folders }: { folders: Folder[] }) => folders,
  };
  return rehearse(docker, rehearsal, async (container, { carryOut }) => {
    const report = await carryOut();
    await possession.take(container, root);
    return report;
  });
}
