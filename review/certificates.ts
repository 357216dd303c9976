/** What becomes of certificates: days that are left, and which are made, renewed, replaced or retired. */

import { daysLeft, dueFrom, isDue, isRenewedNow, type Term, termWarnings } from '../certificates/terms';
import type { Decision } from '../change/decide';
import { certifiedKinds } from '../mosquitto/listeners';
import type { Terms } from './decision';
import type { Review } from './form';
import type { Side } from './side';

type Listed = Review['certificates']['list'][number];

/**
 * @param terms of the certificates that are deployed; undefined where they are unknown
 * @param now milliseconds
 */
export function certificateReview(
  before: Side | undefined,
  after: Side,
  terms: Terms | undefined,
  { authorities }: Pick<Decision, 'authorities'>,
  now: number,
): Review['certificates'] {
  const own = dueTerms(after, terms);
  const names = [
    ...new Set([
      ...(after.certificates.areUsed ? ['server'] : []),
      ...Object.keys(terms ?? {}),
      ...authoritiesOf(before),
      ...authoritiesOf(after),
    ]),
  ].sort(serverFirst);
  return { list: names.map((name) => listed(name, before, after, own[name], now)), steps: authorities };
}

/** How early a server's certificate is renewed says the change, also of the one that is there. */
function dueTerms({ certificates }: Side, terms: Terms = {}): Terms {
  const { server, ...others } = terms;
  if (server === undefined) return terms;
  return { server: { ...server, dueFrom: dueFrom(server, server.renewal, certificates.earlyRenewalHours) }, ...others };
}

function serverFirst(a: string, b: string): number {
  if (a === 'server' || b === 'server') return a === 'server' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function listed(name: string, before: Side | undefined, after: Side, term: Term | undefined, now: number): Listed {
  const outcome = outcomeOf(name, before, after, term, now);
  const warnings = outcome === 'stays' && term !== undefined ? termWarnings({ [name]: term }, now) : [];
  const [warning = null] =
    outcome === 'replaced' ? lostNames(before, after) : outcome === 'retired' ? unaccepted(name, after) : warnings;
  return { name, daysLeft: term === undefined ? null : daysLeft(term, now), outcome, warning };
}

function outcomeOf(
  name: string,
  before: Side | undefined,
  after: Side,
  term: Term | undefined,
  now: number,
): Listed['outcome'] {
  return name === 'server' ? serverOutcome(before, after, term, now) : authorityOutcome(name, before, after);
}

function serverOutcome(before: Side | undefined, after: Side, term: Term | undefined, now: number): Listed['outcome'] {
  if (!after.certificates.areUsed) return 'retired';
  if (before === undefined || !before.certificates.areUsed) return 'made';
  if (servedBy(before) !== servedBy(after)) return 'replaced';
  return term !== undefined && isRenewedNow(term, now) ? 'renewed' : 'stays';
}

/** All that a server's certificate is made from: another one is made where any of it differs. */
function servedBy({ certificates, dnsNames, ipAddresses }: Side): string {
  const { keyAlgorithm, serverValidityHours, givenServer, given, trust } = certificates;
  if (givenServer !== null) return givenServer;
  // Of a place the certificate itself stands first, before those that lead to its root.
  const signer = given.find(({ path }) => path === 'caCertificate')?.fingerprint ?? trust.signer?.name ?? null;
  return JSON.stringify([keyAlgorithm, serverValidityHours, dnsNames, ipAddresses, signer]);
}

/** Nobody is disconnected by it, so that it would be noticed much later. What a certificate from elsewhere holds is not told. */
function lostNames(before: Side | undefined, after: Side): string[] {
  if (before === undefined || [before, after].some(({ certificates }) => certificates.givenServer !== null)) return [];
  const kept = [...after.dnsNames, ...after.ipAddresses];
  const lost = [...before.dnsNames, ...before.ipAddresses].filter((name) => !kept.includes(name));
  if (lost.length === 0) return [];
  return [
    `the certificate of the server no longer holds ${lost.join(', ')}: who connects by it stays, and cannot come back`,
  ];
}

/** Of devices it is a step of a rollover, which an update may refuse. */
function unaccepted(name: string, after: Side): string[] {
  if (!name.startsWith('accounts-ca-') || !certifiedKinds(after.listeners).includes('accounts')) return [];
  return [`certificates of accounts from ${name} are no longer accepted: who is connected stays, and cannot come back`];
}

function authorityOutcome(name: string, before: Side | undefined, after: Side): Listed['outcome'] {
  const [was, is] = [authoritiesOf(before), authoritiesOf(after)].map((names) => names.includes(name));
  if (was === is) return 'stays';
  return is ? 'made' : 'retired';
}

/** Names of the authorities of a stack, those of clients among them. A root above one of them has none. */
function authoritiesOf(side: Side | undefined): string[] {
  if (side === undefined) return [];
  const { signer, furtherSigners, trusted } = side.certificates.trust;
  const all = [...(signer === null ? [] : [signer]), ...furtherSigners, ...trusted];
  const named = all.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const ofClients = certifiedKinds(side.listeners).flatMap((kind) =>
    side.certificates.clientGenerations.map((generation) => `${kind}-ca-${generation}`),
  );
  return [...new Set([...named, ...ofClients])];
}

/** Whether a person must do something about one of the certificates that stay. */
export function expiring(before: Side | undefined, after: Side, terms: Terms | undefined, now: number): string[] {
  const others = Object.entries(dueTerms(after, terms)).filter(
    ([name, term]) =>
      isDue(term, now) && !isRenewedNow(term, now) && outcomeOf(name, before, after, term, now) === 'stays',
  );
  return termWarnings(Object.fromEntries(others), now);
}
