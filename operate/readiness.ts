/** Waiting for a broker that has just been started, or saying why it will not come. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerHandle } from './broker';
import { type Dial, hangUp, Refusal } from './client';
import { inspect, lastLines, logs, settled, stateOf } from './docker';
import { cutOffReason } from './room';

const deadlineMilliseconds = 15_000;
const pauseMilliseconds = 30;
/** One that hangs up for longer than it takes to start has a reason. */
const startMilliseconds = 2_000;

/**
 * Waits until the broker lets the witness in, or refuses it by a word of its own.
 *
 * @throws Error with the broker's last log lines when its container has ended, and the cause when it stays silent or
 * hangs up on everybody
 */
export async function ready(broker: BrokerHandle, dial: Dial): Promise<void> {
  const deadline = Date.now() + deadlineMilliseconds;
  for (;;) {
    try {
      hangUp(await dial(broker.witness));
      return;
    } catch (error) {
      if (error instanceof Refusal && error.byBroker) return;
      await mustRun(broker);
      if (deadline - Date.now() < deadlineMilliseconds - startMilliseconds) await mustHaveMemory(broker);
      if (Date.now() > deadline) {
        throw new Error(`the broker in ${broker.name} does not answer: ${(error as Error).message}`);
      }
    }
    await sleep(pauseMilliseconds);
  }
}

/** @throws Error when the broker cuts everybody off for want of memory */
async function mustHaveMemory({ container, name }: BrokerHandle): Promise<void> {
  const reason = await cutOffReason(container);
  if (reason !== undefined) throw new Error(`the broker in ${name} lets nobody in: ${reason}`);
}

/** @throws Error with the last log lines when the container is away or has ended */
export async function mustRun({ container, name }: BrokerHandle): Promise<void> {
  for (let info = await inspect(container); ; ) {
    if (info === undefined) throw new Error(`there is no container ${name}; run "pulumi up"`);
    if (stateOf(info) !== 'restarting' && info.State.Running) return;
    const log = await logs(container);
    // The engine starts again what has ended: what was read meanwhile may be the first words of the next run.
    const now = await settled(container);
    if (now === undefined || now.State.StartedAt === info.State.StartedAt) {
      const { ExitCode } = info.State;
      throw new Error(`the broker in ${name} has ended with code ${ExitCode}; its last words:\n${lastLines(log)}`);
    }
    info = now;
  }
}
