/** The link between this machine and neighbours that are played in a network namespace, as lines of `ip -batch`. */

import { BlockList, isIP, SocketAddress } from 'node:net';

/** Number of TCP: a machine may have no file of names. Source: protocols(5). */
const tcp = 6;

/** A neighbour with an address opens a TCP connection to this machine. */
export interface Attempt {
  from: string;
  /** Address of this machine; undefined: the one of the link that the neighbour is on. */
  to?: string;
  port: number;
}

/** Somebody beside this machine, such as a container, opens a TCP connection to a neighbour, or to this machine itself. */
export interface Departure {
  /** Number of a process in the network namespace that it starts in. */
  of: number;
  /** Address of the neighbour; undefined: this machine, at the address of the link that the neighbours are on. */
  to?: string;
}

/** What `ip -json` says of this machine, of both families. */
export interface Surroundings {
  addresses: readonly { addr_info: readonly { local?: string }[] }[];
  /** Those of all tables. */
  routes: readonly { type?: string; dst: string; gateway?: string; nexthops?: readonly { gateway?: string }[] }[];
  neighbours: readonly { dst: string; state?: readonly string[] }[];
}

export interface Connection {
  from: string;
  localPort: number;
  to: string;
  port: number;
}

export interface Link {
  /** That of the machine's end. */
  name: string;
  /** To run on the machine. */
  outside: string;
  /** To run in the namespace, each for a family, in any order. */
  inside: { option: '-4' | '-6'; batch: string }[];
  connections: Connection[];
  departures: { of: number; to: string; port: number; isNeighbour: boolean }[];
}

/** Bytes of chance that a link is made of. */
export const chanceBytes = 16;

/** Ports that a kernel gives to connections by itself. */
const ports = { first: 32_768, last: 60_999 };

const table = 100;

/** Name of the neighbours' end. */
const inner = 'outside';

/** The end of no connection between machines: this network, loopback, link-local, multicast, reserved. */
const never = listOf('0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8');

/**
 * @param namespace number of a process in it
 * @param chance {@link chanceBytes} of it
 * @returns the link; or in words why an attempt cannot be made
 */
export function linkFor(
  attempts: readonly Attempt[],
  surroundings: Surroundings,
  namespace: number,
  chance: Uint8Array,
  departures: readonly Departure[] = [],
): Link | string {
  const reached = departures.flatMap(({ to }) => (to === undefined ? [] : [to]));
  const problem = problemIn([...attempts, ...reached.map((from) => ({ from }))], surroundings);
  if (problem !== undefined) return problem;
  const hex = [...chance].map((byte) => byte.toString(16).padStart(2, '0'));
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = chance;
  // Ranges that nobody uses: RFC 2544 for measurements, RFC 4193 for whoever chooses by chance.
  const own = {
    ipv4: `198.${18 + (a % 2)}.${b}.${1 + (c % 254)}`,
    ipv6: `fd${hex[0]}:${hex[1]}${hex[2]}:${hex[3]}${hex[4]}:${hex[5]}${hex[6]}::1`,
  };
  const macs = { outside: `02:${hex.slice(7, 12).join(':')}`, inside: `06:${hex.slice(7, 12).join(':')}` };
  const name = `aipi-${hex.slice(12, 16).join('')}`;
  const count = attempts.length + departures.length;
  const first = ports.first + (((d << 8) | e) % (ports.last - ports.first - count));
  const sources = [...new Set([...attempts.map(({ from }) => from), ...reached].map(canonical))];
  const families = [...new Set([...sources.map(familyOf), ...departures.map(({ to }) => familyOf(to ?? '127.0.0.1'))])];
  const flags = { ipv4: '', ipv6: ' nodad' };
  return {
    name,
    outside: lines([
      `link add ${name} address ${macs.outside} type veth peer name ${inner} address ${macs.inside} netns ${namespace}`,
      `link set ${name} addrgenmode none`,
      `link set ${name} up`,
      ...families.map((family) => `address add ${host(own[family])} dev ${name}${flags[family]}`),
      ...sources.flatMap((source) => [
        `route add ${host(source)} dev ${name}`,
        `neighbour add ${source} lladdr ${macs.inside} dev ${name} nud permanent`,
      ]),
    ]),
    inside: families.map((family) => ({
      option: family === 'ipv4' ? '-4' : '-6',
      // What else the machine sends to one of these addresses meanwhile finds no way back: a refusal from here would
      // end a connection of the one who really has it.
      batch: lines([
        `link set ${inner} addrgenmode none`,
        `link set ${inner} up`,
        `neighbour add ${own[family]} lladdr ${macs.outside} dev ${inner} nud permanent`,
        ...sources
          .filter((source) => familyOf(source) === family)
          .flatMap((source) => [
            `address add ${host(source)} dev ${inner}${flags[family]}`,
            `rule add from ${host(source)} ipproto ${tcp} sport ${first}-${first + count - 1} lookup ${table}`,
          ]),
        // IPv4 takes every gateway for a broadcast address until there is a first address.
        `route add default via ${own[family]} dev ${inner} onlink table ${table}`,
      ]),
    })),
    connections: attempts.map(({ from, to, port }, index) => ({
      from: canonical(from),
      localPort: first + index,
      to: to ?? own[familyOf(from)],
      port,
    })),
    departures: departures.map(({ of, to }, index) => ({
      of,
      to: to ?? own.ipv4,
      port: first + attempts.length + index,
      isNeighbour: to !== undefined,
    })),
  };
}

function problemIn(
  attempts: ReadonlyArray<Pick<Attempt, 'from' | 'to'>>,
  { addresses, routes, neighbours }: Surroundings,
): string | undefined {
  const own = listOf();
  const taken = listOf();
  for (const { addr_info } of addresses) for (const { local } of addr_info) add(own, local);
  for (const { type, dst, gateway, nexthops } of routes) {
    if (type === 'local') add(own, dst);
    else if (type === 'broadcast' || type === 'anycast' || !dst.includes('/')) add(taken, dst);
    for (const hop of [{ gateway }, ...(nexthops ?? [])]) add(taken, hop.gateway);
  }
  const absent = ['FAILED', 'INCOMPLETE', 'NONE'];
  for (const { dst, state } of neighbours) if (!state?.some((one) => absent.includes(one))) add(taken, dst);
  for (const { from, to } of attempts) {
    if (isIP(from) === 0) return `"${from}" is no address; a neighbour has one, without a prefix length`;
    if (isOfNobody(from)) return `no neighbour can have the address ${from}; choose another one`;
    if (has(own, from)) return `${from} is an address of this machine itself, no neighbour can be played with it`;
    if (has(taken, from))
      return `${from} is a gateway or a known neighbour of this machine, which would lose it meanwhile; choose another one`;
    if (to === undefined) continue;
    if (isIP(to) !== isIP(from)) return `from ${from} there is no way to ${to}; both must be IPv4 or both IPv6`;
    if (isOfNobody(to) || !has(own, to)) return `${to} is no address of this machine that a neighbour can reach`;
  }
  return undefined;
}

function lines(commands: readonly string[]): string {
  return `${commands.join('\n')}\n`;
}

type Family = 'ipv4' | 'ipv6';

function familyOf(address: string): Family {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

function host(address: string): string {
  return `${address}/${isIP(address) === 4 ? 32 : 128}`;
}

/** An address may be spelled in more than one way. */
function canonical(address: string): string {
  return new SocketAddress({ address, family: familyOf(address) }).address;
}

function listOf(...ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) add(list, range);
  return list;
}

function add(list: BlockList, range: string | undefined): void {
  const [address = '', length] = (range ?? '').split('/');
  if (isIP(address) === 0) return;
  if (length === undefined) list.addAddress(address, familyOf(address));
  else list.addSubnet(address, Number(length), familyOf(address));
}

/** Whether no machine sends from an address. An IPv4 address in the form of an IPv6 one is never on a wire. */
export function isOfNobody(address: string): boolean {
  return has(never, address) || canonical(address).startsWith('::ffff:');
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address));
}
