/** Ports that somebody listens on, by the kernel's tables of a machine. Source: proc_net_tcp in the kernel's documentation. */

import { addressIn } from '../mosquitto/peers';
import type { Machine } from './machine';

/** A machine without IPv6 has no table for it. */
const script = 'for file in /proc/net/tcp /proc/net/tcp6; do test ! -e "$file" || cat "$file"; done';

/** Where a port is listened on. */
export interface Listening {
  address: string;
  port: number;
  /** Number of its socket. */
  inode: string;
}

/** What others may take there. */
export async function listeningOn(machine: Machine): Promise<Listening[]> {
  return listeningIn(await machine.run(['sh', '-c', script]));
}

/** Rows in state LISTEN (0A). */
export function listeningIn(tables: string): Listening[] {
  const rows = tables.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A(?: +\S+){5} +(\d+)/gm);
  return [...rows].map(([, address = '', port = '', inode = '']) => ({
    address: addressIn(address),
    port: Number.parseInt(port, 16),
    inode,
  }));
}

/** Whether a port of an address cannot be published beside what is listened on. */
export function isTaken(bindAddress: string, port: number, listening: readonly Listening[]): boolean {
  const own = familyOf(bindAddress);
  return listening.some((other) => {
    if (other.port !== port) return false;
    // One of all IPv6 addresses takes those of IPv4, too; Docker publishes on `::` beside all of IPv4.
    if (familyOf(other.address) !== own) return other.address === '::' && own === 4;
    return isAll(other.address) || isAll(bindAddress) || other.address === bindAddress;
  });
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

function isAll(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
