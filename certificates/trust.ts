/**
 * Whom devices trust, and whose certificates the broker accepts: how both may change without anybody being cut off.
 *
 * A rollover has three phases: devices learn to trust the next authority; it signs; the old one is retired.
 */

import type { Problem } from '../mosquitto/problem';
import { shortFingerprint } from './facts';

/** Authorities: by their fingerprints, or by the names that the stack gives them. */
export interface Trust {
  /** The root of the server's certificate, the nearest one; null without TLS. */
  signer: string | null;
  /** Further roots that it leads to, as by a cross-signed intermediate; absent where there are none. */
  furtherSigners?: string[];
  /** Roots that bundles hold. */
  trusted: string[];
  /** Authorities whose certificates of devices the broker accepts; empty where it asks for none. */
  clients: string[];
}

/** What a device says of its bundle. */
export interface BundleReport {
  /** Generation of its password. */
  generation: number | null;
  /** Beginnings of the fingerprints of the authorities that it trusts; null where it does not say. */
  trusted: string[] | null;
  /** Beginning of the fingerprint of the authority of its own certificate; null where it has none or does not say. */
  issuer: string | null;
  /** When its own certificate ends, ISO 8601; null where it has none or does not say. */
  certificateExpires: string | null;
}

/** Every root that the server's certificate leads to: who trusts one of them accepts it. */
export function signersOf({ signer, furtherSigners = [] }: Trust): string[] {
  return signer === null ? [] : [signer, ...furtherSigners];
}

/** What people call an authority. */
export type NameOf = (authority: string) => string;

const itself: NameOf = (authority) => authority;

/** The name of each fingerprint, or the beginning of it where it has none. */
export function namedBy(names: Readonly<Record<string, string>>): NameOf {
  return (fingerprint) => names[fingerprint] ?? `${shortFingerprint(fingerprint)}…`;
}

/** What a change of trust means, one line for each thing that happens. */
export function trustChanges(before: Trust | undefined, next: Trust, name: NameOf = itself): string[] {
  if (before === undefined || next.signer === null) return [];
  const gained = next.trusted.filter((each) => !before.trusted.includes(each));
  const retired = before.trusted.filter((each) => !next.trusted.includes(each));
  const issuers = before.clients.filter((each) => !next.clients.includes(each));
  return [
    ...gained.map(
      (each) => `Bundles will hold the certificate authority ${name(each)}; hand them out, it does not sign yet`,
    ),
    ...signerChanges(before, next, name),
    ...retired.map((each) => `The certificate authority ${name(each)} is retired: new bundles do not hold it`),
    ...issuers.map((each) => `Certificates of devices from ${name(each)} will no longer be accepted`),
  ];
}

/** Whoever trusts a root that is left is cut off, but for those who trust one that stays. */
function signerChanges(before: Trust, next: Trust, name: NameOf): string[] {
  const [olds, news] = [signersOf(before), signersOf(next)];
  const named = (all: readonly string[]) => all.map(name).join(', ');
  const lost = olds.filter((each) => !news.includes(each));
  const gained = news.filter((each) => !olds.includes(each));
  if (lost.length > 0) {
    return [
      `The server certificate will be signed by ${named(news)} (now ${named(olds)}); who does not trust it is cut off`,
    ];
  }
  if (gained.length === 0 || olds.length === 0) return [];
  return [`The server certificate will lead to ${named(gained)} as well as to ${named(olds)}; nobody is cut off`];
}

/** What forbids a change of trust, whatever devices say. */
export function trustProblems(before: Trust | undefined, next: Trust, name: NameOf = itself): Problem[] {
  if (before === undefined || before.signer === null || next.signer === null) return [];
  const [olds, news] = [signersOf(before), signersOf(next)];
  if (olds.every((each) => news.includes(each))) return [];
  const [old, fresh] = [olds, news].map((all) => all.map(name).join(', '));
  if (!before.trusted.some((each) => news.includes(each))) {
    return [
      {
        says: `the server certificate would be signed by a certificate authority (${fresh}) that no bundle holds yet`,
        remedy:
          'first deploy with both of them trusted ("trustedCaGenerations" or "trustedCertificates") and the old one ' +
          'signing, and hand out the bundles',
      },
    ];
  }
  if (!next.trusted.some((each) => olds.includes(each))) {
    return [
      {
        says:
          `the old certificate authority (${old}) would be retired in the step in which the new one (${fresh}) begins ` +
          'to sign, and there would be no way back',
        remedy: 'keep it among "trustedCaGenerations" or "trustedCertificates" for now',
      },
    ];
  }
  return [];
}

/** Whether a change of trust could cut off a device whose bundle is not the present one. */
export function asksDevices(before: Trust | undefined, next: Trust): boolean {
  if (before === undefined) return false;
  const isSignedAnew = next.signer !== null && !signersOf(before).every((each) => signersOf(next).includes(each));
  const retires = (olds: readonly string[], news: readonly string[]) =>
    news.length > 0 && olds.some((each) => !news.includes(each));
  return (
    isSignedAnew ||
    (next.signer !== null && retires(before.trusted, next.trusted)) ||
    retires(before.clients, next.clients)
  );
}

/**
 * What forbids a change of trust, as far as devices have reported their bundles.
 *
 * @param ids all devices of the fleet
 * @param percent share of them that may be cut off
 */
export function reachProblems(
  next: Trust,
  ids: readonly string[],
  reports: ReadonlyMap<string, BundleReport>,
  percent: number,
): Problem[] {
  const unreached = ids.filter((id) => !isReached(reports.get(id), next));
  if (unreached.length === 0 || unreached.length <= Math.floor((ids.length * percent) / 100)) return [];
  const other = unreached.filter((id) => reports.has(id));
  const silent = unreached.filter((id) => !reports.has(id));
  const needed = Math.ceil((unreached.length * 100) / ids.length);
  const who = [...named(other, 'reported another bundle'), ...named(silent, 'never reported one')].join(', ');
  return [
    {
      says: `this would cut off ${unreached.length} of ${ids.length} devices, whose bundles the step before has not reached: ${who}`,
      remedy:
        'hand out their bundles ("npm run provision") and see "npm run devices", or allow it for this once with ' +
        `maxUnreachedDevicesPercent: ${needed}`,
    },
  ];
}

function isReached(report: BundleReport | undefined, next: Trust): boolean {
  if (report === undefined) return false;
  const { clients } = next;
  const signers = signersOf(next);
  const says = (said: string, authority: string) => said === authority || said === shortFingerprint(authority);
  const trusts =
    signers.length === 0 || report.trusted?.some((each) => signers.some((signer) => says(each, signer))) === true;
  const { issuer } = report;
  const isAccepted = clients.length === 0 || (issuer !== null && clients.some((each) => says(issuer, each)));
  return trusts && isAccepted;
}

function named(ids: readonly string[], what: string): string[] {
  if (ids.length === 0) return [];
  return [`${ids.length} ${what} (${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''})`];
}
