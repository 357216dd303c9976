/**
 * Certificates of clients that are no longer valid.
 *
 * No certificate is kept; what is kept is which generation of which client could have one. All certificates of one
 * generation have the same serial number, so a list can name them.
 */

import { createHash } from 'node:crypto';
import type { Problem } from '../mosquitto/problem';
import { type Authority, serialOf, signingKey } from './client';
import { fingerprintOf } from './facts';
import { x509 } from './library';
import { pemBlocks } from './pem';

/** Name of a client and a generation of it. */
export type Issued = [name: string, generation: number];

/** Who could have a certificate; it holds no secret. */
export interface IssueRecord {
  present: Issued[];
  /** Whose certificates are not accepted. */
  revoked: Issued[];
  /** Everybody who has ever left, also where somebody of the name is there again: certificates last for years. */
  past: Issued[];
  /** Names what the deployed list of revoked certificates was made from. */
  digest: string;
}

/** The record to deploy with the clients of a stack. A generation that was prepared for a client counts, too. */
export function nextRecord(before: IssueRecord | undefined, present: readonly Issued[]): Omit<IssueRecord, 'digest'> {
  const now = new Set(present.map(keyOf));
  const gone = (before?.present ?? []).filter((issued) => !now.has(keyOf(issued)));
  const prepared = gone.map(([name, generation]): Issued => [name, generation + 1]);
  const all = new Map([...(before?.past ?? []), ...gone, ...prepared].map((issued) => [keyOf(issued), issued]));
  const past = [...all.values()].sort(byName);
  const generations = new Map(present);
  return {
    present: [...present].sort(byName),
    // The next generation of a client that is still there is one that may be handed out ahead.
    revoked: past.filter(([name, generation]) => generation < (generations.get(name) ?? Number.POSITIVE_INFINITY)),
    past,
  };
}

/**
 * What forbids a change of clients: a certificate that was revoked must not be accepted again.
 *
 * @param kind of the clients, as the configuration names them
 */
export function recordProblems(before: IssueRecord | undefined, present: readonly Issued[], kind: string): Problem[] {
  const last = new Map<string, number>();
  for (const [name, generation] of [...(before?.past ?? []), ...(before?.present ?? [])]) {
    last.set(name, Math.max(generation, last.get(name) ?? 0));
  }
  const now = new Map(before?.present ?? []);
  return present.flatMap(([name, generation]) => {
    const deployed = now.get(name);
    // Of a name that has left, the generation after its last one may have been handed out ahead; it is the least.
    const least = deployed ?? last.get(name) ?? 0;
    if (generation >= least) return [];
    return [
      {
        path: `${kind}: ${name}`,
        says: `generation ${generation} is behind ${least}, and its certificates must not come back`,
        remedy: `write ${least} or more`,
      },
    ];
  });
}

/** Names whose certificates become invalid. */
export function newlyRevoked(before: IssueRecord | undefined, next: Pick<IssueRecord, 'revoked'>): string[] {
  const known = new Set((before?.revoked ?? []).map(keyOf));
  return [...new Set(next.revoked.filter((issued) => !known.has(keyOf(issued))).map(([name]) => name))];
}

/** Names what a list of revoked certificates is made from. */
export function revocationDigest(authorities: readonly Authority[], revoked: readonly Issued[]): string {
  const issuers = authorities.map(({ certificate }) => fingerprintOf(certificate));
  return createHash('sha256')
    .update(JSON.stringify([issuers, revoked]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * A list of revoked certificates of each authority, PEM, one after the other: with a list for one of them, the broker
 * refuses every client whose authority has none. They last as long as their authorities, because a list that has run
 * out would refuse everybody.
 *
 * @param kind of the clients
 */
export async function revocationLists(
  authorities: readonly Authority[],
  kind: string,
  revoked: readonly Issued[],
): Promise<string> {
  const serials = revoked.map(([name, generation]) => serialOf(kind, name, generation));
  const lists = await Promise.all(authorities.map((authority) => revocationList(authority, serials)));
  return lists.join('');
}

/** Whether a text holds these lists, by the authorities' own hands: somebody may have written to it. */
export async function areRevocationLists(
  text: string,
  authorities: readonly Authority[],
  kind: string,
  revoked: readonly Issued[],
): Promise<boolean> {
  const library = x509();
  const serials = revoked.map(([name, generation]) => serialOf(kind, name, generation)).sort();
  const lists = pemBlocks(text);
  if (lists.length !== authorities.length) return false;
  const same = await Promise.all(
    lists.map(async (list, index) => {
      try {
        const crl = new library.X509Crl(list.text);
        const named = crl.entries.map(({ serialNumber }) => serialNumber).sort();
        const issuer = new library.X509Certificate(authorities[index]?.certificate ?? '');
        return named.join() === serials.join() && (await crl.verify({ publicKey: issuer }));
      } catch {
        return false;
      }
    }),
  );
  return same.every(Boolean);
}

async function revocationList({ certificate, privateKey }: Authority, serials: readonly string[]): Promise<string> {
  const library = x509();
  const issuer = new library.X509Certificate(certificate);
  const { key, algorithm } = await signingKey(privateKey);
  const now = new Date();
  const list = await library.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    // Not before its authority, whose certificate may be seconds old.
    thisUpdate: now,
    nextUpdate: issuer.notAfter,
    signingAlgorithm: algorithm as EcdsaParams,
    signingKey: key,
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: now })),
    extensions: [await library.AuthorityKeyIdentifierExtension.create(issuer)],
  });
  return `${library.PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

function keyOf([name, generation]: Issued): string {
  return `${name}\n${generation}`;
}

function byName(a: Issued, b: Issued): number {
  return a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1;
}
