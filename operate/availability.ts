/** Making room for a broker's container, or saying why there is none. */

import { createServer } from 'node:net';
import type Docker from 'dockerode';
import { type Claim, holderOf, mustBeOurs } from '../change/owner';
import { configurationMount, configurationVolume } from '../mosquitto/files';
import { type Owner, ownerIn } from '../mosquitto/owner';
import { restartDigestLabel } from '../mosquitto/reload';
import { dockerEngine, imageId, inspect } from './docker';
import { isTaken, listeningOn } from './listening';
import { look } from './look';
import { type Machine, machineOf } from './machine';
import { recordAt } from './ownerRecord';
import { standBack } from './standBack';
import { isTakenOver } from './takenOver';

export interface Clearance {
  /** Docker engine of the broker; undefined for the one of the environment. */
  dockerHost: string | undefined;
  container: string;
  /** Whose the broker is to be. */
  owner: Owner;
  /** Ports that the container will publish. */
  ports: ReadonlyArray<{ port: number; bindAddress: string }>;
}

/**
 * Removes what an interrupted update left under the container's name, and checks that its ports are free.
 *
 * Only for the moment before the engine creates the container: then one of this name that is ours is known to no state,
 * and would stay for ever.
 *
 * @throws Error when the name or a port belongs to somebody else
 */
export async function clear({ dockerHost, container: name, owner, ports }: Clearance): Promise<void> {
  const container = dockerEngine(dockerHost ?? null).getContainer(name);
  const found = await inspect(container);
  if (found !== undefined) {
    await mustBeBroker(container, found, owner);
    await container.remove({ force: true, v: true });
  }
  await standBack();
  const machine = machineOf(dockerHost ?? null);
  const [first] = await takenOf(machine, ports);
  if (first === undefined) return;
  const { port, bindAddress } = first;
  throw new Error(
    `listeners: port ${port} of ${bindAddress} is taken by another program of ${machine.name ?? 'this machine'}; ` +
      `end it ("ss -ltnp sport = :${port}" ${machine.name === undefined ? 'names it' : 'there names it'}), or choose another port`,
  );
}

type Places = Clearance['ports'];

/** Those of the ports that another program has, as far as that can be seen. */
export function takenOf(machine: Machine, ports: Places): Promise<Places> {
  return machine.name === undefined ? takenHere(ports) : takenThere(machine, ports);
}

async function takenHere(ports: Places): Promise<Places> {
  const taken = await Promise.all(ports.map(async (place) => ((await isFree(place)) ? [] : [place])));
  return taken.flat();
}

/** Where no command can be run, the engine itself refuses a port that is taken. */
async function takenThere(machine: Machine, ports: Places): Promise<Places> {
  const listening = await listeningOn(machine).catch(() => []);
  return ports.filter(({ port, bindAddress }) => isTaken(bindAddress, port, listening));
}

/**
 * Looks whether the container of the name, where there is one, is the broker of an owner.
 *
 * @throws Error where it is somebody else's
 */
export async function mustBeOfOwner({
  dockerHost,
  container: name,
  owner,
}: Pick<Clearance, 'container' | 'owner'> & { dockerHost: string | null }): Promise<void> {
  const container = dockerEngine(dockerHost).getContainer(name);
  const found = await inspect(container);
  if (found !== undefined) await mustBeBroker(container, found, owner);
}

async function mustBeBroker(container: Docker.Container, found: Docker.ContainerInspectInfo, owner: Owner) {
  const name = found.Name.replace(/^\//, '');
  if (found.Config.Labels[restartDigestLabel] === undefined) {
    throw new Error(`containerName: "${name}" belongs to another container; choose another name, or remove that one`);
  }
  if (!isTakenOver(name)) await mustBeCleared(container, found, owner);
}

/** The record is believed before labels; without both it is ours by the volume, whose files the delivery has looked at. */
async function mustBeCleared(
  container: Docker.Container,
  { Name, Config, Mounts }: Docker.ContainerInspectInfo,
  owner: Owner,
): Promise<void> {
  const name = Name.replace(/^\//, '');
  const isOnVolume = Mounts.some((mount) => mount.Name === configurationVolume(name));
  const record = isOnVolume ? await recordAt(container, configurationMount) : undefined;
  const said = record ?? ownerIn(Config.Labels);
  if (said === undefined ? isOnVolume : said.id === owner.id) return;
  mustBeOurs(name, { owner: said, by: record?.by ?? '', what: 'broker' }, owner.stack);
}

/**
 * Looks whether a volume that is about to be made is somebody else's: the engine would take it over without a word, and
 * delete it one day.
 *
 * @param image reference of the broker's
 * @throws Error where it is
 */
export async function claim({
  dockerHost,
  container,
  owner,
  image,
}: Omit<Clearance, 'ports'> & { image: string }): Promise<void> {
  if (isTakenOver(container)) return;
  const docker = dockerEngine(dockerHost ?? null);
  const made: Claim = { ...owner, containerId: undefined, folder: undefined, hasVolumes: false };
  const { owners } = await look(docker, container, () => imageId(docker, image));
  mustBeOurs(container, holderOf(owners, made), owner.stack);
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
