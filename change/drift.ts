/** What has become of a broker since it was deployed, by other hands than this program's, and what it takes to mend it. */

import { type ContainerOptions, kindOf, liveOptions, optionWords } from '../mosquitto/container';
import { type BrokerFiles, configurationVolume, dataVolume } from '../mosquitto/files';
import type { Firewall } from '../mosquitto/firewall';
import type { Waking } from './companions';
import { filesDrift } from './fileDrift';
import type { Expulsion } from './networks';

export interface SeenContainer {
  id: string;
  state: 'running' | 'stopped' | 'paused' | 'restarting';
  /** Of a container that has ended. */
  exitCode: number;
  /** Why the engine could not start it, for example after a boot; undefined where that was not the reason. */
  startError?: string | undefined;
  /** When the broker was started last, in milliseconds. */
  startedAt: number;
  options: ContainerOptions;
}

/** The files of a broker, as they are found. */
export interface SeenFiles {
  /** Folder that the broker reads; undefined where there is none, or no container to see it by. */
  folder: string | undefined;
  /** Its files. */
  files: BrokerFiles;
  /** Names of those that were written after their delivery. */
  rewritten: readonly string[];
  /** Names of those that are not the broker's alone. */
  exposed: readonly string[];
  /** When somebody else than a delivery has set the link to the folder, in milliseconds; undefined where nobody has. */
  linkedAt: number | undefined;
  /** Whether a delivery was cut off. */
  unfinished: boolean;
}

/** What is there. */
export interface Seen extends SeenFiles {
  /** Undefined where there is none of the name. */
  container: SeenContainer | undefined;
  /** Name of each volume that is there, to when it was made, in milliseconds. */
  volumes: Readonly<Record<string, number>>;
}

/** What was deployed, as far as the state of the stack tells. */
export interface Deployed {
  /** Undefined where no container was made yet. */
  container: DeployedContainer | undefined;
  /** Folder of the files that were proved last; undefined where that is not known. */
  folder: string | undefined;
  /** When that was, in milliseconds; undefined where it is not known, or by another clock than that of the broker. */
  provedAt: number | undefined;
}

export interface DeployedContainer {
  id: string;
  options: ContainerOptions;
  /** Reference of its image. */
  image: string | undefined;
  /** Of the configuration that it was made for; undefined of a version that did not write it. */
  restartDigest: string | undefined;
  /** When it was made, in milliseconds; undefined where it is not known. */
  madeAt: number | undefined;
}

/** Options that a running container is given back. */
export type RestoredOptions = Pick<ContainerOptions, 'memoryMebibytes' | 'memorySwapMebibytes' | 'restart'>;

export interface Drift {
  /** What differs, a line each. */
  words: string[];
  /** Whether the engine has to look at the container before it decides. */
  refresh: boolean;
  /** Whether the container has to be made anew, because a running broker cannot be brought back. */
  replace: boolean;
  /** Whether everybody who is connected is away for seconds while it is mended. */
  away: boolean;
  /** Whether the files have to be delivered, whatever the engine knows. */
  deliver: boolean;
  /** Whether the container has to be woken. */
  unpause: boolean;
  /** What the container is given back while it runs; undefined where it has it. */
  restore: RestoredOptions | undefined;
  /** Networks that the container is taken out of while it runs. */
  detach: readonly string[];
  /** Containers that are taken out of the broker's network. */
  expel: readonly Expulsion[];
  /** Containers beside the broker that are started again. */
  wake: readonly Waking[];
  /** What is put in force again; undefined where it is in force. */
  firewall?: Firewall;
}

export const noDrift: Drift = {
  words: [],
  refresh: false,
  replace: false,
  away: false,
  deliver: false,
  unpause: false,
  restore: undefined,
  detach: [],
  expel: [],
  wake: [],
};

/**
 * What differs between what is there and what was deployed.
 *
 * @param wanted files that were delivered, where they are known; only words depend on them
 */
export function driftOf(seen: Seen, deployed: Deployed, wanted?: BrokerFiles): Drift {
  const { container } = deployed;
  // A volume that was made anew is empty, whatever was delivered before.
  if (container === undefined) return { ...noDrift, deliver: seen.unfinished || seen.folder === undefined };
  if (seen.container === undefined) {
    const words = [
      `The ${kindOf(container.options.networkMode)} ${container.options.name} is gone, and nobody is connected; it is made again`,
      ...volumeWords(seen, container),
    ];
    // Nothing shows the files without a container.
    return { ...noDrift, words, refresh: true, deliver: true };
  }
  const drift = joined(
    containerDrift(seen, seen.container, container),
    filesDrift(seen, seen.container.startedAt, deployed, wanted),
  );
  // One that the engine will find gone is made anew in any case, and cannot be asked to be replaced.
  return { ...drift, replace: drift.replace && seen.container.id === container.id };
}

function joined(a: Drift, b: Partial<Drift>): Drift {
  return {
    ...a,
    words: [...a.words, ...(b.words ?? [])],
    refresh: a.refresh || b.refresh === true,
    replace: a.replace || b.replace === true,
    away: a.away || b.away === true,
    deliver: a.deliver || b.deliver === true,
    unpause: a.unpause || b.unpause === true,
  };
}

function containerDrift(seen: Seen, container: SeenContainer, deployed: DeployedContainer): Drift {
  const { name, networkMode } = deployed.options;
  const what = `${kindOf(networkMode)} ${name}`;
  if (container.id === deployed.id)
    return joined(optionDrift(container, deployed), stateDrift(deployed.options, container));
  return {
    ...noDrift,
    words: [
      `The ${what} is not the one that was deployed; it is replaced, and everybody is away for seconds`,
      ...changedLines(container.options, deployed.options).map(({ line }) => line),
      ...volumeWords(seen, deployed),
    ],
    refresh: true,
    away: container.state === 'running',
  };
}

/** Only options that can change while a container stays the same one: engines have various words for the others. */
function optionDrift({ options, state }: SeenContainer, deployed: DeployedContainer): Drift {
  const changeable: readonly string[] = [...liveOptions.restored, liveOptions.networks, liveOptions.quotas];
  const changed = changedLines(options, deployed.options).filter(({ option }) => changeable.includes(option));
  if (changed.length === 0) return noDrift;
  const is = (names: readonly string[]) => changed.some(({ option }) => names.includes(option));
  const { memoryMebibytes, memorySwapMebibytes, restart, networks } = deployed.options;
  const isCutOff = networks.some((network) => !options.networks.includes(network));
  // An engine takes no quota back from a container that runs.
  const replace = isCutOff || is([liveOptions.quotas]);
  const detach = options.networks.filter((network) => !networks.includes(network));
  // With its first or last network of another kind an engine publishes the ports of a container anew.
  const live = `it is changed back while it runs${detach.length > 0 ? ', and whoever is connected may be cut off once' : ''}`;
  const mending = replace ? 'it is made anew, and everybody is away for seconds' : live;
  return {
    ...noDrift,
    words: [
      `Somebody changed the ${kindOf(deployed.options.networkMode)} ${deployed.options.name}; ${mending}:`,
      ...changed.map(({ line }) => line),
    ],
    replace,
    away: replace && state === 'running',
    restore: is(liveOptions.restored) ? { memoryMebibytes, memorySwapMebibytes, restart } : undefined,
    detach,
  };
}

function changedLines(now: ContainerOptions, deployed: ContainerOptions): Array<{ option: string; line: string }> {
  const [seen, wanted] = [optionWords(now), optionWords(deployed)];
  return Object.keys(wanted)
    .filter((option) => seen[option] !== wanted[option])
    .map((option) => ({
      option,
      line: `  ${wordOf(option, deployed)}: ${seen[option]} in place of ${wanted[option]}`,
    }));
}

/** A service has no quotas; what is found in their place is what others have made of its unit. */
function wordOf(option: string, { networkMode }: ContainerOptions): string {
  return option === liveOptions.quotas && kindOf(networkMode) === 'service' ? 'unit' : option;
}

/** A volume cannot be taken from a container that is there, so one that is younger is not the one it was made with. */
function volumeWords({ volumes }: Seen, { options: { name }, madeAt }: DeployedContainer): string[] {
  const kinds = [
    [configurationVolume(name), 'the files of the broker', 'they are delivered again'],
    [dataVolume(name), 'sessions and messages', 'they are lost, unless you bring it back before the update'],
  ] as const;
  return kinds.flatMap(([volume, what, mending]) => {
    const createdAt = volumes[volume];
    if (createdAt === undefined) return [`The volume ${volume} with ${what} is gone; ${mending}`];
    if (madeAt === undefined || createdAt <= madeAt) return [];
    return [`The volume ${volume} with ${what} is another one by now; ${mending}`];
  });
}

function stateDrift(
  { name, networkMode }: ContainerOptions,
  { state, exitCode, startError }: SeenContainer,
): Partial<Drift> {
  const what = `${kindOf(networkMode)} ${name}`;
  switch (state) {
    case 'running':
      return {};
    case 'paused':
      return { words: [`The ${what} is paused, and nobody is served; it goes on`], unpause: true };
    case 'stopped': {
      const reason =
        startError === undefined
          ? `The ${what} has stopped (exit code ${exitCode})`
          : `Docker could not start the container ${name} (${startError})`;
      return { words: [`${reason}, and nobody is connected; it is made again`], refresh: true, replace: true };
    }
    case 'restarting': {
      const words = [
        `The broker in ${name} ends at each start (exit code ${exitCode}), and nobody is connected; it is made again`,
      ];
      return { words, deliver: true, replace: true };
    }
  }
}
