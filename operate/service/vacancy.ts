/** Whether what a broker needs of a machine is free: its ports, and the name of its unit. */

import { restartDigestLabel } from '../../mosquitto/reload';
import { recordOfUnit, unitFile, unitName } from '../../mosquitto/unit';
import { isTaken, type Listening, listeningIn } from '../listening';
import { type Machine, machineOf } from '../machine';
import { formerIn } from '../standBack';
import { must, script } from './command';

/** Where a broker is to listen. */
export interface WantedPort {
  port: number;
  bindAddress: string;
}

const separator = '--- aipi-mqtt ---\n';

/** The broker's own process and that of the one that stands back for it, what listens, whose each socket is, and names. */
const look = [
  'unit=$1',
  'for each in "$unit" mosquitto.service; do systemctl show --property=MainPID --value "$each" 2>/dev/null || :; done',
  `printf '%s' '${separator}'`,
  'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || :',
  `printf '%s' '${separator}'`,
  `find /proc/[0-9]*/fd -lname 'socket:*' -printf '%h %l\\n' 2>/dev/null || :`,
  `printf '%s' '${separator}'`,
  'grep --with-filename . /proc/[0-9]*/comm 2>/dev/null || :',
];

/**
 * Looks before anything is made. Where a broker moves on its machine, the one from before has the ports until then.
 *
 * @param host where the machine is, as `serviceAddress` says it; null for that of the environment
 * @throws Error that names the port or the unit of somebody else
 */
export async function mustBeVacant(host: string | null, name: string, ports: readonly WantedPort[]): Promise<void> {
  const machine = machineOf(host);
  await mustBeNoOtherUnit(machine, name);
  if (formerIn() === undefined) await mustBeFree(machine, name, ports);
}

/**
 * @returns text of the unit; empty where there is none
 * @throws Error where there is one of the name that is no broker
 */
export async function mustBeNoOtherUnit(machine: Machine, name: string): Promise<string> {
  const found = await must(machine, script(['cat "$1" 2>/dev/null || :'], unitFile(name)));
  if (found === '' || recordOfUnit(found)?.labels[restartDigestLabel] !== undefined) return found;
  throw new Error(
    `containerName: "${name}" is another service of this machine; choose another name, or remove ${unitFile(name)}`,
  );
}

/** @throws Error that names a port that another program has, and that program */
export async function mustBeFree(machine: Machine, name: string, ports: readonly WantedPort[]): Promise<void> {
  const said = await must(machine, script(look, unitName(name)));
  for (const { port, bindAddress } of ports) {
    const program = holderIn(said, { port, bindAddress });
    if (program === undefined) continue;
    throw new Error(
      `listeners: port ${port} of ${machine.name ?? 'this machine'} is taken by ${program}; end it there, or choose another port`,
    );
  }
}

/**
 * The program that has a port.
 *
 * @param said what the machine has said
 * @returns undefined where the port is free, or that of a broker that will leave it
 */
export function holderIn(said: string, { port, bindAddress }: WantedPort): string | undefined {
  const [units = '', tables = '', sockets = '', names = ''] = said.split(separator);
  const own = units.split('\n').filter((pid) => Number(pid) > 0);
  const owners = new Map(
    [...sockets.matchAll(/^\/proc\/(\d+)\/fd socket:\[(\d+)\]$/gm)].map(([, pid = '', inode = '']) => [inode, pid]),
  );
  const isOthers = ({ inode }: Listening) => !own.includes(owners.get(inode) ?? '');
  const taken = listeningIn(tables).find((each) => isTaken(bindAddress, port, [each]) && isOthers(each));
  if (taken === undefined) return undefined;
  const pid = owners.get(taken.inode) ?? '';
  return names.match(new RegExp(`^/proc/${pid || 'none'}/comm:(.*)$`, 'm'))?.[1] ?? 'another program';
}
