/**
 * Who may reach the listeners from other machines: one table of nftables for each broker. Source: nft(8).
 *
 * What Docker publishes passes by ufw and firewalld, so the table looks at connections before Docker translates their
 * address. It knows the broker's own ports alone.
 */

import { familyOf } from './cidr';
import { brokerId } from './files';
import { bindAddresses, isLoopbackAddress, type Listener, listenerName } from './listeners';
import { missing } from './missing';
import { linkName } from './networks';
import type { Owner } from './owner';

/** One address of this machine that a listener answers at, and the networks that may reach it. */
export interface Opening {
  /** Name of the listener. */
  listener: string;
  port: number;
  /** Address that the port is published on. */
  address: string;
  sources: readonly string[];
}

/** What is to be put in force. */
export interface Firewall {
  containerName: string;
  /** Whose the broker is. */
  owner: Owner;
  /** Docker networks of the broker. */
  networks: readonly string[];
  openings: readonly Opening[];
}

/** What a program is told. Nothing of it is secret. */
export interface FirewallOrder extends Firewall {
  /** Docker engine of the broker; null for that of this machine. */
  dockerHost: string | null;
  /** The most connected clients that may be kept from coming back. */
  maxCutOffClients: number;
}

/** What is in force, as nft says it, without counters. */
export interface FirewallReport {
  table: string;
  /** Why it is not there after a boot; undefined where it is. */
  notKept?: string;
}

/** What is to be found in force. */
export interface FirewallInForce extends Firewall, FirewallReport {}

/**
 * What the table is made from: every listener that others can reach and that is filtered.
 *
 * @param sources networks for every listener that has none of its own
 */
export function openingsOf(listeners: readonly Listener[], sources: readonly string[]): Opening[] {
  return listeners
    .filter(({ unfiltered }) => !unfiltered)
    .flatMap((listener) =>
      openAddresses(listener).map((address) => ({
        listener: listenerName(listener),
        port: listener.port,
        address,
        sources: sourcesFor(listener, sources),
      })),
    );
}

/** The networks that may reach a listener. */
export function sourcesFor({ firewall }: Pick<Listener, 'firewall'>, sources: readonly string[]): readonly string[] {
  return firewall ?? sources;
}

/** Addresses of a listener that other machines can reach. */
export function openAddresses(listener: Pick<Listener, 'bindAddress'>): string[] {
  return bindAddresses(listener).filter((address) => !isLoopbackAddress(address));
}

/** Name of a broker's table. */
export function tableName(containerName: string): string {
  return `aipi-mqtt.${containerName}`;
}

/**
 * The table as a script for `nft -f`, which applies it as a whole or not at all, also in the place of one that is there.
 * Connections that stand stay; loopback and what only passes through this machine are let through.
 */
export function tableScript({ containerName, networks, openings }: Omit<Firewall, 'owner'>): string {
  const table = `table inet ${tableName(containerName)}`;
  return [
    '#!/usr/sbin/nft -f',
    '# Who may reach the broker. It is written anew by each update; change the configuration of its stack instead.',
    table,
    `delete ${table}`,
    `${table} {`,
    ...setsOf(openings).flatMap(setLines),
    '\tchain prerouting {',
    // Behind the tracking of connections, before the translation of addresses.
    '\t\ttype filter hook prerouting priority mangle; policy accept;',
    '\t\tct state established,related accept',
    '\t\tiifname "lo" accept',
    '\t\tfib daddr type != local accept',
    ...openings.flatMap(ruleLines).map((line) => `\t\t${line}`),
    '\t}',
    '',
    ...(networks.length === 0 ? serviceLines : networkLines(networks)),
    '}',
    '',
  ].join('\n');
}

/**
 * A broker starts no connection, neither to this machine nor beyond it. Into its networks leads what came to a published
 * port and was let in there: an engine before Docker 28 also passes on what a neighbour sends to the address of the
 * container itself.
 */
function networkLines(networks: readonly string[]): string[] {
  const names = networks.map((network) => `"${linkName(network)}"`);
  const links = `{ ${names.join(', ')} }`;
  const answers = '\t\tct state established,related accept';
  return [
    '\tchain forward {',
    '\t\ttype filter hook forward priority mangle; policy accept;',
    answers,
    // A machine may filter what stays on one bridge, too: br_netfilter.
    ...names.map((name) => `\t\tiifname ${name} oifname ${name} accept`),
    `\t\tiifname ${links} counter drop comment "from the broker"`,
    `\t\toifname ${links} ct status dnat accept`,
    `\t\toifname ${links} counter drop comment "to the container itself"`,
    '\t}',
    '',
    '\tchain input {',
    '\t\ttype filter hook input priority mangle; policy accept;',
    answers,
    `\t\tiifname ${links} counter drop comment "from the broker"`,
    '\t}',
  ];
}

/** A broker in the network of its machine is told by its user. */
const serviceLines = [
  '\tchain output {',
  '\t\ttype filter hook output priority mangle; policy accept;',
  '\t\tct state established,related accept',
  `\t\tmeta skuid ${brokerId} counter drop comment "from the broker"`,
  '\t}',
];

interface SourceSet {
  name: string;
  family: 4 | 6;
  elements: readonly string[];
}

/** A set for each listener and family that has an address there. */
function setsOf(openings: readonly Opening[]): SourceSet[] {
  const sets = openings.map((opening): SourceSet => {
    const family = familyOf(opening.address);
    const elements = opening.sources.filter((source) => familyOf(source) === family);
    return { name: setName(opening), family, elements };
  });
  return sets.filter(({ name }, index) => sets.findIndex((each) => each.name === name) === index);
}

function setName({ listener, address }: Opening): string {
  return `${listener}-ipv${familyOf(address)}`;
}

/** A set without elements has no such line: nft does not read an empty one. */
function setLines({ name, family, elements }: SourceSet): string[] {
  return [
    `\tset ${name} {`,
    `\t\ttype ipv${family}_addr`,
    '\t\tflags interval',
    '\t\tauto-merge',
    ...(elements.length === 0 ? [] : [`\t\telements = { ${[...elements].sort().join(', ')} }`]),
    '\t}',
    '',
  ];
}

function ruleLines(opening: Opening): string[] {
  const { listener, port, address } = opening;
  const protocol = familyOf(address) === 4 ? 'ip' : 'ip6';
  const isAll = address === '0.0.0.0' || address === '::';
  const to = isAll ? `meta nfproto ipv${familyOf(address)}` : `${protocol} daddr ${address}`;
  return [
    `${to} tcp dport ${port} ${protocol} saddr @${setName(opening)} accept`,
    `${to} tcp dport ${port} counter drop comment "${listener}"`,
  ];
}

/** What somebody has changed in a table, each line as `- before` or `+ after`. */
export function tableChanges(before: string, after: string): string[] {
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const [old, next] = [lines(before), lines(after)];
  return [...missing(old, next).map((line) => `- ${line}`), ...missing(next, old).map((line) => `+ ${line}`)];
}
