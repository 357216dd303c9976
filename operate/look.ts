/** What is there of a broker: its container, its volumes, and the files that it reads. */

import type Docker from 'dockerode';
import type { Seen, SeenContainer } from '../change/drift';
import type { ContainerOptions } from '../mosquitto/container';
import { configurationVolume, dataVolume } from '../mosquitto/files';
import { deployedFiles } from './deployed';
import { settled, startErrorOf, stateOf } from './docker';

/** Looks; nothing is changed by it. Without a container the files cannot be seen. */
export async function look(docker: Docker, name: string): Promise<Seen> {
  const broker = docker.getContainer(name);
  const [info, { unfinished, ...files }, volumes] = await Promise.all([
    settled(broker),
    deployedFiles(broker),
    volumesOf(docker, [configurationVolume(name), dataVolume(name)]),
  ]);
  return { ...files, volumes, container: info && seenContainer(info), unfinished: unfinished !== undefined };
}

async function volumesOf(docker: Docker, names: readonly string[]): Promise<Record<string, number>> {
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        const { CreatedAt } = (await docker.getVolume(name).inspect()) as { CreatedAt?: string };
        return [[name, Date.parse(CreatedAt ?? '')] as const];
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(found.flat());
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
    quotas: quotasOf(host),
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
