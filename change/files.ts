/** Every file of a broker, once it is decided what becomes of it. */

import type { ClockMark } from '../certificates/clock';
import { areRevocationLists, type Issued, revocationDigest, revocationLists } from '../certificates/revocation';
import type { Delivery } from '../fleet/delivery';
import type { Device } from '../fleet/device';
import { deviceFiles } from '../fleet/files';
import { withRules } from '../mosquitto/acl';
import { type BrokerFiles, clientFileNames, fileNames } from '../mosquitto/files';
import { clientKinds } from '../mosquitto/listeners';
import { correctingWitness, revokedProbe } from '../mosquitto/witness';
import type { Decision } from './decide';
import { type IssueRecords, recordsIn, type TrustRecord, trustIn } from './records';
import { namesOf } from './wanted';

/**
 * Makes every file.
 *
 * @param devices those of the delivery; null where no listener is for devices
 * @param deployed every file that the broker reads now
 */
export async function filesOf(
  delivery: Delivery,
  devices: readonly Device[] | null,
  deployed: BrokerFiles,
  decision: Decision,
  clock: ClockMark | undefined,
): Promise<BrokerFiles> {
  const files = {
    ...delivery.files,
    ...filesOfDevices(delivery, devices, deployed),
    ...(await revocationFiles(delivery, deployed, decision)),
  };
  const acl = files[fileNames.acl];
  return {
    ...files,
    ...(acl !== undefined && { [fileNames.acl]: withRules(acl, correctingWitness(decision.leaving)) }),
    [fileNames.trust]: trustFile(delivery, files, clock),
  };
}

/** Without a listener for devices their record stays, for the day when there is one again. */
function filesOfDevices({ fleet }: Delivery, devices: readonly Device[] | null, deployed: BrokerFiles): BrokerFiles {
  const record = deployed[fileNames.fleet];
  if (fleet === null || devices === null) return record === undefined ? {} : { [fileNames.fleet]: record };
  return deviceFiles(fleet.roles, devices, fleet.rootSecret, recordsIn(deployed).fleet, fleet.isWatched);
}

/** A list of the revoked that would say the same stays as it is deployed. */
async function revocationFiles(
  { authorities }: Delivery,
  deployed: BrokerFiles,
  { issued }: Decision,
): Promise<BrokerFiles> {
  const records: IssueRecords = { ...recordsIn(deployed).issued };
  const files: BrokerFiles = {};
  for (const kind of clientKinds) {
    const [issuers, next] = [authorities[kind], issued[kind]];
    if (issuers === undefined || next === undefined) continue;
    const names = clientFileNames(kind);
    const revoked: Issued[] = [[...revokedProbe], ...next.revoked];
    const digest = revocationDigest(issuers, revoked);
    const list = records[kind]?.digest === digest ? deployed[names.revoked] : undefined;
    // Somebody may have put another one in its place.
    const isWhole = list !== undefined && (await areRevocationLists(list, issuers, kind, revoked));
    files[names.authorities] = issuers.map(({ certificate }) => certificate).join('');
    files[names.revoked] = isWhole ? list : await revocationLists(issuers, kind, revoked);
    records[kind] = { ...next, digest };
  }
  if (Object.keys(records).length > 0) files[fileNames.issued] = `${JSON.stringify(records)}\n`;
  return files;
}

function trustFile(delivery: Delivery, files: BrokerFiles, clock: ClockMark | undefined): string {
  const record: TrustRecord = {
    ...trustIn(files),
    names: namesOf(delivery),
    ...(clock !== undefined && { clock }),
  };
  return `${JSON.stringify(record)}\n`;
}
