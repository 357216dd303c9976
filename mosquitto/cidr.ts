/** Networks in the notation of CIDR, `192.0.2.0/24`. Source: RFC 4632, RFC 4291. */

import { BlockList, isIP } from 'node:net';

/** Every address of a family. */
export const everybody = ['0.0.0.0/0', '::/0'] as const;

const remedy = 'write for example 192.168.0.0/16, fd00::/8, or 192.0.2.10/32 for one address';

/** What is wrong with a network, or `undefined` when it is valid. */
export function cidrProblem(text: string): string | undefined {
  const [, address = '', length] = text.match(/^([^/%]*)(?:\/(\d+))?$/) ?? [];
  const family = isIP(address);
  if (family === 0) return `is not a network; ${remedy}`;
  const most = bitsOf(family);
  if (length === undefined) return `has no length; write ${address}/${most} for this one address, or that of a network`;
  if (!/^(0|[1-9]\d*)$/.test(length) || Number(length) > most) {
    return `has a length that IPv${family} does not know; write 0 to ${most} behind the "/"`;
  }
  if (isMapped(address)) return `is an IPv4 network in IPv6; ${remedy}`;
  const network = networkOf(numberOf(address), most - Number(length));
  if (network === numberOf(address)) return undefined;
  return `is an address within a network; write ${addressOf(network, family)}/${length} for the network, or ${address}/${most} for the address alone`;
}

/** What a network is, whatever its notation: equal for those that are the same. */
export function rangeOf(cidr: string): string {
  const [network = '', length = ''] = cidr.split('/');
  return `${familyOf(cidr)} ${numberOf(network)} ${length}`;
}

/** The networks that two lists have in common: of two networks one is within the other, or they have nothing in common. */
export function common(some: readonly string[], others: readonly string[]): string[] {
  const [one, other] = [new Set(some), new Set(others)];
  const inOthers = within(
    some.filter((each) => !other.has(each)),
    others,
  );
  const inSome = within(
    others.filter((each) => !one.has(each)),
    some,
  );
  return [...some.filter((each) => other.has(each)), ...inOthers, ...inSome];
}

/** Those of some networks that are within one of others. */
function within(some: readonly string[], others: readonly string[]): string[] {
  if (some.length === 0) return [];
  const ranges = new Set(others.map(rangeOf));
  const lengths = [...new Set(others.map((cidr) => Number(cidr.split('/')[1])))];
  return some.filter((cidr) => {
    const [network = '', length] = cidr.split('/');
    const [family, own] = [familyOf(cidr), Number(length)];
    const number = numberOf(network);
    const holds = (bits: number) => ranges.has(`${family} ${networkOf(number, bitsOf(family) - bits)} ${bits}`);
    return lengths.some((bits) => bits <= own && holds(bits));
  });
}

/** Networks of organizations, machines and links. Source: RFC 1918, RFC 3927, RFC 4193, RFC 4291, RFC 6598. */
const inner = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/** A sixteenth of IPv4, and of what of IPv6 is given out, 2000::/3: nobody has as much. */
const ofTheWorld = { 4: 1n << 28n, 6: 1n << 121n } as const;

/** Whether networks together are so much of the internet that whoever is in them is anybody, however they are written. */
export function isTheWorld(cidrs: readonly string[]): boolean {
  const own = new Set(within(cidrs, inner));
  const sizes = { 4: 0n, 6: 0n };
  for (const cidr of new Set(cidrs.filter((each) => !own.has(each)))) {
    const family = familyOf(cidr);
    sizes[family] += 1n << BigInt(bitsOf(family) - Number(cidr.split('/')[1]));
  }
  return sizes[4] >= ofTheWorld[4] || sizes[6] >= ofTheWorld[6];
}

/** IP version of a network. */
export function familyOf(cidr: string): 4 | 6 {
  return cidr.includes(':') ? 6 : 4;
}

/** Tells whether networks contain an address. */
export function membership(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', length = ''] = cidr.split('/');
    list.addSubnet(network, Number(length), typeOf(network));
  }
  return (address) => list.check(address, typeOf(address));
}

/** An address of a network that is hardly anybody's: the last one but three, or the last where it has no more. */
export function rareAddress(cidr: string): string {
  const [network = '', length = ''] = cidr.split('/');
  const family = familyOf(cidr);
  const size = 1n << BigInt(bitsOf(family) - Number(length));
  return addressOf(numberOf(network) + size - (size > 4n ? 4n : 1n), family);
}

function typeOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function bitsOf(family: number): number {
  return family === 4 ? 32 : 128;
}

function isMapped(address: string): boolean {
  return isIP(address) === 6 && numberOf(address) >> 32n === 0xffffn;
}

function networkOf(address: bigint, hostBits: number): bigint {
  return (address >> BigInt(hostBits)) << BigInt(hostBits);
}

/** An address as a number. Of IPv6 the URL parser knows every notation. */
function numberOf(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  const { hostname } = new URL(`http://[${address}]`);
  const [left = '', right] = hostname.slice(1, -1).split('::');
  const parts = (text: string) => (text === '' ? [] : text.split(':'));
  const tail = right === undefined ? [] : parts(right);
  const head = parts(left);
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, part) => (sum << 16n) + BigInt(`0x${part}`), 0n);
}

function addressOf(number: bigint, family: number): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
  const parts = Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1);
}
