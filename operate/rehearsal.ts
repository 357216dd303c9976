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
  brokerId,
  configurationMount,
  currentFolder,
  dataMount,
  deployments,
  fileNames,
  pathOf,
  unfinishedMark,
} from '../mosquitto/files';
import { ownerFile } from '../mosquitto/owner';
import { execute, isFar, lastLines } from './docker';
import { Orders, orderLoop } from './orders';
import { openShells } from './shells';
import { sweepLeft, temporaryLabels, unlessGone } from './temporary';

/**
 * Where a rehearsal mounts the configuration volume; its own `/mosquitto/config` points to the new files alone. The
 * image declares a volume here, so the place can be written even where no configuration volume is mounted.
 */
export const root = '/mosquitto/log';
/** Where it sees the deployed folders. */
export const stage = `${root}/${deployments}`;
/** Link to the folder that a rehearsal starts on; the next swap removes it. */
const rehearsed = 'rehearsed';
const volumeLabel = 'aipi-mqtt.rehearsal';
/** Until a request to the engine is on its way, after which this thread may be busy. */
const departureMilliseconds = 5;
/** One for the witness, the others for those who come and go. More than two are worth their start where answers take long. */
const shellsCount = { near: 2, far: 8 };
/** A rehearsal ends with the connection of whoever started it, and by itself should that ever stay open. */
const lifetimeSeconds = 60;

export interface RehearsalArgs<Prepared> {
  image: string;
  /** Configuration volume that the folders are to stay on; without it they go with the rehearsal. */
  volume?: string | undefined;
  /** Refuses where the volume is somebody else's, whose rehearsals are not to be touched either. */
  mayUse?: (container: Docker.Container) => Promise<void>;
  /**
   * Finds out what is to be rehearsed, by a container that sees the volume.
   *
   * @param looked to be called once the volume has been looked at: the container starts while the rest is made ready
   */
  prepare: (container: Docker.Container, looked: () => Promise<void>) => Promise<Prepared>;
  /** The folders to put on the volume, with their files. The broker starts on the first one. */
  folders: (prepared: Prepared) => Folder[];
}

export interface Folder {
  folder: string;
  files: BrokerFiles;
}

/**
 * Starts a broker on new files, does something while it runs, and removes it, whatever happens.
 *
 * @throws Error with the broker's last log lines when it does not start
 */
export async function rehearse<Prepared, T>(
  docker: Docker,
  args: RehearsalArgs<Prepared>,
  meanwhile: (container: Docker.Container, prepared: Prepared) => Promise<T>,
): Promise<T> {
  const before = args.volume === undefined ? Promise.resolve([]) : rehearsalsOn(docker, args.volume);
  before.catch(() => {});
  const swept = sweepLeft(docker);
  swept.catch(() => {});
  const container = await docker.createContainer(containerOptions(args));
  let started: Promise<unknown> = Promise.resolve();
  try {
    const attached = Orders.to(container);
    attached.catch(() => {});
    if (args.volume !== undefined) await args.mayUse?.(container);
    // What a killed rehearsal still does to the volume comes to its end before anybody looks.
    await removeAll((await before).filter(({ id }) => id !== container.id));
    const way = await attached;
    ways.set(container, way);
    let hasBegun = false;
    const begin = async () => {
      if (hasBegun) return;
      hasBegun = true;
      // The engine opens the shells while this thread may be busy with what goes in.
      started = container
        .start()
        .then(() =>
          openShells(
            container,
            isFar(docker) ? shellsCount.far : shellsCount.near,
            (pid) => void way.carryOut('stop', String(pid)),
          ),
        );
      started.catch(() => {});
      await sleep(departureMilliseconds);
    };
    // Only what is on a volume has to be looked at before.
    if (args.volume === undefined) await begin();
    const prepared = await args.prepare(container, begin);
    await begin();
    const files = await archive(args.folders(prepared));
    await started;
    await container.putArchive(files, { path: root });
    way.go();
    await running(way);
    const result = await meanwhile(container, prepared);
    await swept;
    return result;
  } finally {
    await started.catch(() => {});
    await container.remove({ force: true, v: true }).catch(unlessGone);
  }
}

/**
 * Removes what killed rehearsals have left on a volume: it cannot be removed before they are. Whoever calls it has the
 * lock of the stack that the volume belongs to.
 */
export async function sweep(docker: Docker, volume: string): Promise<void> {
  await removeAll(await rehearsalsOn(docker, volume));
}

async function rehearsalsOn(docker: Docker, volume: string): Promise<Docker.Container[]> {
  const left = await docker.listContainers({ all: true, filters: { label: [`${volumeLabel}=${volume}`] } });
  return left.map(({ Id }) => docker.getContainer(Id));
}

async function removeAll(containers: readonly Docker.Container[]): Promise<void> {
  await Promise.all(containers.map((each) => each.remove({ force: true, v: true }).catch(unlessGone)));
}

/**
 * What turns the link to a folder; the words are that folder and the one that was proved last.
 *
 * @param place where the deployed folders are
 */
export function swapScript(place: string): string {
  return swapLines(place).join('\n');
}

function swapLines(place: string): string[] {
  return [
    `cd ${place}`,
    `echo "$2" > ${unfinishedMark}`,
    'before=$(readlink current || true)',
    'ln -sfn "$1" next',
    // Whoever sets the link by hand leaves another time.
    'touch -hd @0 next',
    'mv -T next current',
    `for each in *; do case "$each" in current|${unfinishedMark}|${ownerFile}|"$1"|"$2"|"$before") ;; *) rm -rf "$each" ;; esac; done`,
  ];
}

/**
 * What a rehearsal does to its broker, and at its end on the volume; the words are folders.
 *
 * @param place where the deployed folders are
 */
export function ordersAt(place: string) {
  return {
    reread: [`ln -sfn "${place}/$1" ${currentFolder}`, 'kill -HUP 1'],
    swap: swapLines(place),
    finish: [`rm -f ${place}/${unfinishedMark}`],
    stop: ['kill "$1"'],
  };
}

const orders = ordersAt(stage);

/** To each container that rehearses. */
const ways = new WeakMap<Docker.Container, Orders>();

/** Makes the rehearsed broker, and nobody else, read another folder. */
export async function reread(container: Docker.Container, folder: string): Promise<void> {
  const way = wayTo(container);
  const from = way.text.length;
  const { code, output } = await way.carryOut('reread', folder);
  if (code !== 0) throw new Error(`the broker cannot be signalled: ${output.trim()}`);
  await way.said(/Reloading config/, { from }).catch(() => {
    throw new Error('the broker does not react to SIGHUP');
  });
}

/**
 * Makes the broker's `current` point to a folder: every file changes at once. A mark names the folder that was proved
 * last; that one and the one from before stay, every older one is removed.
 *
 * @param proved folder that was proved last; undefined where there is none
 */
export async function swap(container: Docker.Container, folder: string, proved: string | undefined): Promise<void> {
  const words = [folder, proved ?? ''];
  // The one step that changes what is in force is a command of its own, for whoever watches the engine. It takes three
  // answers, each of which may have far to go.
  const { code, output } = isFar(container)
    ? await wayTo(container).carryOut('swap', ...words)
    : await execute(container, ['sh', '-ec', swapScript(stage), 'sh', ...words]);
  mustBeWritten(code, output);
}

/** Takes away the mark that a swap leaves: the broker serves the new files. */
export async function finish(container: Docker.Container): Promise<void> {
  const { code, output } = await wayTo(container).carryOut('finish');
  mustBeWritten(code, output);
}

function mustBeWritten(code: number, output: string): void {
  if (code !== 0) throw new Error(`the configuration volume cannot be written: ${output.trim()}`);
}

function wayTo(container: Docker.Container): Orders {
  const way = ways.get(container);
  if (way === undefined) throw new Error('only a rehearsal can be told what to do');
  return way;
}

function containerOptions({
  image,
  volume,
}: Pick<RehearsalArgs<unknown>, 'image' | 'volume'>): Docker.ContainerCreateOptions {
  const script = [
    // A line says that the files are there.
    'read -r go',
    `ln -s ${stage}/${rehearsed} ${currentFolder}`,
    // What others have put among the files does not have their time, which is zero.
    `find ${stage}/${rehearsed}/ -mindepth 1 -newer ${pathOf(fileNames.configuration)} -exec rm -rf {} +`,
    'exec 3<&0',
    // Until the broker is there, the first process is a shell, which the signal does not end.
    `{ ${orderLoop(orders)}; while :; do kill 1; sleep 1; done; } <&3 &`,
    `exec timeout ${lifetimeSeconds} mosquitto -c ${pathOf(fileNames.configuration)}`,
  ].join('\n');
  const owned = `rw,noexec,nosuid,size=16m,uid=${brokerId},gid=${brokerId}`;
  return {
    Image: image,
    User: `${brokerId}:${brokerId}`,
    Entrypoint: ['sh', '-ec'],
    Cmd: [script],
    OpenStdin: true,
    StdinOnce: true,
    Labels: { ...temporaryLabels(), ...(volume !== undefined && { [volumeLabel]: volume }) },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ...(volume === undefined ? { Mounts: [ownVolume()] } : { Binds: [`${volume}:${root}`] }),
      Tmpfs: {
        '/tmp': owned,
        [dataMount]: owned,
        [`${configurationMount}/${deployments}`]: owned,
      },
    },
  };
}

/** A volume without a name, that says whose it is for the case that it outlives its container. */
function ownVolume(): Docker.MountSettings {
  const options = { Labels: temporaryLabels() } as unknown as NonNullable<Docker.MountSettings['VolumeOptions']>;
  return { Type: 'volume', Source: '', Target: root, VolumeOptions: options };
}

/**
 * The folders with their files, owned by the broker and readable by nobody else, and a link to the first folder. A file
 * that is the same in the first folder travels once.
 */
export async function archive(folders: readonly Folder[]): Promise<Buffer> {
  const tar = pack();
  const owner = { uid: brokerId, gid: brokerId, mtime: new Date(0) };
  const directory = { ...owner, type: 'directory' as const, mode: 0o700 };
  const [first] = folders;
  tar.entry({ ...directory, name: `${deployments}/` });
  for (const { folder, files } of folders) {
    tar.entry({ ...directory, name: `${deployments}/${folder}/` });
    for (const [name, content] of Object.entries(files)) {
      const entry = { ...owner, name: `${deployments}/${folder}/${name}`, mode: 0o600 };
      if (first !== undefined && folder !== first.folder && first.files[name] === content) {
        tar.entry({ ...entry, type: 'link', linkname: `${deployments}/${first.folder}/${name}` });
      } else tar.entry(entry, content);
    }
  }
  tar.entry({ ...owner, type: 'symlink', name: `${deployments}/${rehearsed}`, linkname: first?.folder ?? '' });
  tar.finalize();
  return buffer(tar);
}

/** Waits for the broker's own word that it runs. */
async function running(way: Orders): Promise<void> {
  const found = await way.said(/mosquitto version \S+ running/, { patience: Number.POSITIVE_INFINITY });
  if (found !== undefined) return;
  throw new Error(`the broker does not start on the new files; its last words:\n${lastLines(way.text)}`);
}
