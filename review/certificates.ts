/** What becomes of certificates: days that are left, and which are made, renewed, replaced or retired. */

import { daysLeft, isDue, isRenewedNow, type Term, termWarnings } from '../certificates/terms';
import type { Decision } from '../change/decide';
import { certifiedKinds, type Terms } from './decision';
import type { Review } from './form';
import type { Subject } from './subject';

type Listed = Review['certificates']['list'][number];

/**
 * @param terms of the certificates that are deployed; undefined where they are unknown
 * @param now milliseconds
 */
export function certificateReview(
  before: Subject | undefined,
  after: Subject,
  terms: Terms | undefined,
  { authorities }: Pick<Decision, 'authorities'>,
  now: number,
): Review['certificates'] {
  const names = [
    ...new Set([
      ...(after.certificates.areUsed ? ['server'] : []),
      ...Object.keys(terms ?? {}),
      ...authoritiesOf(before),
      ...authoritiesOf(after),
    ]),
  ].sort(serverFirst);
  return { list: names.map((name) => listed(name, before, after, terms?.[name], now)), steps: authorities };
}

function serverFirst(a: string, b: string): number {
  if (a === 'server' || b === 'server') return a === 'server' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function listed(
  name: string,
  before: Subject | undefined,
  after: Subject,
  term: Term | undefined,
  now: number,
): Listed {
  const outcome = name === 'server' ? serverOutcome(before, after, term, now) : authorityOutcome(name, before, after);
  const warnings = outcome === 'stays' && term !== undefined ? termWarnings({ [name]: term }, now) : [];
  const [warning = null] = outcome === 'replaced' ? lostNames(before, after) : warnings;
  return { name, daysLeft: term === undefined ? null : daysLeft(term, now), outcome, warning };
}

function serverOutcome(
  before: Subject | undefined,
  after: Subject,
  term: Term | undefined,
  now: number,
): Listed['outcome'] {
  if (!after.certificates.areUsed) return 'retired';
  if (before === undefined || !before.certificates.areUsed) return 'made';
  if (servedBy(before) !== servedBy(after)) return 'replaced';
  return term !== undefined && isRenewedNow(term, now) ? 'renewed' : 'stays';
}

/** All that a server's certificate is made from: another one is made where any of it differs. */
function servedBy({ certificates, dnsNames, ipAddresses }: Subject): string {
  const { keyAlgorithm, serverValidityHours, givenServer, trust } = certificates;
  if (givenServer !== null) return givenServer;
  return JSON.stringify([keyAlgorithm, serverValidityHours, dnsNames, ipAddresses, trust.signer?.name ?? null]);
}

/** Nobody is disconnected by it, so that it would be noticed much later. What a certificate from elsewhere holds is not told. */
function lostNames(before: Subject | undefined, after: Subject): string[] {
  if (before === undefined || [before, after].some(({ certificates }) => certificates.givenServer !== null)) return [];
  const kept = [...after.dnsNames, ...after.ipAddresses];
  const lost = [...before.dnsNames, ...before.ipAddresses].filter((name) => !kept.includes(name));
  if (lost.length === 0) return [];
  return [
    `the certificate of the server no longer holds ${lost.join(', ')}: who connects by it stays, and cannot come back`,
  ];
}

function authorityOutcome(name: string, before: Subject | undefined, after: Subject): Listed['outcome'] {
  const [was, is] = [authoritiesOf(before), authoritiesOf(after)].map((names) => names.includes(name));
  if (was === is) return 'stays';
  return is ? 'made' : 'retired';
}

/** Names of the authorities of a stack, those of clients among them. A root above one of them has none. */
function authoritiesOf(subject: Subject | undefined): string[] {
  if (subject === undefined) return [];
  const { signer, furtherSigners, trusted } = subject.certificates.trust;
  const all = [...(signer === null ? [] : [signer]), ...furtherSigners, ...trusted];
  const named = all.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const ofClients = certifiedKinds(subject).flatMap((kind) =>
    subject.certificates.clientGenerations.map((generation) => `${kind}-ca-${generation}`),
  );
  return [...new Set([...named, ...ofClients])];
}

/** Whether a person must do something about one of the certificates. */
export function expiring(terms: Terms, now: number): string[] {
  const others = Object.entries(terms).filter(([, term]) => isDue(term, now) && !isRenewedNow(term, now));
  return termWarnings(Object.fromEntries(others), now);
}
