/** Which certificates of clients the broker is to accept: authorities and lists of the revoked, for each kind of client. */

import {
  areRevocationLists,
  type Issued,
  type IssueRecord,
  newlyRevoked,
  nextRecord,
  recordProblems,
  revocationDigest,
  revocationLists,
} from '../certificates/revocation';
import type { Delivery } from '../fleet/delivery';
import type { Device } from '../fleet/device';
import { readable } from '../fleet/files';
import { type BrokerFiles, clientFileNames, fileNames } from '../mosquitto/files';
import { type ClientKind, clientKinds } from '../mosquitto/listeners';
import { revokedProbe } from '../mosquitto/witness';
import type { Deployed } from './rehearsal';

/** A record for each kind of client that has ever been asked for certificates. */
type IssueRecords = Partial<Record<ClientKind, IssueRecord>>;

export interface Revocation {
  files: BrokerFiles;
  evicted: Array<{ kind: ClientKind; names: string[] }>;
}

/** Makes them from who is there now and who was before. A list that would say the same stays as it is deployed. */
export async function revocationOf(
  { authorities, accounts }: Delivery,
  devices: readonly Device[],
  deployed: Deployed,
): Promise<Revocation> {
  const text = await deployed(fileNames.issued);
  const records = (text === undefined ? undefined : readable<IssueRecords>(text)) ?? {};
  const present: Record<ClientKind, readonly Issued[]> = {
    accounts,
    devices: devices.map(({ id, generation }): Issued => [id, generation]),
  };
  const files: BrokerFiles = {};
  const evicted: Revocation['evicted'] = [];
  for (const kind of clientKinds) {
    const issuers = authorities[kind];
    if (issuers === undefined) continue;
    const before = records[kind];
    const problems = recordProblems(before, present[kind], kind);
    if (problems.length > 0) throw new Error(`the new files are refused; nothing was changed:\n${problems.join('\n')}`);
    const next = nextRecord(before, present[kind]);
    const names = clientFileNames(kind);
    const revoked: Issued[] = [[...revokedProbe], ...next.revoked];
    const digest = revocationDigest(issuers, revoked);
    const list = before?.digest === digest ? await deployed(names.revoked) : undefined;
    const isWhole = list !== undefined && (await areRevocationLists(list, issuers, kind, revoked));
    files[names.authorities] = issuers.map(({ certificate }) => certificate).join('');
    files[names.revoked] = isWhole ? list : await revocationLists(issuers, kind, revoked);
    records[kind] = { ...next, digest };
    evicted.push({ kind, names: newlyRevoked(before, next) });
  }
  if (Object.keys(records).length > 0) files[fileNames.issued] = `${JSON.stringify(records)}\n`;
  return { files, evicted };
}
