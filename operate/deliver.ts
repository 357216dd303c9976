/**
 * Program: brings files to a broker, so that a bad file never reaches a running one.
 *
 * Standard input: a `Delivery` as JSON. Standard output: a `DeliveryReport` as JSON.
 * Exit 1 with the reason on standard error; the files from before are then in force again.
 */

import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { type Delivery, type DeliveryReport, summaryOf } from '../fleet/delivery';
import { restartDigestLabel } from '../mosquitto/reload';
import type { CheckResult, Steadiness } from '../mosquitto/result';
import { markerTopic, witnessUsername } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { access } from './checks/access';
import { dockerEngine, settled, stateOf } from './docker';
import { evict } from './eviction';
import { proveArrivals, proveDepartures } from './fleet';
import { type Freight, load } from './freight';
import { proveHandshakes } from './handshake';
import { Canaries } from './observers';
import { sayFarewell } from './offlineStatus';
import { run } from './program';
import { mustRun } from './readiness';
import { type Deployed, type Folder, finish, rehearse, swap } from './rehearsal';
import { proveLiterals, rehearsalFolders, witnessOf } from './rehearsedAccess';
import { reload } from './reload';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as Delivery)));

async function deliver(delivery: Delivery): Promise<DeliveryReport> {
  const docker = dockerEngine(delivery.plan.dockerHost);
  const broker = docker.getContainer(delivery.plan.container);
  let freight: Freight | undefined;
  const folders = async (deployed: Deployed): Promise<Folder[]> => {
    freight = await load(delivery, deployed, broker);
    return rehearsalFolders(freight.folder, freight.files);
  };
  return rehearse(docker, { image: delivery.image, volume: delivery.volume, folders }, async (rehearsed) => {
    if (freight === undefined) throw new Error('nothing was loaded');
    const checks = await prove(rehearsed, delivery, freight);
    const put = await putInPlace(rehearsed, broker, delivery, freight);
    mustBeQuiet(put);
    await finish(rehearsed);
    return {
      time: new Date().toISOString(),
      folder: freight.folder,
      ...put,
      restart: put.action === 'placed' ? freight.restart : [],
      checks: [...checks, ...put.checks],
      fleet: freight.fleet === null ? null : summaryOf(freight.fleet.devices, freight.fleet.change),
    };
  });
}

/**
 * The files stay, but a delivery that somebody noticed is not done: the next update tries again.
 *
 * @throws Error with what clients noticed of the reload, or with the first claim that does not hold
 */
function mustBeQuiet({ steadiness, checks }: Pick<DeliveryReport, 'steadiness' | 'checks'>): void {
  const failed = checks.find(({ ok }) => !ok);
  if (failed !== undefined) throw new Error(`the new files are in force, but ${failed.check}: ${failed.detail}`);
  if (steadiness === null) return;
  const { clients, disconnects, acknowledged, lost } = steadiness;
  if (disconnects === 0 && lost === 0) return;
  throw new Error(
    `the new files are in force, but ${disconnects} of ${clients} clients were disconnected meanwhile and ` +
      `${lost} of ${acknowledged} messages were lost; see the log of the broker, then run up again`,
  );
}

/** @throws Error with the first claim that does not hold; nothing is changed then */
async function prove(rehearsed: Docker.Container, delivery: Delivery, { fleet }: Freight): Promise<CheckResult[]> {
  const { plan, fleet: order } = delivery;
  const checks = [
    ...(await proveHandshakes(rehearsed, plan)),
    ...(await proveLiterals(rehearsed, plan)),
    ...(fleet === null || order === null ? [] : await proveArrivals(rehearsed, plan, order, fleet)),
    ...(fleet === null || order === null ? [] : await proveDepartures(rehearsed, 'rehearsal', plan, order, fleet)),
  ];
  const failed = checks.find(({ ok }) => !ok);
  if (failed === undefined) return checks;
  throw new Error(`the new files are refused; nothing was changed:\n${failed.check}: ${failed.detail}`);
}

/** Swaps the files, and has the running broker take them over where no restart is needed. */
async function putInPlace(
  rehearsed: Docker.Container,
  broker: Docker.Container,
  delivery: Delivery,
  freight: Freight,
): Promise<Pick<DeliveryReport, 'action' | 'steadiness' | 'checks'>> {
  if (!(await takesFilesLive(broker, delivery.restartDigest))) {
    await swap(rehearsed, freight.folder);
    return { action: 'placed', steadiness: null, checks: [] };
  }
  const takeFiles = () => swapLive(rehearsed, broker, delivery, freight.folder);
  const steadiness = await watched(delivery, freight, takeFiles);
  const { fleet } = freight;
  await evict(broker, delivery.plan, freight.evicted);
  await sayFarewell(bridgeDial(broker, delivery.plan), witnessOf(delivery.plan.users), freight.leaving);
  const departures =
    fleet === null || delivery.fleet === null
      ? []
      : await proveDepartures(broker, 'live', delivery.plan, delivery.fleet, fleet);
  return { action: 'reloaded', steadiness, checks: departures };
}

/**
 * Does something while canaries look on. A broker that does not let them in is taken over unwatched, because the new
 * files may be what mends it; the first delivery of all is, too.
 */
async function watched(
  delivery: Delivery,
  { staying }: Freight,
  work: () => Promise<void>,
): Promise<Steadiness | null> {
  const canaries = new Canaries();
  try {
    const isKnown = staying.some(({ username }) => username === witnessUsername);
    const isWatched = isKnown && (await canaries.open(delivery.plan, staying).then(...succeeded));
    await work();
    return isWatched ? await canaries.report() : null;
  } finally {
    canaries.close();
  }
}

const succeeded = [() => true, () => false] as const;

async function swapLive(
  rehearsed: Docker.Container,
  broker: Docker.Container,
  delivery: Delivery,
  folder: string,
): Promise<void> {
  const previous = await swap(rehearsed, folder);
  try {
    await takeOver(broker, delivery);
  } catch (error) {
    if (previous === undefined || previous === folder) throw error;
    await swap(rehearsed, previous);
    await takeOver(broker, delivery).catch(() => {});
    throw new Error(
      `the running broker did not take the new files; the files from before are back.\n${(error as Error).message}`,
    );
  }
}

/** Whether a broker runs that needs no restart for the new files. */
async function takesFilesLive(broker: Docker.Container, restartDigest: string): Promise<boolean> {
  const info = await settled(broker);
  // One that ends at each start cannot be asked whether the files are good, and takes them at its next start.
  const isThere = info !== undefined && ['running', 'paused'].includes(stateOf(info));
  return isThere && info.Config.Labels[restartDigestLabel] === restartDigest;
}

/** Signals the broker, and proves by a round trip that it lives and serves. */
async function takeOver(broker: Docker.Container, delivery: Delivery): Promise<void> {
  const log = await reload(broker, undefined, () => mustServe(broker, delivery));
  const complaint = log.split('\n').find((line) => /: Error/.test(line));
  if (complaint !== undefined) throw new Error(complaint);
}

async function mustServe(broker: Docker.Container, delivery: Delivery): Promise<void> {
  await mustRun(broker, delivery.plan.container);
  const dial = bridgeDial(broker, delivery.plan);
  const user = witnessOf(delivery.plan.users);
  const results = await access('reloaded broker', { user: dial, witness: dial }, user, user, [markerTopic]);
  const [refused] = results.filter(({ ok }) => !ok);
  if (refused !== undefined) throw new Error(`${refused.check}: ${refused.detail}`);
}
