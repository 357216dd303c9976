/** Undoing what others have done to a container, while it runs. */

import type Docker from 'dockerode';
import type { Drift } from '../change/drift';
import { machineOf } from './machine';
import { putInForceMeanwhile } from './nftables';

const mebibyte = 2 ** 20;

/** Gives a container back what it was deployed with, as far as nobody notices, and the broker its firewall. One that is made anew gets all of it then. */
export async function mend(docker: Docker, name: string, drift: Drift): Promise<void> {
  const { unpause, restore, detach, expel, replace, firewall } = drift;
  // Which ports the broker publishes is not known where an update was cut off.
  if (firewall !== undefined) await putInForceMeanwhile(machineOf(null), firewall);
  for (const { network, container } of expel) {
    await docker.getNetwork(network).disconnect({ Container: container, Force: true });
  }
  const container = docker.getContainer(name);
  if (unpause) await container.unpause();
  if (replace) return;
  for (const network of detach) await docker.getNetwork(network).disconnect({ Container: name });
  if (restore === undefined) return;
  await container.update({
    Memory: restore.memoryMebibytes * mebibyte,
    MemorySwap: restore.memorySwapMebibytes * mebibyte,
    RestartPolicy: { Name: restore.restart },
  });
}
