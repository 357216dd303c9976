/** Certificates from elsewhere: checked as a whole before anything of them is used. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { quoted } from '../mosquitto/quoted';
import { constraintProblem, hostNames, namesIn, type SignedName } from './constraints';
import { textProblem } from './encoding';
import { endOf, isSameAuthority, issuersOf, type Link, leadsTo, linkOf, pathsFrom, reachable } from './paths';
import { certificatesOf } from './pem';
import { pathLength, strictAuthorityProblems, strictServerProblems } from './strict';

/** Certificate and key as they were given, each PEM. */
export interface GivenPair {
  /** The certificate, then those that lead to a root. */
  certificate: string;
  privateKey: string;
  /** Empty for a key that is not encrypted. */
  passphrase: string;
}

/** A certificate that can be used where its key is. */
export interface CheckedCertificate {
  /** The certificate, PEM. */
  certificate: string;
  /** What is shown between it and its roots, PEM, one after the other; empty where the root has signed it. */
  intermediates: string;
  /** The nearest root that it leads to, PEM. */
  anchor: string;
  /** Every root that it leads to, PEM each, the nearest first: who trusts one of them alone accepts it. */
  anchors: string[];
}

/** A pair that can be used. */
export interface CheckedPair extends CheckedCertificate {
  /** PKCS #8, not encrypted. */
  privateKey: string;
}

export interface Surroundings {
  /** Further roots, PEM each. */
  trusted: readonly string[];
  /** Names and addresses that the certificate of a server must hold, or that an authority is to sign. */
  hosts: readonly string[];
}

/** What a certificate is for. */
export type GivenUse = 'server' | 'authority';

type Checked = { pair: CheckedPair; problems: [] } | { pair?: undefined; problems: string[] };
type CheckedAlone = { certificate: CheckedCertificate; problems: [] } | { certificate?: undefined; problems: string[] };

/** What the stack's own certificates are for beside the names of hosts. */
const ownSubject: SignedName = {
  kind: 'directory',
  text: '"O=AIPI, CN=AIPI MQTT broker"',
  parts: ['2.5.4.10=aipi', '2.5.4.3=aipi mqtt broker'],
};

/** Checks a certificate authority that is to sign. Each problem begins with the part that it is about. */
export function checkAuthority(given: GivenPair, surroundings: Surroundings): Checked {
  return check(given, surroundings, 'authority');
}

/** Checks the certificate of a server. */
export function checkServer(given: GivenPair, surroundings: Surroundings): Checked {
  return check(given, surroundings, 'server');
}

/** What is wrong with certificates that clients are to trust, in one text. */
export function trustedProblems(text: string): string[] {
  const form = textProblem(text, { part: 'certificate', file: undefined });
  if (form !== undefined) return [form];
  return certificatesOf(text).flatMap((pem) =>
    parsed(pem) === undefined
      ? ['holds a certificate that cannot be read; copy it again, as a whole']
      : strictAuthorityProblems(pem),
  );
}

/** The certificates of a text that can be read. */
export function certificatesIn(text: string): string[] {
  return certificatesOf(text).filter((pem) => parsed(pem) !== undefined);
}

/** Checks a certificate whose key is not at hand: everything but that both belong together. */
export function checkCertificate(certificate: string, surroundings: Surroundings, use: GivenUse): CheckedAlone {
  const form = labelled('certificate', textProblem(certificate, { part: 'certificate', file: undefined }));
  if (form.length > 0) return { problems: form };
  const links = linksOf(certificate);
  return links === undefined ? { problems: [unreadable] } : judge(links, surroundings, use);
}

function check(given: GivenPair, surroundings: Surroundings, use: GivenUse): Checked {
  const form = [
    ...labelled('certificate', textProblem(given.certificate, { part: 'certificate', file: undefined })),
    ...labelled('privateKey', textProblem(given.privateKey, { part: 'privateKey', file: undefined })),
  ];
  if (form.length > 0) return { problems: form };
  const links = linksOf(given.certificate);
  if (links === undefined) return { problems: [unreadable] };
  const key = keyOf(given);
  if (typeof key === 'string') return { problems: [`privateKey: ${key}`] };
  const [own, ...others] = links;
  const foreign = own.certificate.checkPrivateKey(key) ? [] : [`privateKey: ${foreignKey(key, others)}`];
  const { certificate, problems } = judge(links, surroundings, use);
  if (foreign.length > 0 || certificate === undefined) return { problems: [...foreign, ...problems] };
  return { pair: { ...certificate, privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string }, problems: [] };
}

const unreadable = 'certificate: cannot be read; copy it again, as a whole';

/** The certificates of a text; undefined where there is none, or one that cannot be read. */
function linksOf(text: string): [Link, ...Link[]] | undefined {
  const pems = certificatesOf(text);
  if (pems.some((pem) => parsed(pem) === undefined)) return undefined;
  const [own, ...others] = pems.map(linkOf);
  return own === undefined ? undefined : [own, ...others];
}

function judge([own, ...others]: [Link, ...Link[]], { trusted, hosts }: Surroundings, use: GivenUse): CheckedAlone {
  const candidates = unique([...others, ...trusted.map(linkOf), ...publicRoots().roots]);
  const chain = chainOf(own, candidates, use);
  const problems = [
    ...(use === 'authority'
      ? strictAuthorityProblems(own.pem)
      : [...strictServerProblems(own.pem), ...hostProblems(own.certificate, hosts)]
    ).map(certificateProblem),
    ...(typeof chain === 'string'
      ? [certificateProblem(chain)]
      : [
          ...chainProblems(own, chain),
          ...constraintProblems(own, chain, use === 'server' ? namesIn(own.pem) : [...hostNames(hosts), ownSubject]),
        ]),
  ];
  if (problems.length > 0 || typeof chain === 'string') return { problems };
  const { shown, roots } = servedChain(own, chain, use);
  return {
    certificate: {
      certificate: own.pem,
      intermediates: shown.map(({ pem }) => pem).join(''),
      anchor: (roots[0] ?? own).pem,
      anchors: roots.map(({ pem }) => pem),
    },
    problems: [],
  };
}

function certificateProblem(problem: string): string {
  return `certificate: ${problem}`;
}

function labelled(part: string, problem: string | undefined): string[] {
  return problem === undefined ? [] : [`${part}: ${problem}`];
}

/** The key, or what is wrong with it. */
function keyOf({ privateKey, passphrase }: GivenPair): KeyObject | string {
  try {
    return createPrivateKey({ key: privateKey, ...(passphrase !== '' && { passphrase }) });
  } catch (error) {
    const { code = 'unknown' } = error as { code?: string };
    const isEncrypted = /ENCRYPTED/.test(privateKey);
    if (isEncrypted && passphrase === '') return 'is encrypted; give its passphrase, or a key that is not encrypted';
    if (isEncrypted && /^\s|\s$/.test(passphrase)) {
      return 'is not opened by the passphrase; correct the passphrase, which begins or ends with a blank or a line break';
    }
    // One wrong passphrase in 256 ends in padding that looks right; OpenSSL then says what it says of an unknown cipher.
    if (isEncrypted && /UNSUPPORTED/.test(code)) {
      return 'is not opened by the passphrase; correct the passphrase, or, if it is right, encrypt the key anew, for example with "openssl pkey -aes256"';
    }
    if (isEncrypted) return 'is not opened by the passphrase; correct the passphrase';
    return `cannot be read (${code}); give a private key as PEM, for example from "openssl pkey"`;
  }
}

/** Files that were put together from elsewhere often have their certificates in another order. */
function foreignKey(key: KeyObject, others: readonly Link[]): string {
  const place = others.findIndex(({ certificate }) => certificate.checkPrivateKey(key));
  return place === -1
    ? 'belongs to another certificate; give both of one pair'
    : `belongs to another certificate, which is number ${place + 2} of the file; put that one first`;
}

interface Chain {
  /** The authorities of each way to a root, which is the last; the nearest root first. */
  paths: Link[][];
  /** What a server shows behind its certificate. */
  shown: Link[];
}

/** The certificates that Node brings. */
interface PublicRoots {
  /** Those that are signed by themselves. */
  roots: readonly Link[];
  /** Of all of them. */
  fingerprints: ReadonlySet<string>;
}

let known: PublicRoots | undefined;

/** Read once: that takes tens of milliseconds. */
function publicRoots(): PublicRoots {
  if (known === undefined) {
    const all = rootCertificates.map(linkOf);
    known = {
      roots: all.filter(({ isRoot }) => isRoot),
      fingerprints: new Set(all.map(({ fingerprint }) => fingerprint)),
    };
  }
  return known;
}

/**
 * From a certificate to its roots, or what is missing. All that leads on from it is shown, also where a root is met
 * earlier: a client that trusts another one needs it.
 */
function chainOf(own: Link, candidates: readonly Link[], use: GivenUse): Chain | string {
  // What an authority signs can be followed to each certificate that there is of the authority.
  const same = use === 'server' ? [] : candidates.filter((each) => isSameAuthority(each, own));
  const starts = unique([own, ...same]);
  const paths = starts.flatMap((start) =>
    pathsFrom(start, candidates).map((path) => (use === 'server' || path[0] === start ? path : [start, ...path])),
  );
  if (paths.length === 0) return missing(own, candidates);
  const shown = starts.flatMap((start) => [
    ...(start === own || start.isRoot ? [] : [start]),
    ...reachable(start, candidates),
  ]);
  const end = (path: readonly Link[]) => endOf(path.at(-1) ?? own);
  return {
    paths: paths.sort((a, b) => a.length - b.length || end(b) - end(a)),
    shown: unique(shown).filter((each) => each.fingerprint !== own.fingerprint),
  };
}

/** What is shown, and the roots that clients come to by it. Where it is none as it was given, the nearest way goes first. */
function servedChain(own: Link, { paths, shown }: Chain, use: GivenUse): { shown: Link[]; roots: Link[] } {
  const roots = unique(paths.map((path) => path.at(-1) ?? own));
  const reached = (behind: readonly Link[]) =>
    roots.filter((root) => (use === 'server' ? leadsTo(own, behind, root) : signedLeadsTo(own, behind, root)));
  const found = reached(shown);
  if (found.length > 0) return { shown, roots: found };
  const nearest = (paths[0] ?? []).filter((each) => shown.includes(each));
  const sorted = unique([...nearest, ...shown]);
  return { shown: sorted, roots: reached(sorted) };
}

/** The same for what an authority signs: it is shown with the authority, where that is no root. */
function signedLeadsTo(own: Link, shown: readonly Link[], root: Link): boolean {
  if (isSameAuthority(own, root)) return true;
  const first = [own, ...shown].find((each) => !each.isRoot && isSameAuthority(each, own));
  return first !== undefined && leadsTo(first, shown, root);
}

function missing(own: Link, candidates: readonly Link[]): string {
  const seen = new Set<string>();
  let current = own;
  while (!seen.has(current.fingerprint)) {
    seen.add(current.fingerprint);
    const [issuer] = issuersOf(current, candidates);
    if (issuer === undefined) {
      return (
        `leads to ${subjectOf(current.certificate.issuer)}, which is missing; put the intermediate ` +
        'certificates behind it, and a root that is not public into "trustedCertificates"'
      );
    }
    current = issuer;
  }
  return 'is signed in a circle; put the certificate first, then those that lead to its root';
}

function chainProblems(own: Link, { paths }: Chain): string[] {
  const authorities = unique(paths.flat()).filter(({ fingerprint }) => fingerprint !== own.fingerprint);
  const all = authorities.flatMap(({ pem, fingerprint, certificate }) =>
    // Strict clients do not look at the extensions of a root that the world trusts already.
    (publicRoots().fingerprints.has(fingerprint) ? [] : strictAuthorityProblems(pem)).map((problem) =>
      certificateProblem(`its authority ${subjectOf(certificate.subject)} ${problem}`),
    ),
  );
  const tooLong = paths.flatMap((path) => path.flatMap(({ pem }, below) => pathProblems(pem, below)));
  return [...new Set([...all, ...tooLong])];
}

/** Names that an authority may not sign, on any way to a root. */
function constraintProblems(own: Link, { paths }: Chain, names: readonly SignedName[]): string[] {
  const found = paths.flatMap((path) =>
    path.flatMap((authority, index) => {
      const between = path.slice(0, index).flatMap(({ pem }) => namesIn(pem));
      const problem = constraintProblem(authority.pem, [...names, ...between]);
      if (problem === undefined) return [];
      return [
        authority.fingerprint === own.fingerprint
          ? `certificate: ${problem}; give an authority that may, or correct "dnsNames" and "ipAddresses"`
          : `certificate: its authority ${subjectOf(authority.certificate.subject)} ${problem}; have it issued by an authority that may, or for other names`,
      ];
    }),
  );
  return [...new Set(found)];
}

/** @param below how many authorities stand between this one and the server */
function pathProblems(pem: string, below: number): string[] {
  const longest = pathLength(pem);
  if (longest === undefined || below <= longest) return [];
  return [`certificate: its authority allows ${longest} more below it, and there are ${below}; use a shorter chain`];
}

function hostProblems(certificate: X509Certificate, hosts: readonly string[]): string[] {
  const missing = hosts.filter((host) =>
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: 'never' }) === undefined
      : certificate.checkIP(host) === undefined,
  );
  if (missing.length === 0) return [];
  return [
    `does not hold ${missing.join(', ')}, which clients use; issue it again for it, or correct "dnsNames" and "ipAddresses"`,
  ];
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function subjectOf(name: string): string {
  return quoted(name.replaceAll('\n', ', '));
}

function unique(links: readonly Link[]): Link[] {
  const seen = new Set<string>();
  return links.filter(({ fingerprint }) => !seen.has(fingerprint) && seen.add(fingerprint));
}
