/** What is there of a broker: its container, and the files that it reads. */

import type Docker from 'dockerode';
import type { ContainerOptions, Seen, SeenContainer } from '../change/drift';
import { deployedFiles } from './deployed';
import { settled, stateOf } from './docker';

/** Looks; nothing is changed by it. Without a container the files cannot be seen. */
export async function look(broker: Docker.Container): Promise<Seen> {
  const [info, { folder, files, unfinished }] = await Promise.all([settled(broker), deployedFiles(broker)]);
  return { container: info && seenContainer(info), folder, files, unfinished: unfinished !== undefined };
}

function seenContainer(info: Docker.ContainerInspectInfo): SeenContainer {
  const { Id, Image, State, Config, HostConfig } = info;
  return { id: Id, state: stateOf(info), exitCode: State.ExitCode, options: optionsOf(Image, Config, HostConfig) };
}

function optionsOf(
  image: string,
  config: Docker.ContainerInspectInfo['Config'],
  host: Docker.ContainerInspectInfo['HostConfig'],
): ContainerOptions {
  const ports = Object.entries<Array<{ HostIp: string; HostPort: string }> | null>(host.PortBindings ?? {});
  return {
    image,
    user: config.User,
    command: (config.Cmd ?? []).join(' '),
    'read-only root': String(host.ReadonlyRootfs === true),
    privileged: String(host.Privileged === true),
    'dropped capabilities': list(host.CapDrop),
    'added capabilities': list(host.CapAdd),
    'security options': list(host.SecurityOpt),
    ports: list(ports.flatMap(([port, places]) => (places ?? []).map((at) => `${at.HostIp}:${at.HostPort}:${port}`))),
    network: host.NetworkMode ?? '',
    volumes: list(host.Binds),
    'memory in MiB': String((host.Memory ?? 0) / 2 ** 20),
    'open files': list((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`)),
    'restart policy': host.RestartPolicy?.Name ?? '',
    'log driver': host.LogConfig?.Type ?? '',
  };
}

function list(values: readonly string[] | null | undefined): string {
  return [...(values ?? [])].sort().join(', ') || 'none';
}
