/** What has to be known of a stack, and cleared away, before anything is said of it or done to it. */

import type Docker from 'dockerode';
import { noChanges, type OptionChanges, optionChanges } from '../../change/container';
import { type Deployed, type Drift, driftOf, noDrift, type Seen, type SeenContainer } from '../../change/drift';
import { areTouched } from '../../change/fileDrift';
import { staysBehind } from '../../change/move';
import { type Claim, type Holder, holderOf } from '../../change/owner';
import { recordsIn } from '../../change/records';
import type { Delivery, FleetOrder } from '../../fleet/delivery';
import { fleetDigest } from '../../fleet/device';
import { deviceFiles } from '../../fleet/files';
import { type BrokerFiles, configurationVolume } from '../../mosquitto/files';
import { restartDigest } from '../../mosquitto/render';
import { dockerEngine, imageId } from '../../operate/docker';
import { type Look, look } from '../../operate/look';
import { sweep } from '../../operate/rehearsal';
import { optionsOf } from '../../settings/options';
import { lookAtCompanions } from './companions';
import { deployedOf, ownerIdIn, volumesIn } from './deployedContainer';
import { firewallDrift } from './deployedFirewall';
import { moveOf } from './move';
import { lookAtNetworks } from './networks';
import { recover } from './recovery';
import { outputs, project, type Stack } from './stack';
import { type StoredResource, storedResources } from './state';
import { finishWayBack } from './wayBack';

export interface Readiness {
  resources: StoredResource[];
  /** Who else has the broker; then options, container and files are not of this stack, and none are told. */
  holder: Holder;
  /** What differs from what was deployed. */
  drift: Drift;
  /** What the settings change of the container. */
  options: OptionChanges;
  /** The container that is there; undefined where there is none. */
  container: SeenContainer | undefined;
  /** What the engine says of it. */
  info: Docker.ContainerInspectInfo | undefined;
  /** Name of the folder that the broker reads. */
  folder: string | undefined;
  /** Every file that the broker reads; none where nothing is deployed, or no container is there to see them by. */
  files: BrokerFiles;
}

/**
 * Waits for a run that is at work, gets over one that was killed, and then looks.
 *
 * @param acts whether what a killed run has left half done may be finished
 */
export async function ready(stack: Stack, acts: boolean): Promise<Readiness> {
  const recovered = await recover({ ...stack, project });
  const known = () => storedResources(stack.engine, project, stack.name);
  const found = await known();
  const wanted = wantedOptions(stack, found);
  wanted.catch(() => {});
  const first = await lookAt(stack, found);
  const holder = first.holder ?? (await holderOfWanted(stack, found));
  if (holder !== undefined) return { resources: found, holder, ...nothingKnown, drift: first.drift };
  // It would go on writing to the volume that is looked at now.
  if (recovered) await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  const isBack = acts && (await finishWayBack(stack, found));
  const resources = isBack ? await known() : found;
  const [{ drift, seen }, options] = await Promise.all([
    isBack || recovered ? lookAt(stack, resources) : first,
    isBack ? wantedOptions(stack, resources) : wanted,
  ]);
  return {
    resources,
    holder,
    drift: { ...drift, deliver: drift.deliver || recovered, refresh: drift.refresh || options.isImageMoved },
    options,
    container: seen.container,
    info: seen.info,
    folder: seen.folder,
    files: seen.files,
  };
}

const nothingDeployed: Deployed = { container: undefined, folder: undefined, provedAt: undefined };

const nothingKnown = {
  options: noChanges,
  container: undefined,
  info: undefined,
  folder: undefined,
  files: {},
};

/** Looks at the broker, whose it is, and compares it with what was deployed. */
export async function lookAt(
  stack: Stack,
  resources: readonly StoredResource[],
): Promise<{ drift: Drift; seen: Look; holder: Holder }> {
  const move = moveOf(stack, resources);
  // What was deployed elsewhere is not to be found here.
  const deployed = move === undefined ? deployedOf(resources) : nothingDeployed;
  const name = deployed.container?.options.name ?? stack.settings.containerName;
  const docker = dockerEngine(null);
  const filtered = move === undefined ? firewallDrift(resources) : Promise.resolve(noDrift);
  filtered.catch(() => {});
  const connected = move === undefined ? lookAtNetworks(resources, name) : Promise.resolve(noDrift);
  connected.catch(() => {});
  const beside = move === undefined ? lookAtCompanions(resources) : Promise.resolve(noDrift);
  beside.catch(() => {});
  const seen = await look(docker, name, () =>
    imageId(docker, deployed.container?.options.image ?? stack.settings.image),
  );
  const holder = holderOf(seen.owners, claimOf(stack, resources, name));
  const delivered = holder === undefined && areTouched(seen) ? await deliveredFiles(stack, seen) : undefined;
  const drift = driftOf(seen, deployed, delivered);
  const [closed, apart, watching] = [await filtered, await connected, await beside];
  const { firewall } = closed;
  const all = {
    ...drift,
    words: [...drift.words, ...closed.words, ...apart.words, ...watching.words],
    // The engine believes everything that it knows to be on the other engine, too.
    refresh:
      drift.refresh || apart.refresh || watching.refresh || (move !== undefined && staysBehind(move.from, move.to)),
    expel: apart.expel,
    wake: watching.wake,
    ...(firewall !== undefined && { firewall }),
  };
  return { drift: all, seen, holder };
}

/** Who has the name that the settings give the broker, where it is another one than before. */
async function holderOfWanted(stack: Stack, resources: readonly StoredResource[]): Promise<Holder> {
  const { containerName, image } = stack.settings;
  const before = deployedOf(resources).container?.options.name;
  if (before === undefined || before === containerName) return undefined;
  const docker = dockerEngine(null);
  const { owners } = await look(docker, containerName, () => imageId(docker, image));
  return holderOf(owners, claimOf(stack, resources, containerName));
}

/** What the state of a stack knows of a broker's name. */
export function claimOf(
  { name: stack, settings }: Pick<Stack, 'name' | 'settings'>,
  resources: readonly StoredResource[],
  name: string,
): Claim {
  const { container, folder } = deployedOf(resources);
  const isDeployed = container?.options.name === name;
  return {
    project,
    stack,
    id: ownerIdIn(resources, settings.runtime),
    containerId: isDeployed ? container.id : undefined,
    folder,
    hasVolumes: volumesIn(resources).includes(configurationVolume(name)),
  };
}

/** Of a broker that moves everything is another one. */
async function wantedOptions(stack: Stack, resources: readonly StoredResource[]): Promise<OptionChanges> {
  return moveOf(stack, resources) === undefined ? optionsFrom(stack, deployedOf(resources)) : noChanges;
}

/** An image that is not on the engine yet is left to the engine. */
async function optionsFrom({ settings }: Stack, { container }: Deployed): Promise<OptionChanges> {
  const id = (await imageId(dockerEngine(null), settings.image)) ?? container?.options.image ?? '';
  return optionChanges(
    optionsOf(settings, id),
    settings.runtime === 'service' ? id : settings.image,
    restartDigest(settings),
    container,
  );
}

/** What was delivered, as far as it can be made again; undefined where the stack does not say. */
export async function deliveredFiles(stack: Stack, { files }: Seen): Promise<BrokerFiles | undefined> {
  const { delivery } = (await outputs(stack, true)) as { delivery?: Delivery };
  if (delivery === undefined) return undefined;
  return { ...delivery.files, ...(delivery.fleet !== null && filesOfDevices(stack, delivery.fleet, files)) };
}

/** None where the list of devices has changed since. */
function filesOfDevices({ settings }: Stack, order: FleetOrder, seen: BrokerFiles) {
  const { devices, digest, roles, rootSecret, isWatched } = order;
  const delivered = [devices, settings.devices].find((list) => fleetDigest(list) === digest);
  return delivered === undefined ? {} : deviceFiles(roles, delivered, rootSecret, recordsIn(seen).fleet, isWatched);
}
