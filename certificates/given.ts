/** Certificates from elsewhere: checked as a whole before anything of them is used. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { quoted } from '../mosquitto/quoted';
import { fingerprintOf, isSelfSigned } from './facts';
import { certificatesOf, pemProblem } from './pem';
import { pathLength, strictAuthorityProblems, strictServerProblems } from './strict';

/** Certificate and key as they were given, each PEM. */
export interface GivenPair {
  /** The certificate, then those that lead to a root. */
  certificate: string;
  privateKey: string;
  /** Empty for a key that is not encrypted. */
  passphrase: string;
}

/** A pair that can be used. */
export interface CheckedPair {
  /** The certificate, PEM. */
  certificate: string;
  /** Between it and the root, PEM, one after the other; empty where the root has signed it. */
  intermediates: string;
  /** The root that it leads to, PEM. */
  anchor: string;
  /** PKCS #8, not encrypted. */
  privateKey: string;
}

export interface Surroundings {
  /** Further roots, PEM each. */
  trusted: readonly string[];
  /** Names and addresses that the certificate of a server must hold. */
  hosts: readonly string[];
  now: number;
  /** Hours before its end at which a certificate of a server is refused: nobody could renew it in time. */
  leastHours: number;
}

type Checked = { pair: CheckedPair; problems: [] } | { pair?: undefined; problems: string[] };

const hourMilliseconds = 3_600_000;

/** Checks a certificate authority that is to sign. Each problem begins with the part that it is about. */
export function checkAuthority(given: GivenPair, surroundings: Surroundings): Checked {
  return check(given, surroundings, 1, (own) => strictAuthorityProblems(own));
}

/** Checks the certificate of a server. */
export function checkServer(given: GivenPair, surroundings: Surroundings): Checked {
  return check(given, surroundings, 0, (own) => [
    ...strictServerProblems(own),
    ...hostProblems(new X509Certificate(own), surroundings.hosts),
    ...aboutToEnd(new X509Certificate(own), surroundings),
  ]);
}

/** What is wrong with certificates that clients are to trust, in one text. */
export function trustedProblems(text: string, now: number): string[] {
  const form = pemProblem(text);
  if (form !== undefined) return [form];
  const certificates = certificatesOf(text);
  if (certificates.length === 0) return ['holds no certificate; write that of a certificate authority'];
  return certificates.flatMap((pem) => {
    const certificate = parsed(pem);
    if (certificate === undefined) return ['holds a certificate that cannot be read; copy it again, as a whole'];
    return [...strictAuthorityProblems(pem), ...validityProblems(certificate, now)];
  });
}

/** @param steps authorities between the certificate and a server: one for an authority that signs, itself */
function check(
  given: GivenPair,
  surroundings: Surroundings,
  steps: number,
  ownRules: (own: string) => string[],
): Checked {
  const form = [
    ...labelled('certificate', pemProblem(given.certificate)),
    ...labelled('privateKey', pemProblem(given.privateKey)),
  ];
  if (form.length > 0) return { problems: form };
  const [own, ...others] = certificatesOf(given.certificate);
  const certificate = own === undefined ? undefined : parsed(own);
  if (own === undefined || certificate === undefined || others.some((pem) => parsed(pem) === undefined)) {
    return { problems: ['certificate: cannot be read; copy it again, as a whole'] };
  }
  const key = keyOf(given);
  if (typeof key === 'string') return { problems: [`privateKey: ${key}`] };
  const chain = chainOf(own, others, surroundings.trusted);
  const problems = [
    ...(certificate.checkPrivateKey(key) ? [] : ['privateKey: belongs to another certificate; give both of one pair']),
    ...validityProblems(certificate, surroundings.now).map(certificateProblem),
    ...ownRules(own).map(certificateProblem),
    ...(typeof chain === 'string'
      ? [certificateProblem(chain)]
      : chainProblems(chain, chain.anchor === own ? 0 : steps, surroundings.now)),
  ];
  if (problems.length > 0 || typeof chain === 'string') return { problems };
  return {
    pair: {
      certificate: own,
      intermediates: chain.intermediates.join(''),
      anchor: chain.anchor,
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }) as string,
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
    const isEncrypted = /ENCRYPTED/.test(privateKey);
    if (isEncrypted && passphrase === '') return 'is encrypted; give its passphrase, or a key that is not encrypted';
    if (isEncrypted) return 'is not opened by the passphrase; correct the passphrase';
    const { code = 'unknown' } = error as { code?: string };
    return `cannot be read (${code}); give a private key as PEM, for example from "openssl pkey"`;
  }
}

interface Chain {
  intermediates: string[];
  anchor: string;
}

/** The certificates that Node brings, by their text. */
interface PublicRoots {
  /** Those that are signed by themselves. */
  roots: ReadonlyMap<string, X509Certificate>;
  /** Of all of them. */
  fingerprints: ReadonlySet<string>;
}

let known: PublicRoots | undefined;

/** Read once: that takes tens of milliseconds. */
function publicRoots(): PublicRoots {
  if (known === undefined) {
    const all = rootCertificates.map((pem) => [pem, new X509Certificate(pem)] as const);
    known = {
      roots: new Map(all.filter(([, certificate]) => isSelfSigned(certificate))),
      fingerprints: new Set(all.map(([, certificate]) => fingerprintOf(certificate))),
    };
  }
  return known;
}

/** From a certificate to its root, or what is missing. A root that is trusted ends it, whoever else has signed that. */
function chainOf(own: string, others: readonly string[], trusted: readonly string[]): Chain | string {
  const roots = [...trusted.filter((pem) => isSelfSigned(new X509Certificate(pem))), ...publicRoots().roots.keys()];
  const intermediates: string[] = [];
  let current = own;
  for (let steps = 0; steps <= others.length + trusted.length; steps += 1) {
    const certificate = new X509Certificate(current);
    if (isSelfSigned(certificate)) {
      return { intermediates: intermediates.filter((pem) => pem !== current), anchor: current };
    }
    const anchor = issuerOf(certificate, roots);
    if (anchor !== undefined) return { intermediates, anchor: anchor.endsWith('\n') ? anchor : `${anchor}\n` };
    const issuer = issuerOf(certificate, [...others, ...trusted]);
    if (issuer === undefined) {
      return (
        `leads to ${quoted(certificate.issuer.replaceAll('\n', ', '))}, which is missing; put the intermediate ` +
        'certificates behind it, and a root that is not public into "trustedCertificates"'
      );
    }
    intermediates.push(issuer);
    current = issuer;
  }
  return 'is signed in a circle; put the certificate first, then those that lead to its root';
}

/** Of several certificates of one authority, the one that lasts longest. */
function issuerOf(certificate: X509Certificate, candidates: readonly string[]): string | undefined {
  const issuers = candidates.filter((pem) => {
    const candidate = publicRoots().roots.get(pem) ?? new X509Certificate(pem);
    return certificate.checkIssued(candidate) && certificate.verify(candidate.publicKey);
  });
  const end = (pem: string) => Date.parse(new X509Certificate(pem).validTo);
  return issuers.sort((a, b) => end(b) - end(a))[0];
}

function chainProblems({ intermediates, anchor }: Chain, steps: number, now: number): string[] {
  const tooLong = intermediates.flatMap((pem, below) => pathProblems(pem, below + steps));
  const all = [...intermediates, anchor].flatMap((pem) => {
    const certificate = new X509Certificate(pem);
    const name = quoted(certificate.subject.replaceAll('\n', ', '));
    const isPublic = publicRoots().fingerprints.has(fingerprintOf(pem));
    // Strict clients do not look at the extensions of a root that the world trusts already.
    return [...(isPublic ? [] : strictAuthorityProblems(pem)), ...validityProblems(certificate, now)].map(
      (problem) => `certificate: its authority ${name} ${problem}`,
    );
  });
  return [...all, ...tooLong, ...pathProblems(anchor, intermediates.length + steps)];
}

/** @param below how many authorities stand between this one and the server */
function pathProblems(pem: string, below: number): string[] {
  const longest = pathLength(pem);
  if (longest === undefined || below <= longest) return [];
  return [`certificate: its authority allows ${longest} more below it, and there are ${below}; use a shorter chain`];
}

function validityProblems({ validFrom, validTo }: X509Certificate, now: number): string[] {
  const moment = new Date(now).toISOString();
  if (Date.parse(validTo) <= now)
    return [`has expired at ${iso(validTo)} (now: ${moment}); renew it, or set the clock`];
  if (Date.parse(validFrom) > now) {
    return [`is not valid before ${iso(validFrom)} (now: ${moment}); set the clock of this machine, or wait`];
  }
  return [];
}

/** A certificate that ends within the hours is refused while there is time, not when it is too late. */
function aboutToEnd({ validTo }: X509Certificate, { now, leastHours }: Surroundings): string[] {
  const hours = (Date.parse(validTo) - now) / hourMilliseconds;
  if (hours <= 0 || hours >= leastHours) return [];
  return [`ends at ${iso(validTo)}, in less than ${leastHours} hours; renew it first`];
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

function iso(date: string): string {
  return new Date(date).toISOString();
}
