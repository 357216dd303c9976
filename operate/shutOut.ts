/** Whether a firewall on another machine lets this one in, from where its listeners are proved. */

import { familyOf, membership } from '../mosquitto/cidr';
import type { Opening } from '../mosquitto/firewall';
import { isLoopbackAddress } from '../mosquitto/listeners';
import { machineOf } from './machine';
import { addressFromHere, isBySsh } from './there';

/** Source: ssh(1), SSH_CONNECTION: the address of the client stands first. */
const script = `echo "\${SSH_CONNECTION%% *}"`;

/**
 * Why the openings of a firewall could not be proved from here, with the remedy; undefined where they can, where they are
 * proved from there, or where nobody says as whom this machine comes.
 *
 * @param dockerHost engine of the broker; null for that of the environment
 */
export async function shutOutProblem(
  dockerHost: string | null,
  openings: readonly Opening[],
): Promise<string | undefined> {
  if (openings.length === 0 || !isBySsh(dockerHost) || (await addressFromHere(dockerHost)) === undefined)
    return undefined;
  const machine = machineOf(dockerHost);
  const own = (await machine.run(['sh', '-c', script])).trim();
  return own === '' ? undefined : shutOutWords(openings, own, machine.name ?? 'this machine');
}

/**
 * @param own address as which this machine comes
 * @param name of the other one
 */
export function shutOutWords(openings: readonly Opening[], own: string, name: string): string | undefined {
  if (isLoopbackAddress(own)) return undefined;
  const shut = openings.filter(
    ({ address, sources }) => familyOf(address) === familyOf(own) && !membership(sources)(own),
  );
  if (shut.length === 0) return undefined;
  const listeners = [...new Set(shut.map(({ listener }) => listener))].join(', ');
  const network = `${own}/${familyOf(own) === 4 ? 32 : 128}`;
  return (
    `this machine comes to ${name} as ${own}, which the firewall of ${listeners} does not let in, so nothing could be ` +
    `proved there; write ${network}, or its network, into "firewall", too`
  );
}
