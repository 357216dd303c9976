/** What new settings change of a container that is deployed. */

import { type ContainerOptions, liveOptions, optionWords } from '../mosquitto/container';
import { dataVolume } from '../mosquitto/files';
import { defaultNetwork } from '../mosquitto/networks';
import type { DeployedContainer } from './drift';

export interface OptionChanges {
  /** What only a new container gets, a line each. */
  restart: string[];
  /** What a container gets while it runs, a line each. */
  live: string[];
  /** What may not be undone, a line each. */
  cautions: string[];
  /** Whether the image of the same reference is another one by now, which the engine sees only where it is told to look. */
  isImageMoved: boolean;
  /** Whether the container was made for other options of mosquitto.conf that only a restart applies. */
  isUnapplied: boolean;
}

/** Nothing changes. */
export const noChanges: OptionChanges = {
  restart: [],
  live: [],
  cautions: [],
  isImageMoved: false,
  isUnapplied: false,
};

/**
 * Compares the container that is wanted with the one that is deployed.
 *
 * @param image reference of the wanted image
 * @param restartDigest of the wanted configuration
 */
export function optionChanges(
  wanted: ContainerOptions,
  image: string,
  restartDigest: string,
  deployed: DeployedContainer | undefined,
): OptionChanges {
  if (deployed === undefined) return noChanges;
  const [next, before] = [optionWords(wanted), optionWords(moved(deployed.options, wanted))];
  const lines = Object.keys(next)
    .filter((option) => option !== 'image' && next[option] !== before[option])
    .map((option) => ({ option, line: `${option}: ${next[option]} in place of ${before[option]}` }));
  const isLive = ({ option }: { option: string }) => liveOptions.restored.some((each) => each === option);
  const isImageMoved = image === deployed.image && wanted.image !== deployed.options.image;
  return {
    restart: [
      ...imageLines(wanted, image, deployed, isImageMoved),
      ...lines.filter((each) => !isLive(each)).map(({ line }) => line),
    ],
    live: lines.filter(isLive).map(({ line }) => line),
    cautions: wanted.image === deployed.options.image ? [] : [wayBack(wanted)],
    isImageMoved,
    isUnapplied: deployed.restartDigest !== restartDigest,
  };
}

/** A container that is still in Docker's default network gets its own one with its next restart, and is no reason for one. */
function moved(deployed: ContainerOptions, { networkMode }: ContainerOptions): ContainerOptions {
  if (deployed.networkMode !== defaultNetwork) return deployed;
  const networks = deployed.networks.map((network) => (network === defaultNetwork ? networkMode : network));
  return { ...deployed, networkMode, networks };
}

/**
 * What is said each time of a container that is still in Docker's default network.
 *
 * @param isReplaced whether it leaves that now
 */
export function networkWords(deployed: DeployedContainer | undefined, isReplaced: boolean): string[] {
  if (deployed?.options.networkMode !== defaultNetwork) return [];
  const { name } = deployed.options;
  return [
    isReplaced
      ? `${name} leaves Docker's default network for one of its own: other containers no longer reach it by its address`
      : `${name} is still in Docker's default network, where other containers reach it by its address; it gets a network of its own with its next restart`,
  ];
}

function imageLines(
  wanted: ContainerOptions,
  image: string,
  deployed: DeployedContainer,
  isImageMoved: boolean,
): string[] {
  if (wanted.image === deployed.options.image) return [];
  const change = isImageMoved ? 'is another one by now' : `in place of ${deployed.image ?? 'an earlier one'}`;
  return [`image: ${image} ${change}`];
}

/** Which image can read what another one has written is known to nobody before it is tried. */
function wayBack({ name }: ContainerOptions): string {
  return (
    `whether the image from before can read the data afterwards is not known; save the volume ${dataVolume(name)} ` +
    'first, or there may be no way back'
  );
}
