/**
 * Which names an authority may sign (nameConstraints): clients refuse a certificate with another one. Source: RFC 5280,
 * section 4.2.1.10; OpenSSL's NAME_CONSTRAINTS_check.
 */

import { isIP } from 'node:net';
import { type DerNode, derChildren, derNode, oidOf } from './der';
import { x509 } from './library';

/** A name that is to be signed: what kind it is, and its text or the parts of it. */
export type SignedName =
  | { kind: 'dns' | 'email'; text: string }
  | { kind: 'ip'; text: string }
  | { kind: 'directory'; text: string; parts: readonly string[] };

type NameKind = SignedName['kind'];

interface Subtree {
  kind: NameKind;
  /** As people write it. */
  text: string;
  holds: (name: SignedName) => boolean;
}

const constraintsId = '2.5.29.30';
/** Tags of names. Source: RFC 5280, section 4.2.1.6. */
const kinds: Readonly<Record<number, NameKind>> = { 129: 'email', 130: 'dns', 164: 'directory', 135: 'ip' };

/** What an authority may not sign of some names, in words; undefined where it may sign them all. */
export function constraintProblem(authority: string, names: readonly SignedName[]): string | undefined {
  const extension = new (x509().X509Certificate)(authority).getExtension(constraintsId);
  const node = extension === null ? undefined : derNode(Buffer.from(extension.value));
  if (node === undefined) return undefined;
  const lists = derChildren(node);
  const permitted = subtreesOf(lists.find(({ tag }) => tag === 0xa0));
  const excluded = subtreesOf(lists.find(({ tag }) => tag === 0xa1));
  for (const name of names) {
    const forbidding = excluded.find((subtree) => subtree.kind === name.kind && subtree.holds(name));
    if (forbidding !== undefined) return `may not sign ${forbidding.text} (nameConstraints), and so not ${name.text}`;
    const allowing = permitted.filter(({ kind }) => kind === name.kind);
    if (allowing.length > 0 && !allowing.some((subtree) => subtree.holds(name))) {
      const allowed = allowing.map(({ text }) => text).join(', ');
      return `may sign ${allowed} alone (nameConstraints), and not ${name.text}`;
    }
  }
  return undefined;
}

/** Names and addresses as clients use them. */
export function hostNames(hosts: readonly string[]): SignedName[] {
  return hosts.map((host) => ({ kind: isIP(host) === 0 ? 'dns' : 'ip', text: host }));
}

/** Every name that a certificate holds, its subject included. */
export function namesIn(pem: string): SignedName[] {
  const certificate = new (x509().X509Certificate)(pem);
  const others = certificate.getExtension(x509().SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const subject = derNode(Buffer.from(certificate.subjectName.toArrayBuffer()));
  const parts = subject === undefined ? [] : directoryParts(subject);
  return [
    ...others.flatMap(({ type, value }): SignedName[] =>
      type === 'dns' || type === 'ip' || type === 'email' ? [{ kind: type, text: value }] : [],
    ),
    ...(parts.length === 0 ? [] : [{ kind: 'directory' as const, text: `"${certificate.subject}"`, parts }]),
  ];
}

function subtreesOf(list: DerNode | undefined): Subtree[] {
  if (list === undefined) return [];
  return derChildren(list).flatMap((subtree) => {
    const [base] = derChildren(subtree);
    const kind = base === undefined ? undefined : kinds[base.tag];
    if (base === undefined || kind === undefined) return [];
    return [subtreeOf(kind, base)];
  });
}

function subtreeOf(kind: NameKind, base: DerNode): Subtree {
  if (kind === 'directory') {
    const [name] = derChildren(base);
    const parts = name === undefined ? [] : directoryParts(name);
    const holds = (other: SignedName) =>
      other.kind === 'directory' && parts.every((part, index) => other.parts[index] === part);
    return { kind, text: `subjects that begin with "${parts.map((part) => part.split('=')[1]).join(', ')}"`, holds };
  }
  if (kind === 'ip') {
    const half = base.content.length / 2;
    const [address, mask] = [base.content.subarray(0, half), base.content.subarray(half)];
    return { kind, text: networkText(address, mask), holds: ({ text }) => isWithin(addressBytes(text), address, mask) };
  }
  const text = base.content.toString('latin1').toLowerCase();
  return {
    kind,
    text: text === '' ? `any name of kind ${kind}` : text,
    holds: kind === 'dns' ? (name) => isBelow(name.text.toLowerCase(), text) : (name) => isOfHost(name.text, text),
  };
}

/** A name is below itself, and below what stands behind one of its dots. */
function isBelow(name: string, base: string): boolean {
  if (!name.endsWith(base)) return false;
  return base === '' || name.length === base.length || base.startsWith('.') || name.at(-base.length - 1) === '.';
}

/** An address of mail belongs to itself, to its host, or to a domain that begins with a dot. */
function isOfHost(name: string, base: string): boolean {
  const [address, host = ''] = [name.toLowerCase(), name.toLowerCase().split('@').at(-1)];
  if (base.includes('@')) return address === base;
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

function isWithin(name: Buffer | undefined, address: Buffer, mask: Buffer): boolean {
  if (name === undefined || name.length !== address.length) return false;
  return name.every((byte, index) => ((byte ^ (address[index] ?? 0)) & (mask[index] ?? 0)) === 0);
}

function addressBytes(text: string): Buffer | undefined {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  if (isIP(text) !== 6) return undefined;
  const [head = '', tail] = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...four) => inGroups(four)).split('::');
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: missing }, () => '0'), ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function inGroups(four: readonly unknown[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = four.slice(0, 4).map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function networkText(address: Buffer, mask: Buffer): string {
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const shown =
    address.length === 4 ? [...address].join('.') : (address.toString('hex').match(/.{4}/g)?.join(':') ?? '');
  return `${shown}/${bits.replace(/0+$/, '').length}`;
}

/** The parts of a name, each by its number and its text without regard to case and blanks. */
function directoryParts(name: DerNode): string[] {
  return derChildren(name).flatMap((set) =>
    derChildren(set).map((pair) => {
      const [type, value] = derChildren(pair);
      const text = value?.content.toString(value.tag === 0x1e ? 'utf16le' : 'utf8') ?? '';
      return `${oidOf(type)}=${text.trim().replace(/\s+/g, ' ').toLowerCase()}`;
    }),
  );
}
