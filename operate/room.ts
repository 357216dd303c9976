/** How much of its volume and of its memory a running broker uses, seen beside it. */

import type Docker from 'dockerode';
import { dataMount, dataVolume, fileNames, pathOf } from '../mosquitto/files';
import {
  type Allowance,
  allowanceIn,
  memoryProblem,
  residentBytes,
  type Space,
  spaceIn,
  spaceProblem,
} from '../mosquitto/room';
import { execute } from './docker';

export interface Room {
  /** What its files say that it may use. */
  allowance: Allowance;
  /** Of its data volume; undefined where that cannot be seen. */
  space: Space | undefined;
  /** Memory that it holds. It may have freed some of that without giving it back, so it is at most what is in use. */
  residentBytes: number;
}

/** One command, because the engine takes fifty milliseconds to start each; no text of it holds the zero between them. */
const script = `cat ${pathOf(fileNames.configuration)}; printf '\\0'; df -Pk ${dataMount}; cat "/proc/\${MAINPID:-1}/status"`;

/** @throws Error where no broker runs that could be looked into */
export async function roomOf(container: Docker.Container): Promise<Room> {
  const { output } = await execute(container, ['sh', '-c', script]);
  const [configuration = '', state = ''] = output.split('\0');
  return { allowance: allowanceIn(configuration), space: spaceIn(state), residentBytes: residentBytes(state) };
}

/** Why a restart of a running broker may lose messages that it has acknowledged; undefined where nothing says so. */
export async function lossReason(container: Docker.Container, name: string): Promise<string | undefined> {
  const { allowance, space } = await roomOf(container);
  return allowance.database === undefined || space === undefined ? undefined : spaceProblem(space, dataVolume(name));
}

/** What a running broker seems to lack, in which case other files would not help it; undefined where it has room. */
export async function lackOf(container: Docker.Container, name: string): Promise<string | undefined> {
  return (await lossReason(container, name)) ?? (await cutOffReason(container));
}

/** Why a running broker that hangs up on everybody may do so; undefined where its memory is not the reason. */
export async function cutOffReason(container: Docker.Container): Promise<string | undefined> {
  const { residentBytes: bytes, allowance } = await roomOf(container);
  return memoryProblem(bytes, allowance);
}
