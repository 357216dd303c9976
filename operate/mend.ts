/** Undoing what others have done to a container, while it runs. */

import type Docker from 'dockerode';
import type { Drift } from '../change/drift';
import type { UnitRecord } from '../mosquitto/unit';
import { machineOf } from './machine';
import { putInForceMeanwhile } from './nftables';
import { UnitContainer } from './service/unitContainer';

const mebibyte = 2 ** 20;

/**
 * Gives a container back what it was deployed with, as far as nobody notices, and the broker its firewall. One that is made
 * anew gets all of it then.
 *
 * @param unit what a service was deployed with; undefined for a container
 */
export async function mend(docker: Docker, name: string, drift: Drift, unit?: UnitRecord): Promise<void> {
  const { unpause, restore, detach, expel, wake, replace, refresh, firewall } = drift;
  // Which ports the broker publishes is not known where an update was cut off.
  if (firewall !== undefined) await putInForceMeanwhile(machineOf(null), firewall);
  for (const { network, container } of expel) {
    await docker.getNetwork(network).disconnect({ Container: container, Force: true });
  }
  for (const { container, how } of wake) await docker.getContainer(container)[how]();
  const container = docker.getContainer(name);
  if (unpause) await container.unpause();
  // The engine looks at no service, and would not notice.
  if (unit !== undefined && (replace || refresh)) {
    const service = new UnitContainer(machineOf(null), name);
    await service.put(unit);
    await service.restart();
    return;
  }
  if (replace) return;
  for (const network of detach) await docker.getNetwork(network).disconnect({ Container: name });
  if (restore === undefined) return;
  await container.update({
    Memory: restore.memoryMebibytes * mebibyte,
    MemorySwap: restore.memorySwapMebibytes * mebibyte,
    RestartPolicy: { Name: restore.restart },
  });
}
