/** Clients that are connected now and would not be let in again by another firewall. */

import { membership } from '../mosquitto/cidr';
import type { FirewallOrder, Opening } from '../mosquitto/firewall';
import { connectedPeers, type Peer } from '../mosquitto/peers';
import { dockerEngine, execute, inspect } from './docker';
import { machineOf } from './machine';

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/** A machine without IPv6 has no table for it. */
const existing = 'for file; do test ! -e "$file" || cat "$file"; done';
const shown = 5;

/** @throws Error where more of them would be kept from coming back than is accepted */
export async function mustStay(order: FirewallOrder): Promise<void> {
  const problem = cutOffProblem(await cutOff(order), order.maxCutOffClients);
  if (problem !== undefined) throw new Error(`${problem}; nothing was changed`);
}

/** Clients of a running broker that the openings do not let in; none where none runs. */
export async function cutOff({
  containerName,
  dockerHost,
  openings,
}: Pick<FirewallOrder, 'containerName' | 'dockerHost' | 'openings'>): Promise<Peer[]> {
  const container = dockerEngine(dockerHost).getContainer(containerName);
  const info = await inspect(container);
  if (info?.State.Running !== true || info.State.Paused) return [];
  const networks = Object.values(info.NetworkSettings.Networks);
  const gateways = networks.flatMap(({ Gateway, IPv6Gateway }) => [Gateway, IPv6Gateway]);
  // Containers beside the broker come by no published port.
  const isBeside = membership(networks.map(({ IPAddress, IPPrefixLen }) => `${IPAddress}/${IPPrefixLen}`));
  // The broker sees who comes by Docker's own proxy as its machine; the machine sees them as they are.
  const [{ output }, proxied] = await Promise.all([
    execute(container, ['cat', ...tables]),
    machineOf(dockerHost).run(['sh', '-ec', existing, 'sh', ...tables]),
  ]);
  // The machine itself comes by the gateway, and is never kept out.
  const peers = [
    ...connectedPeers(output).filter(({ address }) => !isBeside(address)),
    ...connectedPeers(proxied),
  ].filter(({ address }) => !isLocal(address) && !gateways.includes(address));
  return peers.filter((peer) => !isLetIn(peer, openings));
}

/** What forbids to keep clients from coming back that are connected; undefined where it is accepted. */
export function cutOffProblem(peers: readonly Peer[], accepted: number): string | undefined {
  if (peers.length <= accepted) return undefined;
  const addresses = [...new Set(peers.map(({ address }) => address))].sort();
  const named = addresses.slice(0, shown).join(', ') + (addresses.length > shown ? ', …' : '');
  const clients =
    peers.length === 1 ? '1 client that is connected now is' : `${peers.length} clients that are connected now are`;
  return (
    `${clients} in no network that the firewall lets in, and could not come back: ${named}; write their networks into ` +
    `"firewall", or accept it with maxCutOffClients: ${peers.length}`
  );
}

function isLocal(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** A port that the openings do not know is not filtered. */
function isLetIn({ address, port }: Peer, openings: readonly Opening[]): boolean {
  const own = openings.filter((opening) => opening.port === port);
  return own.length === 0 || own.some(({ sources }) => membership(sources)(address));
}
