/** Whether this machine and that of an engine agree on the time: certificates are made by the clock of this one. */

import { remoteMachine } from './docker';
import type { DockerAddress } from './dockerAddress';
import { clientOf } from './dockerClient';

/** As much is forgiven to clients of TLS, too. */
const mostSeconds = 300;

/**
 * Why certificates that are made here would not count there, with the remedy; undefined where they would, or nobody says.
 *
 * @param address of the engine
 */
export async function clockProblem(address: DockerAddress): Promise<string | undefined> {
  const name = remoteMachine(address.host);
  if (name === undefined) return undefined;
  const before = Date.now();
  const { SystemTime } = (await clientOf(address).info()) as { SystemTime?: string };
  return apart(name, Date.parse(SystemTime ?? ''), before, Date.now());
}

/**
 * @param there what its clock said at a moment between two of this machine, in milliseconds
 * @param before the earlier one
 * @param after the later one
 */
export function apart(name: string, there: number, before: number, after: number): string | undefined {
  const seconds = Math.round((there < before ? there - before : Math.max(0, there - after)) / 1_000);
  if (!Number.isFinite(seconds) || Math.abs(seconds) <= mostSeconds) return undefined;
  return (
    `the clock of ${name} is ${Math.abs(seconds)} seconds ${seconds < 0 ? 'behind' : 'ahead of'} that of this machine, and ` +
    'certificates that are made here would count there at another time; set the one that is wrong, for example: timedatectl set-ntp true'
  );
}
