/**
 * Program: brings files to a broker, so that a bad file never reaches a running one.
 *
 * Standard input: a `Delivery` as JSON. Standard output: a `DeliveryReport` as JSON.
 * Exit 1 with the reason on standard error; the files from before are then in force again.
 */

import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { type Delivery, type DeliveryReport, restartDigestLabel } from '../mosquitto/delivery';
import type { BrokerFiles } from '../mosquitto/files';
import { fileProblems } from '../mosquitto/validation';
import { markerTopic } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { access } from './checks/access';
import { dockerEngine, inspect } from './docker';
import { proveLiterals, rehearsalOf, witnessOf } from './literals';
import { run } from './program';
import { mustRun } from './readiness';
import { rehearse, swap } from './rehearsal';
import { reload } from './reload';

run(async () => JSON.stringify(await deliver(JSON.parse(await text(process.stdin)) as Delivery)));

async function deliver(delivery: Delivery): Promise<DeliveryReport> {
  const problems = fileProblems(delivery.files);
  if (problems.length > 0) throw new Error(`the new files are refused; nothing was changed:\n${problems.join('\n')}`);
  const docker = dockerEngine(delivery.plan.dockerHost);
  const broker = docker.getContainer(delivery.plan.container);
  const folder = digest(delivery.files);
  return rehearse(docker, rehearsalOf(delivery, folder, delivery.volume), async (rehearsed) => {
    const rehearsal = await proveLiterals(rehearsed, delivery.plan);
    const failed = rehearsal.find(({ ok }) => !ok);
    if (failed !== undefined) {
      throw new Error(`the new files are refused; nothing was changed:\n${failed.check}: ${failed.detail}`);
    }
    return { action: await putInPlace(rehearsed, broker, delivery, folder), rehearsal };
  });
}

/** Swaps the files, and has the running broker take them over where no restart is needed. */
async function putInPlace(
  rehearsed: Docker.Container,
  broker: Docker.Container,
  delivery: Delivery,
  folder: string,
): Promise<DeliveryReport['action']> {
  const live = await takesFilesLive(broker, delivery.restartDigest);
  const previous = await swap(rehearsed, folder);
  if (!live) return 'placed';
  try {
    await takeOver(broker, delivery);
    return 'reloaded';
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
  const info = await inspect(broker);
  return info?.State.Running === true && info.Config.Labels[restartDigestLabel] === restartDigest;
}

/** Signals the broker, and proves by a round trip that it lives and serves. */
async function takeOver(broker: Docker.Container, delivery: Delivery): Promise<void> {
  const log = await reload(broker);
  const complaint = log.split('\n').find((line) => /: Error/.test(line));
  if (complaint !== undefined) throw new Error(complaint);
  await mustRun(broker, delivery.plan.container);
  const dial = bridgeDial(broker, delivery.plan);
  const user = witnessOf(delivery.plan.users);
  const [refused] = (await access('reloaded broker', dial, user, user, [markerTopic])).filter(({ ok }) => !ok);
  if (refused !== undefined) throw new Error(`${refused.check}: ${refused.detail}`);
}

/** Names a set of files by its content. */
function digest(files: BrokerFiles): string {
  const entries = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}
