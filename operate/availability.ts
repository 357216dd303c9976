/** Making room for a broker's container, or saying why there is none. */

import { createServer } from 'node:net';
import { restartDigestLabel } from '../mosquitto/reload';
import { dockerEngine, inspect, remoteMachine } from './docker';

export interface Clearance {
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  container: string;
  /** Ports that the container will publish. */
  ports: ReadonlyArray<{ port: number; bindAddress: string }>;
}

/**
 * Removes what an interrupted update left under the container's name, and checks that its ports are free.
 *
 * Only for the moment before the engine creates the container: then one of this name that carries our label is known
 * to no state, and would stay for ever.
 *
 * @throws Error when the name or a port belongs to somebody else
 */
export async function clear({ dockerHost, container: name, ports }: Clearance): Promise<void> {
  const container = dockerEngine(dockerHost ?? null).getContainer(name);
  const found = await inspect(container);
  if (found !== undefined) {
    if (found.Config.Labels[restartDigestLabel] === undefined) {
      throw new Error(`containerName: "${name}" belongs to another container; choose another name, or remove that one`);
    }
    await container.remove({ force: true, v: true });
  }
  if (remoteMachine(dockerHost ?? null) !== undefined) return;
  const taken = await Promise.all(ports.map(async (place) => ((await isFree(place)) ? [] : [place])));
  const [first] = taken.flat();
  if (first !== undefined) {
    const { port, bindAddress } = first;
    throw new Error(
      `listeners: port ${port} of ${bindAddress} is taken by another program of this machine; ` +
        `end it ("ss -ltnp sport = :${port}" names it), or choose another port`,
    );
  }
}

/** Only "in use" counts: an address that this machine does not have is Docker's to judge. */
function isFree({ port, bindAddress }: { port: number; bindAddress: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    // Docker publishes on `::` beside whoever has the same port of all IPv4 addresses.
    server.listen({ port, host: bindAddress, exclusive: true, ipv6Only: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
