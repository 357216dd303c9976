/** What a look at the broker says of a change; the same decision that an update acts upon. */

import { networkWords } from '../../change/container';
import { asksReports, decide } from '../../change/decide';
import { recordsIn } from '../../change/records';
import type { BrokerFiles } from '../../mosquitto/files';
import { BrokerHandle } from '../../operate/broker';
import { reportsOf } from '../../operate/preparation';
import type { Review } from '../../review/form';
import { withDevices } from '../../review/record';
import { reviewOf } from '../../review/review';
import type { NamedDevice, Side } from '../../review/side';
import { sideOf } from '../../settings/side';
import { wantedOf } from '../../settings/wanted';
import { deployedOf } from './deployedContainer';
import { reachOfDeployed } from './deployedFirewall';
import type { Readiness } from './readiness';
import { recordedIn } from './reviewed';
import { deployedOutputs, type Stack } from './stack';

/** Why everybody is disconnected by an update that itself changes nothing. */
const mendedWords = 'what takes back the changes of others';

export async function reviewByLook(
  stack: Stack,
  readiness: Readiness,
  refused: readonly string[] = [],
): Promise<Review> {
  const { settings, name } = stack;
  const { files, options, resources, drift } = readiness;
  const { record, terms } = recordedIn(resources);
  const after = sideOf(settings);
  const isDeployed = Object.keys(files).length > 0;
  const wanted = wantedOf(settings);
  const reports = asksReports(files, wanted)
    ? await reportsOf(BrokerHandle.running((await deployedOutputs(stack)).delivery.plan))
    : new Map();
  const now = Date.now();
  return reviewOf({
    stack: name,
    against: { source: isDeployed ? 'state' : 'nothing', base: null, isBaseDeployed: null },
    before: isDeployed
      ? record
        ? withDevices(record, [settings.devices, devicesIn(files)])
        : unrecorded(after, files)
      : undefined,
    deviceCount: record?.fleet.count,
    after,
    reachBefore: reachOfDeployed(resources),
    decision: decide(files, wanted, { reports, clock: undefined, now }),
    options: drift.away ? { ...options, restart: [...options.restart, mendedWords] } : options,
    terms,
    now,
    refused,
    drift: drift.words,
    engine: 'the broker itself was looked at',
    unknown: networkWords(deployedOf(resources).container, options.restart.length > 0),
    review: settings.review,
  });
}

/** An earlier version of this program has recorded nothing, and only its files tell: which devices, and no settings. */
function unrecorded(after: Side, files: BrokerFiles): Side {
  return { ...after, devices: devicesIn(files) };
}

function devicesIn(files: BrokerFiles): NamedDevice[] {
  const devices = recordsIn(files).fleet?.devices ?? [];
  return devices.map(([id, generation, role]) => ({ id, generation, role }));
}
