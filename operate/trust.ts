/** Whether a change of certificate authorities leaves everybody connected, and what of it is remembered. */

import type Docker from 'dockerode';
import { type ClockMark, clockMove, clockProblems } from '../certificates/clock';
import {
  asksDevices,
  type BundleReport,
  reachProblems,
  type Trust,
  trustProblems,
  withNames,
} from '../certificates/trust';
import { trustIn } from '../change/trustRecord';
import type { Delivery } from '../fleet/delivery';
import type { Device } from '../fleet/device';
import { readable } from '../fleet/files';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { bridgeDial } from './bridge';
import { execute, inspect } from './docker';
import type { Deployed } from './rehearsal';
import { witnessOf } from './rehearsedAccess';
import { bundleReports } from './reports';

/** What is remembered on the volume. It holds no secret. */
export interface TrustRecord extends Trust {
  /** Fingerprint of each authority to the name that the stack gives it. */
  names?: Record<string, string>;
  clock?: ClockMark;
}

/** The kernel counts in hundredths. Source: proc(5), _SC_CLK_TCK. */
const ticksPerSecond = 100;

/**
 * The record to deploy.
 *
 * @throws Error where the clock is wrong, or where a change would cut devices off
 */
export async function trustOf(
  delivery: Delivery,
  files: BrokerFiles,
  devices: readonly Device[],
  deployed: Deployed,
  broker: Docker.Container,
): Promise<BrokerFiles> {
  const before = await deployedTrust(deployed);
  const next = trustIn(files);
  const clock = await clockMark(broker);
  const moved = clockMove(before?.clock, clock, Date.parse(clock?.run.split(' ')[1] ?? ''));
  const wrong = clockProblems(delivery.plan.terms, moved, Date.now());
  if (wrong.length > 0) throw new Error(`nothing was changed:\n${wrong.join('\n')}`);
  const names = { ...before?.names, ...namesOf(delivery) };
  const problems = trustProblems(before && withNames(before, names), withNames(next, names));
  if (problems.length === 0 && devices.length > 0 && asksDevices(before, next)) {
    const ids = devices.map(({ id }) => id);
    problems.push(...reachProblems(next, ids, await reported(broker, delivery), delivery.maxUnreachedDevicesPercent));
  }
  if (problems.length > 0) throw new Error(`the rollover is refused; nothing was changed:\n${problems.join('\n')}`);
  const record: TrustRecord = { ...next, names: namesOf(delivery), ...(clock !== undefined && { clock }) };
  return { [fileNames.trust]: `${JSON.stringify(record)}\n` };
}

function namesOf({ plan }: Delivery): Record<string, string> {
  return Object.fromEntries(Object.entries(plan.terms).map(([name, { fingerprint }]) => [fingerprint, name]));
}

/** Without a record that can be read, the one authority that bundles hold is also the one that signs. */
export async function deployedTrust(deployed: Deployed): Promise<TrustRecord | undefined> {
  const text = await deployed(fileNames.trust);
  const record = text === undefined ? undefined : readable<TrustRecord>(text);
  if (record !== undefined) return record;
  const authority = await deployed(fileNames.certificateAuthority);
  return authority === undefined ? undefined : trustIn({ [fileNames.certificateAuthority]: authority });
}

/** @throws Error where the broker cannot be asked */
async function reported(broker: Docker.Container, { plan }: Delivery): Promise<Map<string, BundleReport>> {
  try {
    return await bundleReports(bridgeDial(broker, plan), witnessOf(plan.users));
  } catch (error) {
    throw new Error(
      'the rollover is refused; nothing was changed:\nthe running broker knows which bundles devices have, and cannot be ' +
        `asked (${(error as Error).message}); start it, then run up again`,
    );
  }
}

/** How long the running broker has run; undefined where none runs, or it cannot be asked: that is no reason to fail. */
async function clockMark(broker: Docker.Container): Promise<ClockMark | undefined> {
  const info = await inspect(broker);
  if (info?.State.Running !== true) return undefined;
  const { output } = await execute(broker, ['cat', '/proc/uptime', '/proc/1/stat']).catch(() => ({ output: '' }));
  const [uptime = '', stat = ''] = output.split('\n');
  // The name of the program stands in brackets and may hold spaces; the start is the 20th word behind it.
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / ticksPerSecond;
  const ageSeconds = Number(uptime.split(' ')[0]) - started;
  if (!Number.isFinite(ageSeconds)) return undefined;
  return { run: `${info.Id} ${info.State.StartedAt}`, ageSeconds, time: Date.now() };
}
