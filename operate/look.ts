/** What is there of a broker: its container, its volumes, and the files that it reads. */

import type Docker from 'dockerode';
import type { Seen, SeenContainer } from '../change/drift';
import type { SeenOwners } from '../change/owner';
import type { ContainerOptions } from '../mosquitto/container';
import { configurationMount, configurationVolume, dataVolume, deployments } from '../mosquitto/files';
import { type OwnerRecord, ownerIn } from '../mosquitto/owner';
import { restartDigestLabel } from '../mosquitto/reload';
import { type DeployedFiles, deployedFiles } from './deployed';
import { settled, startErrorOf, stateOf } from './docker';
import { recordAt, withVolume } from './ownerRecord';

/** What is there, and what says whose it is. */
export interface Look extends Seen {
  /** What the engine says of the container; undefined where there is none. */
  info: Docker.ContainerInspectInfo | undefined;
  owners: SeenOwners;
}

/**
 * Looks; nothing is changed by it.
 *
 * @param image finds an image on the engine: without a container that shows the files, one of this image does. Without
 *   both they cannot be seen.
 */
export async function look(
  docker: Docker,
  name: string,
  image: () => Promise<string | undefined> = async () => undefined,
): Promise<Look> {
  const broker = docker.getContainer(name);
  const [configuration, data] = [configurationVolume(name), dataVolume(name)];
  const [info, shown, ...found] = await Promise.all([
    settled(broker),
    filesIn(broker),
    volumeOf(docker, configuration),
    volumeOf(docker, data),
  ]);
  const [files, messages] = found;
  const isShown = files === undefined || info?.Mounts.some(({ Name }) => Name === configuration) === true;
  const other = isShown ? undefined : await image();
  const { record, ...deployed } = other === undefined ? shown : await withVolume(docker, other, configuration, filesIn);
  const { unfinished, ...rest } = deployed;
  return {
    ...rest,
    info,
    unfinished: unfinished !== undefined,
    container: info && seenContainer(info),
    volumes: Object.fromEntries(found.flatMap((each) => (each === undefined ? [] : [[each.name, each.createdAt]]))),
    owners: {
      record,
      container: info && {
        id: info.Id,
        owner: ownerIn(info.Config.Labels),
        isBroker: info.Config.Labels[restartDigestLabel] !== undefined,
      },
      configuration: files,
      data: messages,
      folder: deployed.folder,
    },
  };
}

/**
 * The files that a container shows, and whose they are.
 *
 * @param place where it sees the volume
 */
async function filesIn(
  container: Docker.Container,
  place = configurationMount,
): Promise<DeployedFiles & { record: OwnerRecord | undefined }> {
  const [files, record] = await Promise.all([
    deployedFiles(container, `${place}/${deployments}`),
    recordAt(container, place),
  ]);
  return { ...files, record };
}

async function volumeOf(docker: Docker, name: string) {
  try {
    const { CreatedAt, Labels } = (await docker.getVolume(name).inspect()) as Docker.VolumeInspectInfo & {
      CreatedAt?: string;
    };
    return { name, createdAt: Date.parse(CreatedAt ?? ''), owner: ownerIn(Labels) };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

function seenContainer(info: Docker.ContainerInspectInfo): SeenContainer {
  const { Id, State } = info;
  return {
    id: Id,
    state: stateOf(info),
    exitCode: State.ExitCode,
    startError: startErrorOf(info),
    startedAt: Date.parse(State.StartedAt),
    options: optionsOf(info),
  };
}

const mebibyte = 2 ** 20;

/** The options that a container runs with, as `docker inspect` says them. */
export function optionsOf({
  Name,
  Image,
  Config,
  HostConfig,
  NetworkSettings,
}: Docker.ContainerInspectInfo): ContainerOptions {
  const host = HostConfig;
  const bindings = Object.entries<Array<{ HostIp: string; HostPort: string }> | null>(host.PortBindings ?? {});
  return {
    name: Name.replace(/^\//, ''),
    image: Image,
    user: Config.User,
    command: Config.Cmd ?? [],
    readOnly: host.ReadonlyRootfs === true,
    privileged: host.Privileged === true,
    droppedCapabilities: host.CapDrop ?? [],
    addedCapabilities: host.CapAdd ?? [],
    securityOptions: host.SecurityOpt ?? [],
    tmpfs: host.Tmpfs ?? {},
    ports: bindings.flatMap(([port, places]) => {
      const [internal = '', protocol = ''] = port.split('/');
      return (places ?? []).map((at) => ({
        ip: at.HostIp,
        external: Number(at.HostPort),
        internal: Number(internal),
        protocol,
      }));
    }),
    networkMode: host.NetworkMode ?? '',
    networks: Object.keys(NetworkSettings.Networks ?? {}),
    volumes: (host.Binds ?? []).map((bind) => {
      const [volumeName = '', containerPath = '', mode = 'rw'] = bind.split(':');
      return { volumeName, containerPath, readOnly: mode.split(',').includes('ro') };
    }),
    memoryMebibytes: (host.Memory ?? 0) / mebibyte,
    memorySwapMebibytes: (host.MemorySwap ?? 0) / mebibyte,
    quotas: [...quotasOf(host), ...((host as { Changes?: string[] }).Changes ?? [])],
    ulimits: (host.Ulimits ?? []).map(({ Name: name = '', Soft: soft = 0, Hard: hard = 0 }) => ({ name, soft, hard })),
    restart: host.RestartPolicy?.Name ?? '',
    logDriver: host.LogConfig?.Type ?? '',
    logOptions: host.LogConfig?.Config ?? {},
  };
}

/** An engine writes nothing, 0 or -1 where there is no limit. */
function quotasOf(host: Docker.HostConfig): string[] {
  const limits: Record<string, number | string | null | undefined> = {
    'billionths of a processor': host.NanoCpus,
    'microseconds of processor': host.CpuQuota,
    'processor shares': host.CpuShares,
    'as the only processors': host.CpusetCpus,
    processes: host.PidsLimit,
  };
  return Object.entries(limits).flatMap(([name, limit]) =>
    limit === undefined || limit === null || limit === '' || limit === 0 || limit === -1 ? [] : [`${limit} ${name}`],
  );
}
