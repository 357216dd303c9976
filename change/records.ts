/** What lies beside the broker's files for the next change to know. None of it holds a secret. */

import type { ClockMark } from '../certificates/clock';
import { fingerprintOf } from '../certificates/facts';
import { certificatesOf } from '../certificates/pem';
import type { IssueRecord } from '../certificates/revocation';
import type { Trust } from '../certificates/trust';
import type { FleetRecord } from '../fleet/change';
import { type BrokerFiles, clientFileNames, fileNames } from '../mosquitto/files';
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
  issued: IssueRecords;
}

/** Reads the records among the files; one that is not there, or that somebody has damaged, tells nothing. */
export function recordsIn(files: BrokerFiles): Records {
  return {
    fleet: parsed<FleetRecord>(files[fileNames.fleet], ({ devices, revoked }) => areLists(devices, revoked)),
    trust:
      parsed<TrustRecord>(files[fileNames.trust], ({ trusted, clients }) => areLists(trusted, clients)) ??
      trustBeforeRecords(files),
    issued:
      parsed<IssueRecords>(files[fileNames.issued], (records) =>
        Object.values(records).every(({ present, revoked, past }) => areLists(present, revoked, past)),
      ) ?? {},
  };
}

/** Whom devices and broker trust by these files. The first authority is that of the signer. */
export function trustIn(files: BrokerFiles): Trust {
  const trusted = fingerprints(files[fileNames.certificateAuthority]);
  return { signer: trusted[0] ?? null, trusted, clients: fingerprints(files[clientFileNames('devices').authorities]) };
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

function areLists(...values: unknown[]): boolean {
  return values.every(Array.isArray);
}

function parsed<T>(text: string | undefined, isOne: (value: T) => boolean): T | undefined {
  try {
    const value = text === undefined ? undefined : (JSON.parse(text) as T);
    return value !== undefined && isOne(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
