/** What a delivery changes: what is deployed is looked at, it is decided, and the files are made. */

import { asksReports, type Decision, decide, type Observed } from '../change/decide';
import { filesOf } from '../change/files';
import { recordsIn } from '../change/records';
import { knownOr, unknown } from '../change/unknown';
import { wantedBy } from '../change/wanted';
import type { Delivery } from '../fleet/delivery';
import type { Device } from '../fleet/device';
import { type BrokerFiles, folderName } from '../mosquitto/files';
import { problemWords } from '../mosquitto/problem';
import type { User } from '../mosquitto/render';
import { fileProblems } from '../mosquitto/validation';
import type { BrokerHandle } from './broker';
import type { ChangedFleet } from './checks/fleetChange';
import { devicesOf } from './fleetList';
import { bundleReports } from './reports';
import type { Seen } from './view';
import { type ProvedFiles, provedFiles } from './wayBack/files';

export interface Prepared {
  decision: Decision;
  /** Null where no listener is for devices. */
  devices: Device[] | null;
  fleet: ChangedFleet | null;
  /** Every file, those of the devices included. */
  files: BrokerFiles;
  /** Name of the folder that the files go to. */
  folder: string;
  /** What can be gone back to; undefined where nothing can. */
  proved: ProvedFiles | undefined;
  /** Users whose password is the one from before. */
  staying: User[];
}

/**
 * Decides, and makes every file.
 *
 * @param seen what is deployed
 * @param broker the running one, if any: it knows what devices have reported
 * @param looked is called once the volume has been looked at
 * @param areFilesOurs whether the deployed files are of this stack; those of another one tell nothing of it
 * @throws Error with everything that is wrong; nothing is changed then
 */
export async function prepare(
  delivery: Delivery,
  seen: Seen,
  broker: BrokerHandle,
  looked: () => Promise<void>,
  areFilesOurs = true,
): Promise<Prepared> {
  const devices = delivery.fleet === null ? null : devicesOf(delivery.fleet);
  const [deployed, clock] = await Promise.all([seen.deployed, seen.clock]);
  await looked();
  const known = areFilesOurs ? deployed.files : {};
  const wanted = wantedBy(delivery, devices);
  const reports = asksReports(known, wanted) ? await reportsOf(broker) : new Map();
  const decision = decide(known, wanted, { reports, clock, now: Date.now() });
  refuse(decision.problems.map(problemWords));
  const files = await filesOf(delivery, devices, known, decision, clock);
  refuse(fileProblems(files));
  const { plan, fleet: order } = delivery;
  const staying = knownOr(decision.staying, []);
  return {
    decision,
    devices,
    fleet:
      order === null || devices === null || decision.fleet === null
        ? null
        : { order, devices, before: recordsIn(known).fleet, change: decision.fleet },
    files,
    folder: folderName(files),
    proved: await provedFiles(seen.container, seen.place, deployed),
    staying: [
      ...plan.users.filter(({ username }) => staying.includes(username)),
      ...(decision.secretStays === true ? plan.devices : []),
    ],
  };
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`this change is refused; nothing was changed:\n${problems.join('\n')}`);
}

/** Unknown where the broker cannot be asked. */
export async function reportsOf(broker: BrokerHandle): Promise<Observed['reports']> {
  return bundleReports(broker).catch(() => unknown);
}
