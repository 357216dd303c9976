/** Running a broker again in a container like one that was taken away. */

import type Docker from 'dockerode';
import { configurationMount } from '../../mosquitto/files';
import { restartDigestLabel } from '../../mosquitto/reload';
import type { BrokerHandle } from '../broker';
import { deployedFiles } from '../deployed';
import { dockerEngine, inspect, stateOf } from '../docker';
import { interruption } from '../interruption';
import { proveLive } from '../liveProof';
import { rehearse, stage, swap } from '../rehearsal';
import { lackOf } from '../room';
import { takeOver } from '../takeOver';
import { type ProvedFiles, provedFiles } from './files';

/** A broker as it ran: it holds no secret. */
export interface FormerBroker {
  /** What `docker inspect` said of its container. */
  container: Docker.ContainerInspectInfo;
  /** Name of the folder of files that it was proved on. */
  folder: string;
  /** Since when it may have been taken away, ISO 8601. */
  since: string;
}

/** What became of it. */
export interface Return {
  /** Id of the container that runs now. */
  id: string;
  /** What is true of the broker now, in words. */
  words: string;
}

const stopSeconds = 30;

/**
 * Puts things back as they were: the files, and where the container is another one, a container like the one from before
 * on the same data; then proves it.
 *
 * @param broker by the plan from before
 * @param prepare called before a container starts
 * @returns undefined where nothing had changed
 * @throws Error in words that say what stands in the way
 */
export async function returnTo(
  broker: BrokerHandle,
  former: FormerBroker,
  prepare: () => Promise<void>,
): Promise<Return | undefined> {
  const found = await inspect(broker.container);
  const isFormer = found?.Id === former.container.Id;
  const stands = isFormer && found !== undefined && stateOf(found) === 'running';
  if (stands && (await deployedFiles(broker.container)).folder === former.folder) return undefined;
  // The proof has put back by itself what does not hold; files that only lack room stay, such as those of a revocation.
  if (stands && (await lackOf(broker.container, broker.name)) !== undefined) return undefined;
  if (found !== undefined && !isFormer) await takeAway(broker, found);
  await putFilesBack(broker, former);
  if (stands) {
    await takeOver(broker);
    return { id: former.container.Id, words: await proof(broker, 'the files from before are back') };
  }
  const container = isFormer ? broker.container : await createAgain(broker, former);
  await prepare();
  await container.start();
  const away = await interruption(broker, { time: former.since, restart: [] });
  const proved = await proof(broker, 'the container from before runs again on the same data');
  const words = away === null ? proved : `${proved}; nobody could connect for ${away.milliseconds} ms`;
  return { id: isFormer ? former.container.Id : container.id, words };
}

/** The broker gets the time that it needs to write what it has. */
async function takeAway({ container, name }: BrokerHandle, found: Docker.ContainerInspectInfo): Promise<void> {
  if (found.Config.Labels[restartDigestLabel] === undefined) {
    throw new Error(`another container has taken the name ${name}; remove it, then run up again`);
  }
  await container.stop({ t: stopSeconds }).catch(() => {});
  await container.remove({ force: true, v: true });
}

/** The next update delivers again, because the mark of an unfinished delivery stays. */
async function putFilesBack({ plan }: BrokerHandle, { container: { Image: image, Mounts }, folder }: FormerBroker) {
  const volume = Mounts.find(({ Destination }) => Destination === configurationMount)?.Name;
  if (volume === undefined) throw new Error('the container from before had no volume with files');
  const prepare = async (container: Docker.Container) => {
    const deployed = await deployedFiles(container, stage);
    const proved = await provedFiles(container, stage, { ...deployed, unfinished: folder });
    if (proved === undefined) throw new Error('somebody has changed the files from before, or they are gone');
    return proved;
  };
  const rehearsal = { image, volume, prepare, folders: (proved: ProvedFiles) => [proved] };
  await rehearse(dockerEngine(plan.dockerHost), rehearsal, (writer) => swap(writer, folder, folder));
}

/** The same options; a host name is the beginning of the container's own id. */
async function createAgain({ plan, name }: BrokerHandle, { container }: FormerBroker): Promise<Docker.Container> {
  const { Hostname: _, ...config } = container.Config;
  const docker = dockerEngine(plan.dockerHost);
  const again = await docker.createContainer({ ...config, name, HostConfig: container.HostConfig });
  const others = Object.keys(container.NetworkSettings.Networks).filter(
    (network) => network !== container.HostConfig.NetworkMode,
  );
  for (const network of others) await docker.getNetwork(network).connect({ Container: again.id });
  return again;
}

async function proof(broker: BrokerHandle, words: string): Promise<string> {
  const checks = await proveLive(broker);
  const failed = checks.filter(({ ok }) => !ok);
  const [first] = failed;
  if (first === undefined) return `${words}; ${checks.length} checks passed now`;
  return `${words}, but ${failed.length} of ${checks.length} checks failed: ${first.check}: ${first.detail}`;
}
