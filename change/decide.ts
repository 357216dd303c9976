/**
 * The one decision: what becomes of a broker when what is wanted meets what is deployed. A preview says it, an update
 * says it and acts on it, a delivery acts on it.
 */

import { type ClockMark, clockMove, clockProblems } from '../certificates/clock';
import { type IssueRecord, newlyRevoked, nextRecord, recordProblems } from '../certificates/revocation';
import { timeProblems } from '../certificates/timely';
import {
  asksDevices,
  type BundleReport,
  type NameOf,
  namedBy,
  reachProblems,
  signersOf,
  type Trust,
  trustChanges,
  trustProblems,
} from '../certificates/trust';
import { changeProblems, type FleetChange, fleetChange } from '../fleet/change';
import type { Device } from '../fleet/device';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { type ClientKind, clientKinds } from '../mosquitto/listeners';
import type { Problem } from '../mosquitto/problem';
import { restartChanges } from '../mosquitto/reload';
import { witnessUsername } from '../mosquitto/witness';
import { certificatesIn, type Records, recordsIn } from './records';
import { stayingAccounts } from './staying';
import { isKnown, type Known, knownOr, unknown } from './unknown';
import type { NamedAuthority, Wanted } from './wanted';

/** What is known of the broker beside its files. */
export interface Observed {
  /** What devices have said of their bundles; unknown where the broker cannot be asked. */
  reports: Known<ReadonlyMap<string, BundleReport>>;
  /** How long the broker has run; undefined where none runs. */
  clock: ClockMark | undefined;
  /** Milliseconds. */
  now: number;
}

export interface Decision {
  /** What forbids it; then nothing of the rest is to be done. */
  problems: Problem[];
  /** Whether nothing is deployed yet, so that there is nothing to change. */
  isFirst: boolean;
  /** What becomes of devices; null where no listener is for them. */
  fleet: FleetChange | null;
  /** Devices whose connections end with their old passwords. */
  leaving: string[];
  /** Who could have a certificate then. */
  issued: Partial<Record<ClientKind, Omit<IssueRecord, 'digest'>>>;
  /** Clients whose certificates become invalid, which a broker that looks at nothing else goes on serving. */
  evicted: Array<{ kind: ClientKind; names: string[] }>;
  /** What becomes of certificate authorities, in words. */
  authorities: string[];
  /** Lines that only a restart applies, as they change. */
  restart: string[];
  /** Accounts whose password stays the same, so that they stay connected; unknown as long as the passwords are. */
  staying: Known<string[]>;
  /** Whether the passwords of devices come from the same root secret as before. */
  secretStays: Known<boolean>;
}

/**
 * Decides.
 *
 * @param deployed every file that the broker reads; none where nothing is deployed
 */
export function decide(deployed: BrokerFiles, wanted: Wanted, { reports, clock, now }: Observed): Decision {
  const before = recordsIn(deployed);
  const configuration = deployed[fileNames.configuration];
  // That a root secret stays which nobody has read yet is what happens nearly always, and the delivery looks again.
  const secretId = knownOr(wanted.secretId, before.fleet?.secretId ?? '');
  const fleet = wanted.devices === null ? null : fleetChange(before.fleet, wanted.devices, secretId);
  const issued = issuedRecords(before, wanted);
  const trust = trustOf(before, wanted);
  return {
    problems: [
      ...(wanted.devices === null || fleet === null
        ? []
        : changeProblems(before.fleet, wanted.devices, secretId, wanted.maxRevokedDevicesPercent, fleet)),
      ...wanted.certified.flatMap((kind) => recordProblems(before.issued[kind], presentOf(kind, wanted), kind)),
      ...(isKnown(wanted.terms) ? clockProblems(wanted.terms, clockMoved(before, clock), now) : []),
      ...untimely(deployed, wanted, now),
      ...rolloverProblems(trust, wanted, reports),
    ],
    isFirst: configuration === undefined,
    fleet,
    leaving: fleet === null ? [] : [...fleet.revoked, ...fleet.rotated],
    issued,
    evicted: clientKinds.flatMap((kind) => {
      const next = issued[kind];
      return next === undefined ? [] : [{ kind, names: newlyRevoked(before.issued[kind], next) }];
    }),
    authorities: trustChanges(trust.before, trust.next, trust.name),
    restart: configuration === undefined ? [] : restartChanges(configuration, wanted.configuration),
    staying: isKnown(wanted.credentials) ? stayingAccounts(deployed, wanted.credentials) : unknown,
    secretStays: isKnown(wanted.secretId) ? before.fleet?.secretId === wanted.secretId : unknown,
  };
}

/** What of the certificates from elsewhere cannot be delivered at this time, because it is not deployed already. */
export function untimely(deployed: BrokerFiles, { given }: Pick<Wanted, 'given'>, now: number): Problem[] {
  return given.length === 0 ? [] : timeProblems(given, certificatesIn(deployed), now);
}

/** Whether a decision depends on what devices have said of their bundles. */
export function asksReports(deployed: BrokerFiles, wanted: Wanted): boolean {
  const { before, next, name } = trustOf(recordsIn(deployed), wanted);
  return (
    (wanted.devices ?? []).length > 0 && trustProblems(before, next, name).length === 0 && asksDevices(before, next)
  );
}

/** What is deployed and what is wanted, by the same words: fingerprints, or names of authorities that are not made yet. */
interface TrustStep {
  before: Trust | undefined;
  next: Trust;
  name: NameOf;
}

/**
 * Where somebody has changed the record or the certificates beside it, the one that says what is wanted is believed: then
 * nothing changes but what somebody else has changed.
 */
function trustOf({ trust: record, trustOfFiles }: Records, { trust }: Wanted): TrustStep {
  const fingerprints = new Map(Object.entries(record?.names ?? {}).map(([fingerprint, name]) => [name, fingerprint]));
  const idOf = ({ name = '', fingerprint }: NamedAuthority): string =>
    isKnown(fingerprint) ? fingerprint : (fingerprints.get(name) ?? name);
  const { signer, furtherSigners, trusted, clients } = trust;
  const all = [...(signer === null ? [] : [signer]), ...furtherSigners, ...trusted, ...clients];
  const names = all.flatMap((authority) => (authority.name === undefined ? [] : [[idOf(authority), authority.name]]));
  // What is deployed without names cannot be compared with what has no fingerprint yet: the delivery does it.
  const isComparable =
    fingerprints.size > 0 || record?.trusted.length === 0 || all.every(({ fingerprint }) => isKnown(fingerprint));
  const next: Trust = {
    signer: signer === null ? null : idOf(signer),
    ...(furtherSigners.length > 0 && { furtherSigners: furtherSigners.map(idOf) }),
    trusted: trusted.map(idOf),
    clients: clients.map(idOf),
  };
  const before = [record, trustOfFiles].find((each) => each !== undefined && areSame(each, next)) ?? record;
  return {
    before: isComparable ? before : undefined,
    next,
    name: namedBy({ ...record?.names, ...Object.fromEntries(names) }),
  };
}

function areSame(a: Trust, b: Trust): boolean {
  const sorted = (trust: Trust) =>
    JSON.stringify([signersOf(trust), trust.trusted, trust.clients].map((all) => [...all].sort()));
  return sorted(a) === sorted(b);
}

function rolloverProblems({ before, next, name }: TrustStep, wanted: Wanted, reports: Observed['reports']): Problem[] {
  const problems = trustProblems(before, next, name);
  const ids = (wanted.devices ?? []).map(({ id }) => id);
  if (problems.length > 0 || ids.length === 0 || !asksDevices(before, next)) return problems;
  if (isKnown(reports)) return reachProblems(next, ids, reports, wanted.maxUnreachedDevicesPercent);
  return [
    {
      says: 'the running broker knows which bundles devices have, and cannot be asked',
      remedy: 'start it, then run up again',
    },
  ];
}

export function clockMoved({ trust }: Records, clock: ClockMark | undefined): number | undefined {
  return clockMove(trust?.clock, clock, Date.parse(clock?.run.split(' ')[1] ?? ''));
}

function issuedRecords({ issued }: Records, wanted: Wanted): Decision['issued'] {
  return Object.fromEntries(wanted.certified.map((kind) => [kind, nextRecord(issued[kind], presentOf(kind, wanted))]));
}

function presentOf(kind: ClientKind, { accounts, devices }: Wanted): Array<[string, number]> {
  // The account of verification is always there, and stands in no stack file.
  if (kind === 'accounts') return [...new Map([[witnessUsername, 1], ...accounts])];
  return (devices ?? []).map(({ id, generation }: Device) => [id, generation]);
}
