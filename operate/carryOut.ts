/** What a delivery does while its rehearsal runs: it is proved there, and put in place where that holds. */

import type Docker from 'dockerode';
import { type Delivery, type DeliveryReport, summaryOf } from '../fleet/delivery';
import type { CheckResult, Steadiness } from '../mosquitto/result';
import { witnessUsername } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { proveArrivals, proveDepartures } from './checks/fleetChange';
import { settled, stateOf } from './docker';
import { evict } from './eviction';
import { proveHandshakes } from './handshake';
import { Observers } from './observers';
import { sayOffline } from './offlineStatus';
import type { Prepared } from './preparation';
import { finish, swap } from './rehearsal';
import { proveLiterals } from './rehearsedAccess';
import { lossReason } from './room';
import { mustHold } from './steadiness';
import { takeOver, takesFilesLive } from './takeOver';
import { comeBack } from './wayBack/files';

/**
 * Proves the files, and puts them in place.
 *
 * @param rehearsed a broker that runs on them, and may write the volume
 * @param broker the running one, if any
 * @throws Error with the reason and with what is in force then
 */
export async function carryOut(
  delivery: Delivery,
  rehearsed: BrokerHandle,
  broker: BrokerHandle,
  change: Prepared,
): Promise<DeliveryReport> {
  // Whoever looks on has far to come, and is there by the time that the files are proved.
  const watch = new Watch(broker, delivery, change);
  try {
    return await act(delivery, rehearsed, broker, change, watch);
  } finally {
    watch.close();
  }
}

async function act(
  delivery: Delivery,
  rehearsed: BrokerHandle,
  broker: BrokerHandle,
  change: Prepared,
  watch: Watch,
): Promise<DeliveryReport> {
  const checks = await prove(rehearsed, change);
  const put = await putInPlace(rehearsed.container, broker, delivery, change, watch);
  await finish(rehearsed.container);
  const { decision, devices, folder, proved } = change;
  return {
    time: new Date().toISOString(),
    folder,
    previous: proved?.folder ?? null,
    ...put,
    restart: put.action === 'placed' ? decision.restart : [],
    checks: [...checks, ...put.checks],
    fleet: devices === null || decision.fleet === null ? null : summaryOf(devices, decision.fleet),
  };
}

/** @throws Error with the first claim that does not hold; nothing is changed then */
async function prove(rehearsed: BrokerHandle, { fleet }: Prepared): Promise<CheckResult[]> {
  const proofs = [
    proveHandshakes(rehearsed),
    proveLiterals(rehearsed),
    ...(fleet === null ? [] : [proveArrivals(rehearsed, fleet), proveDepartures(rehearsed, 'rehearsal', fleet)]),
  ];
  const checks = (await Promise.all(proofs)).flat();
  // Whether a certificate is in time was decided before: only one that is deployed already may have run out.
  const failed = checks.find(({ ok, ofTime }) => !ok && ofTime !== true);
  if (failed === undefined) return checks;
  throw new Error(`the new files are refused; nothing was changed:\n${failed.check}: ${failed.detail}`);
}

type Put = Pick<DeliveryReport, 'action' | 'steadiness' | 'checks'>;

/** Swaps the files, and has the running broker take them over where no restart is needed. */
async function putInPlace(
  writer: Docker.Container,
  broker: BrokerHandle,
  delivery: Delivery,
  change: Prepared,
  watch: Watch,
): Promise<Put> {
  const info = await watch.info;
  if (takesFilesLive(info, delivery.restartDigest)) return takeLive(writer, broker, change, watch);
  if (info !== undefined && stateOf(info) === 'running') await mustKeep(broker);
  await swap(writer, change.folder, change.proved?.folder);
  return { action: 'placed', steadiness: null, checks: [] };
}

/** @throws Error where a restart would lose what the broker has acknowledged */
async function mustKeep({ container, name }: BrokerHandle): Promise<void> {
  const reason = await lossReason(container, name);
  if (reason !== undefined) {
    throw new Error(`this change restarts the broker and is refused; nothing was changed: ${reason}`);
  }
}

/** @throws Error with the reason and with what is in force then: the files from before, where some were proved */
async function takeLive(writer: Docker.Container, broker: BrokerHandle, change: Prepared, watch: Watch): Promise<Put> {
  const { decision, folder, proved, files, fleet } = change;
  try {
    const steadiness = await watch.during(() => takeOver(broker, () => swap(writer, folder, proved?.folder)));
    await evict(broker, decision.evicted);
    await sayOffline(broker, decision.leaving);
    const checks = fleet === null ? [] : await proveDepartures(broker, 'live', fleet);
    mustHold(steadiness, checks);
    return { action: 'reloaded', steadiness, checks };
  } catch (error) {
    const reason = `the running broker did not take the new files over as it should: ${(error as Error).message}`;
    if (proved === undefined || proved.folder === folder) {
      throw new Error(`${reason}\nthe new files stay in force, because no others are known to be good`);
    }
    throw new Error(`${reason}\n${await comeBack(broker, writer, proved, files)}`);
  }
}

/**
 * Observers of a broker that takes the files over without a restart. One that does not let them in is taken over unwatched,
 * because the new files may be what mends it; the first delivery of all is, too.
 */
class Watch {
  /** What the engine says of the broker's container; undefined where there is none. */
  readonly info: Promise<Docker.ContainerInspectInfo | undefined>;
  private readonly observers = new Observers();
  private readonly joined: Promise<boolean>;

  constructor({ container, plan }: BrokerHandle, { restartDigest }: Delivery, { staying }: Prepared) {
    this.info = settled(container);
    const isKnown = staying.some(({ username }) => username === witnessUsername);
    const joins = this.info.then((info) => isKnown && takesFilesLive(info, restartDigest));
    const join = async (isWatched: boolean) => {
      if (isWatched) await this.observers.open(plan, staying);
      return isWatched;
    };
    this.joined = joins.then(join).catch(() => false);
  }

  /** Does something while they look on; null where nobody does. */
  async during(work: () => Promise<void>): Promise<Steadiness | null> {
    const isWatched = await this.joined;
    await work();
    const steadiness = isWatched ? await this.observers.report() : null;
    this.close();
    return steadiness;
  }

  close(): void {
    this.observers.close();
  }
}
