/** Names that stand for machines: DNS names, IP addresses, images, Docker hosts. */

import { isIP, SocketAddress } from 'node:net';
import { isDockerName, isReserved } from './networks';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/;
const dnsLabel = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Host and port of a registry, path in small letters, tag, digest. Source: the OCI distribution specification. */
const imageReference =
  /^([A-Za-z0-9.-]+(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:(?<tag>\w[\w.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** What is wrong with a DNS name, or `undefined` when it is valid. Source: RFC 1123, section 2.1. */
export function dnsNameProblem(name: string): string | undefined {
  if (isIP(name) !== 0) return 'is an IP address; write it into "ipAddresses"';
  const labels = name.split('.');
  const isNumber = /^\d+$/.test(labels.at(-1) ?? '');
  if (name.length <= 253 && labels.every((label) => dnsLabel.test(label)) && !isNumber) return undefined;
  return 'is not a DNS name; write letters, digits and "-" with "." between, such as mqtt.example.org';
}

/** What is wrong with an IP address, or `undefined` when it is valid. */
export function ipAddressProblem(address: string): string | undefined {
  return isIP(address) === 0 || address.includes('%')
    ? 'is not an IP address; write for example 192.0.2.10 or 2001:db8::10'
    : undefined;
}

/**
 * What is wrong with an IP address beside others on the same port, or `undefined` when all of them can be published.
 *
 * @param before the addresses that stand before it; those that are none are left out
 */
export function ipAddressesProblem(address: string, before: readonly string[]): string | undefined {
  const family = isIP(address);
  const others = before.filter((each) => isIP(each) === family);
  if (others.some((each) => isSameAddress(each, address))) return 'stands there already; write each address once';
  const all = family === 4 ? '0.0.0.0' : '::';
  if (others.length === 0 || ![...others, address].some((each) => isSameAddress(each, all))) return undefined;
  return `cannot stand beside ${others[0]}, because ${all} is every IPv${family} address already; write ${all} alone`;
}

function isSameAddress(a: string, b: string): boolean {
  const normal = (address: string) => new SocketAddress({ address, family: isIP(address) === 4 ? 'ipv4' : 'ipv6' });
  return normal(a).address === normal(b).address;
}

/** What is wrong with the reference of an image, or `undefined` when it names one exact version. */
export function imageProblem(reference: string): string | undefined {
  const match = reference.match(imageReference);
  if (match === null) return 'is not the reference of an image; write for example eclipse-mosquitto:2.1.2';
  const { tag, digest } = match.groups ?? {};
  if (digest !== undefined || (tag !== undefined && tag !== 'latest')) return undefined;
  return 'names no exact version; add a tag or a digest, for example eclipse-mosquitto:2.1.2';
}

/** What is wrong with the address of a Docker engine, or `undefined` when it is valid. */
export function dockerHostProblem(host: string): string | undefined {
  return /^(unix:\/\/\/|tcp:\/\/|ssh:\/\/)\S+$/.test(host) && !control.test(host) && URL.canParse(host)
    ? undefined
    : 'is not the address of a Docker engine; write unix:///…, tcp://… or ssh://…';
}

/** What is wrong with the address of a machine, or `undefined` when it is valid. */
export function hostProblem(host: string): string | undefined {
  if (URL.canParse(host) && new URL(host).password !== '') {
    return 'holds a password, which would be shown; use a key of SSH, and write ssh://USER@HOST';
  }
  return /^(ssh:\/\/|tcp:\/\/|unix:\/\/\/)\S+$/.test(host) && !control.test(host) && URL.canParse(host)
    ? undefined
    : 'is not the address of a machine; write ssh://USER@HOST, or nothing for this machine';
}

/** What is wrong with the name of a container, or `undefined` when Docker accepts it. */
export function containerNameProblem(name: string): string | undefined {
  if (isReserved(name))
    return 'is the name of a network of Docker itself, and the broker has one by its name; choose another';
  return isDockerName(name)
    ? undefined
    : 'is not a container name; write 2 to 63 letters, digits, "-", "_", ".", beginning with a letter or digit';
}
