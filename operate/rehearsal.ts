/**
 * A rehearsal: the same image really started on new files, in a container without network and without the data.
 *
 * The same container then puts the files in place, because it is the only one that may write the configuration volume.
 */

import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import {
  type BrokerFiles,
  configurationMount,
  currentFolder,
  dataMount,
  deployments,
  fileNames,
  pathOf,
} from '../mosquitto/files';
import { execute, inspect, lastLines, logs } from './engine';
import { reload } from './reload';

/**
 * Where a rehearsal mounts the configuration volume; its own `/mosquitto/config` points to the new files alone. The
 * image declares a volume here, so the place can be written even where no configuration volume is mounted.
 */
const stage = '/mosquitto/log';
const brokerId = 1883;
const deadlineMilliseconds = 20_000;

export interface RehearsalArgs {
  image: string;
  /** Configuration volume that the folders are to stay on; without it they go with the rehearsal. */
  volume?: string | undefined;
  /** Folders to put on the volume, with their files. The broker starts on the first one. */
  folders: Array<{ folder: string; files: BrokerFiles }>;
}

/**
 * Starts a broker on new files, does something while it runs, and removes it, whatever happens.
 *
 * @throws Error with the broker's last log lines when it does not start
 */
export async function rehearse<T>(
  docker: Docker,
  args: RehearsalArgs,
  meanwhile: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const container = await docker.createContainer(containerOptions(args));
  try {
    await container.putArchive(await archive(args), { path: stage });
    await container.start();
    await running(container);
    return await meanwhile(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Makes the rehearsed broker, and nobody else, read another folder. */
export async function reread(container: Docker.Container, folder: string): Promise<void> {
  await must(container, ['ln', '-sfn', `${stage}/${deployments}/${folder}`, currentFolder]);
  await reload(container);
}

/** Makes the broker's `current` point to a folder: every file changes at once. */
export async function swap(container: Docker.Container, folder: string): Promise<void> {
  const link = `${stage}/${deployments}/current`;
  const script = `ln -sfn "$1" ${link}.next && mv -T ${link}.next ${link}`;
  await must(container, ['sh', '-c', script, 'sh', folder]);
}

/** The folder that `current` points to; undefined on an empty volume. */
export async function currentOf(container: Docker.Container): Promise<string | undefined> {
  const { code, output } = await execute(container, ['readlink', `${stage}/${deployments}/current`]);
  return code === 0 ? output.trim() : undefined;
}

/** Removes every folder but the given one. */
export async function tidy(container: Docker.Container, keep: string): Promise<void> {
  const script = `cd ${stage}/${deployments} && for each in *; do case "$each" in current|"$1") ;; *) rm -rf "$each";; esac; done`;
  await must(container, ['sh', '-c', script, 'sh', keep]);
}

async function must(container: Docker.Container, command: string[]): Promise<void> {
  const { code, output } = await execute(container, command);
  if (code !== 0) throw new Error(`the configuration volume cannot be written: ${output.trim()}`);
}

function containerOptions({ image, volume, folders }: RehearsalArgs): Docker.ContainerCreateOptions {
  const [first] = folders;
  const script = `ln -s ${stage}/${deployments}/${first?.folder} ${currentFolder} && exec mosquitto -c ${pathOf(fileNames.configuration)}`;
  const owned = `rw,noexec,nosuid,size=16m,uid=${brokerId},gid=${brokerId}`;
  return {
    Image: image,
    User: `${brokerId}:${brokerId}`,
    Entrypoint: ['sh', '-c'],
    Cmd: [script],
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Binds: volume === undefined ? [] : [`${volume}:${stage}`],
      Tmpfs: {
        '/tmp': owned,
        [dataMount]: owned,
        [`${configurationMount}/${deployments}`]: owned,
      },
    },
  };
}

/** The folders with their files, owned by the broker and readable by nobody else. */
async function archive({ folders }: RehearsalArgs): Promise<Buffer> {
  const tar = pack();
  const owner = { uid: brokerId, gid: brokerId, mtime: new Date(0) };
  const directory = { ...owner, type: 'directory' as const, mode: 0o700 };
  tar.entry({ ...directory, name: `${deployments}/` });
  for (const { folder, files } of folders) {
    tar.entry({ ...directory, name: `${deployments}/${folder}/` });
    for (const [name, content] of Object.entries(files)) {
      tar.entry({ ...owner, name: `${deployments}/${folder}/${name}`, mode: 0o600 }, content);
    }
  }
  tar.finalize();
  return buffer(tar);
}

async function running(container: Docker.Container): Promise<void> {
  const deadline = Date.now() + deadlineMilliseconds;
  while (!/mosquitto version \S+ running/.test(await logs(container))) {
    const state = (await inspect(container))?.State;
    if (state?.Running !== true || Date.now() > deadline) {
      throw new Error(`the broker does not start on the new files; its last words:\n${await lastLines(container)}`);
    }
    await sleep(20);
  }
}
