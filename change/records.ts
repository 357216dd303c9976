/** What lies beside the broker's files for the next change to know. None of it holds a secret. */

import type { ClockMark } from '../certificates/clock';
import { fingerprintOf } from '../certificates/facts';
import { rootsOf } from '../certificates/paths';
import { certificatesOf } from '../certificates/pem';
import type { Issued, IssueRecord } from '../certificates/revocation';
import type { Trust } from '../certificates/trust';
import type { FleetRecord } from '../fleet/change';
import { type BrokerFiles, clientFileNames, fileNames, keyTypes, serverFileNames } from '../mosquitto/files';
import type { ClientKind } from '../mosquitto/listeners';

/** Whom devices and broker trust, by fingerprints. */
export interface TrustRecord extends Trust {
  /** Fingerprint of each authority to the name that the stack gives it. */
  names?: Record<string, string>;
  clock?: ClockMark;
}

/** A record for each kind of client that has ever been asked for certificates. */
export type IssueRecords = Partial<Record<ClientKind, IssueRecord>>;

export interface Records {
  fleet: FleetRecord | undefined;
  trust: TrustRecord | undefined;
  /** What the certificates themselves say of it; undefined without any. */
  trustOfFiles: Trust | undefined;
  issued: IssueRecords;
}

/** Reads the records among the files; one that is not there, or that somebody has damaged, tells nothing. */
export function recordsIn(files: BrokerFiles): Records {
  const [trust, issued] = [fileNames.trust, fileNames.issued].map((name) => parsed(files[name]));
  return {
    fleet: fleetRecordOf(files[fileNames.fleet]),
    trust: isTrustRecord(trust) ? trust : trustBeforeRecords(files),
    trustOfFiles: files[fileNames.certificateAuthority] === undefined ? undefined : trustIn(files),
    issued: isObject(issued)
      ? Object.fromEntries(Object.entries(issued).filter(([, each]) => isIssueRecord(each)))
      : {},
  };
}

/** The one that was read last: it has a line for each device, and whoever decides reads it again and again. */
let last: { text: string | undefined; record: FleetRecord | undefined } = { text: undefined, record: undefined };

function fleetRecordOf(text: string | undefined): FleetRecord | undefined {
  if (text !== last.text) {
    const record = parsed(text);
    last = { text, record: isFleetRecord(record) ? record : undefined };
  }
  return last.record;
}

/** Whom devices and broker trust by these files. Where no root is found to have signed, it is the first one. */
export function trustIn(files: BrokerFiles): Trust {
  const trusted = fingerprints(files[fileNames.certificateAuthority]);
  const [signer = trusted[0] ?? null, ...furtherSigners] = signersIn(files);
  return {
    signer,
    ...(furtherSigners.length > 0 && { furtherSigners }),
    trusted,
    clients: fingerprints(files[clientFileNames('devices').authorities]),
  };
}

/** Roots that the server's certificate leads to, of those that bundles hold. */
function signersIn(files: BrokerFiles): string[] {
  const roots = certificatesOf(files[fileNames.certificateAuthority] ?? '');
  // Of one there is nothing to be found out.
  if (roots.length < 2) return [];
  const shown = keyTypes.flatMap((type) => files[serverFileNames(type).certificate] ?? []);
  try {
    return [...new Set(shown.flatMap((pem) => rootsOf(certificatesOf(pem), roots)))];
  } catch {
    return [];
  }
}

/** Fingerprints of every certificate that clients are shown, or trust. */
export function certificatesIn(files: BrokerFiles): Set<string> {
  const names = [fileNames.certificateAuthority, ...keyTypes.map((type) => serverFileNames(type).certificate)];
  return new Set(names.flatMap((name) => fingerprints(files[name])));
}

/** Before there was a record, the one authority that bundles held was also the one that signed. */
function trustBeforeRecords(files: BrokerFiles): Trust | undefined {
  return files[fileNames.certificateAuthority] === undefined ? undefined : { ...trustIn(files), clients: [] };
}

function fingerprints(pem = ''): string[] {
  try {
    return certificatesOf(pem).map(fingerprintOf);
  } catch {
    return [];
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFleetRecord(value: unknown): value is FleetRecord {
  if (!isObject(value)) return false;
  const { secretId, devices, revoked } = value;
  const isDevice = (each: unknown) => isIssued(each) && isText((each as unknown[])[2]);
  return isText(secretId) && isListOf(devices, isDevice) && isListOf(revoked, isIssued);
}

function isTrustRecord(value: unknown): value is TrustRecord {
  if (!isObject(value)) return false;
  const { signer, furtherSigners, trusted, clients, names, clock } = value;
  return (
    (signer === null || isText(signer)) &&
    (furtherSigners === undefined || isListOf(furtherSigners, isText)) &&
    isListOf(trusted, isText) &&
    isListOf(clients, isText) &&
    (names === undefined || (isObject(names) && Object.values(names).every(isText))) &&
    (clock === undefined || isClockMark(clock))
  );
}

function isIssueRecord(value: unknown): value is IssueRecord {
  if (!isObject(value)) return false;
  const { present, revoked, past, digest } = value;
  return isText(digest) && [present, revoked, past].every((list) => isListOf(list, isIssued));
}

function isClockMark(value: unknown): value is ClockMark {
  return isObject(value) && isText(value.run) && Number.isFinite(value.ageSeconds) && Number.isFinite(value.time);
}

function isIssued(value: unknown): value is Issued {
  return Array.isArray(value) && isText(value[0]) && Number.isSafeInteger(value[1]);
}

function isListOf(value: unknown, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
