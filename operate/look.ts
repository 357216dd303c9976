/** What is there of a broker: its container, and the files that it reads. */

import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import type { ContainerOptions, Seen, SeenContainer } from '../change/drift';
import { type BrokerFiles, configurationMount, currentFolder, deployments, unfinishedMark } from '../mosquitto/files';
import { deployedFile, deployedFolder } from './deployed';
import { settled, stateOf } from './docker';

/** Looks; nothing is changed by it. Without a container the files cannot be seen. */
export async function look(broker: Docker.Container): Promise<Seen> {
  const [info, mark, folder, files] = await Promise.all([
    settled(broker),
    deployedFile(broker, unfinishedMark, `${configurationMount}/${deployments}`),
    deployedFolder(broker),
    filesOf(broker),
  ]);
  return { container: info && seenContainer(info), folder, files, unfinished: mark !== undefined };
}

/** Every file of the folder that the broker reads, in one answer of the engine. */
async function filesOf(broker: Docker.Container): Promise<BrokerFiles> {
  const files: BrokerFiles = {};
  try {
    const archive = (await broker.getArchive({ path: `${currentFolder}/.` })).pipe(extract());
    for await (const entry of archive) {
      const name = entry.header.name.replace(/^(\.\/|current\/)/, '');
      if (entry.header.type === 'file') files[name] = await text(entry);
      else entry.resume();
    }
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  return files;
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
