/** Every way from a certificate to a root: an authority may have been signed by several others (cross-signed). */

import { X509Certificate } from 'node:crypto';
import { fingerprintOf, isSelfSigned } from './facts';

/** Further ones are not looked for: a file with more is no chain that somebody means. */
const mostPaths = 64;

/** A certificate with what is asked of it often. */
export interface Link {
  pem: string;
  certificate: X509Certificate;
  fingerprint: string;
  /** Without regard to case and blanks, as names are compared. Source: RFC 5280, section 7.1. */
  subject: string;
  issuer: string;
  isRoot: boolean;
}

export function linkOf(pem: string): Link {
  const certificate = new X509Certificate(pem);
  const [subject, issuer] = [certificate.subject, certificate.issuer].map(compared) as [string, string];
  return {
    pem: pem.endsWith('\n') ? pem : `${pem}\n`,
    certificate,
    fingerprint: fingerprintOf(certificate),
    subject,
    issuer,
    isRoot: subject === issuer && isSelfSigned(certificate),
  };
}

function compared(name = ''): string {
  return name.toLowerCase().replace(/[^\S\n]+/g, ' ');
}

/**
 * Those of some certificates that have signed another one. Of several from one issuer for one authority, which were
 * renewed, it is the one that lasts longest; roots are what clients compare with, so there each of them counts.
 */
export function issuersOf({ certificate, issuer }: Link, candidates: readonly Link[]): Link[] {
  const issuers = candidates.filter(
    (each) =>
      each.subject === issuer &&
      certificate.checkIssued(each.certificate) &&
      certificate.verify(each.certificate.publicKey),
  );
  return issuers.filter(
    (each) => each.isRoot || !issuers.some((other) => isRenewal(each, other) && endOf(other) > endOf(each)),
  );
}

/** Milliseconds. */
export function endOf({ certificate: { validTo } }: Link): number {
  return Date.parse(validTo);
}

function isRenewal(one: Link, other: Link): boolean {
  return one.issuer === other.issuer && isSameAuthority(one, other);
}

/** Whether two certificates are of one authority: name and key are the same. */
export function isSameAuthority(one: Link, other: Link): boolean {
  return one.subject === other.subject && one.certificate.publicKey.equals(other.certificate.publicKey);
}

/** Every way from a certificate to a root: the authorities on it, the root as the last. A root has the way to itself. */
export function pathsFrom(start: Link, candidates: readonly Link[]): Link[][] {
  const found: Link[][] = [];
  const walk = (current: Link, way: readonly Link[]): void => {
    if (found.length >= mostPaths) return;
    if (current.isRoot) {
      found.push([...way]);
      return;
    }
    for (const issuer of issuersOf(current, candidates)) {
      const isKnown = issuer.fingerprint === start.fingerprint || way.includes(issuer);
      if (!isKnown) walk(issuer, [...way, issuer]);
    }
  };
  walk(start, start.isRoot ? [start] : []);
  // The nearest root first, as clients look for it.
  return found.sort((a, b) => a.length - b.length);
}

/** All that can be reached from a certificate, without roots, in the order in which a server shows it. */
export function reachable(start: Link, candidates: readonly Link[]): Link[] {
  const found: Link[] = [];
  const walk = (current: Link): void => {
    for (const issuer of issuersOf(current, candidates)) {
      const isOver = issuer.fingerprint === start.fingerprint || found.includes(issuer);
      if (isOver || issuer.isRoot) continue;
      found.push(issuer);
      walk(issuer);
    }
  };
  walk(start);
  return found;
}

/**
 * Whether a client that trusts one root alone comes to it. Many look for one way only, and take the first issuer that they
 * are shown. Source: OpenSSL's build_chain.
 *
 * @param shown behind the certificate, in this order
 */
export function leadsTo(start: Link, shown: readonly Link[], root: Link): boolean {
  const seen = new Set<string>();
  let current: Link | undefined = start;
  while (current !== undefined && !seen.has(current.fingerprint)) {
    if (current.fingerprint === root.fingerprint || issuersOf(current, [root]).length > 0) return true;
    seen.add(current.fingerprint);
    current = issuersOf(current, shown).find(({ isRoot }) => !isRoot);
  }
  return false;
}

/**
 * Which of some roots a chain leads to, by their fingerprints, in the order of the roots.
 *
 * @param chain the certificate, then those that are shown with it, PEM
 */
export function rootsOf(chain: readonly string[], roots: readonly string[]): string[] {
  const [start, ...shown] = chain.map(linkOf);
  if (start === undefined) return [];
  const links = roots.map(linkOf).filter(({ isRoot }) => isRoot);
  const found = links.filter((root) => leadsTo(start, shown, root));
  return [...new Set(found.map(({ fingerprint }) => fingerprint))];
}
