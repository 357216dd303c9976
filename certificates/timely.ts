/**
 * Whether certificates from elsewhere can be delivered now. Their time is judged where one of them is delivered anew, and
 * nowhere else: what is deployed already stays deployed whatever the time, so that everything else can still be changed.
 */

import { X509Certificate } from 'node:crypto';
import type { Problem } from '../mosquitto/problem';
import { fingerprintOf } from './facts';
import type { CheckedCertificate, GivenUse } from './given';
import { certificatesOf } from './pem';
import { leastLeft } from './terms';

/** A certificate from elsewhere and its time. */
export interface GivenTerm {
  /** Where it stands in the configuration. */
  path: string;
  /** What people call it where the place is not enough, such as an authority above a certificate; else empty. */
  name: string;
  /** SHA-256, in hex. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** A root is one of several that will do; the others are needed, and that of a server for some time to come. */
  use: 'server' | 'authority' | 'root';
  /** Whether it is of no use without the others of its place. */
  isChained: boolean;
}

/** The certificates of a pair: its own, those that are shown with it, and the roots that they lead to. */
export function givenTerms(path: string, pair: CheckedCertificate, use: GivenUse): GivenTerm[] {
  const roots = pair.anchors.filter((pem) => pem !== pair.certificate);
  return [
    termFrom(path, '', pair.certificate, use),
    ...certificatesOf(pair.intermediates).map((pem) => termFrom(path, nameOf(pem), pem, 'authority')),
    ...roots.map((pem) => termFrom(path, nameOf(pem), pem, 'root')),
  ];
}

/** Certificates that clients are to trust. */
export function trustedTerms(path: string, pems: readonly string[]): GivenTerm[] {
  return pems.map((pem) => termFrom(path, pems.length === 1 ? '' : nameOf(pem), pem, 'authority', false));
}

/**
 * What the time forbids.
 *
 * @param deployed fingerprints of the certificates that are deployed
 * @param now milliseconds
 */
export function timeProblems(given: readonly GivenTerm[], deployed: ReadonlySet<string>, now: number): Problem[] {
  const isNew = ({ fingerprint }: GivenTerm) => !deployed.has(fingerprint);
  // A chain is as good as each of its parts; certificates that are only trusted stand by themselves.
  const paths = new Set(given.filter(isNew).map(({ path }) => path));
  const judged = given.filter((term) => paths.has(term.path) && (term.isChained || isNew(term)));
  const roots = (path: string) => judged.filter((term) => term.path === path && term.use === 'root');
  return judged.flatMap((term) => {
    const problem = timeProblem(term, now);
    const isSpare = term.use === 'root' && roots(term.path).some((other) => timeProblem(other, now) === undefined);
    return problem === undefined || isSpare ? [] : [{ path: term.path, ...problem }];
  });
}

function timeProblem({ name, notBefore, notAfter, use }: GivenTerm, now: number): Omit<Problem, 'path'> | undefined {
  const who = name === '' ? '' : `its authority ${name} `;
  const [begins, ends] = [Date.parse(notBefore), Date.parse(notAfter)];
  const moment = new Date(now).toISOString();
  if (ends <= now) {
    return { says: `${who}has expired at ${notAfter} (now: ${moment})`, remedy: 'renew it, or set the clock' };
  }
  if (begins > now) {
    return {
      says: `${who}is not valid before ${notBefore} (now: ${moment})`,
      remedy: 'set the clock of this machine, or wait',
    };
  }
  const least = leastLeft({ notBefore, notAfter });
  if (use !== 'server' || ends - now >= least) return undefined;
  const hours = Math.round(least / 3_600_000);
  const left = hours < 1 ? `${Math.round(least / 60_000)} minutes` : `${hours} hours`;
  return { says: `${who}ends at ${notAfter}, in less than ${left}`, remedy: 'renew it first' };
}

function termFrom(path: string, name: string, pem: string, use: GivenTerm['use'], isChained = true): GivenTerm {
  const { validFrom, validTo } = new X509Certificate(pem);
  const [notBefore, notAfter] = [validFrom, validTo].map((date) => new Date(date).toISOString()) as [string, string];
  return { path, name, fingerprint: fingerprintOf(pem), notBefore, notAfter, use, isChained };
}

function nameOf(pem: string): string {
  return JSON.stringify(new X509Certificate(pem).subject.replaceAll('\n', ', '));
}
