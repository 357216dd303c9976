/** Waiting for a broker that has just been started, or saying why it will not come. */

import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Dial, hangUp, type Login, Refusal } from './client';
import { inspect, lastLines, logs } from './docker';

const deadlineMilliseconds = 15_000;
const pauseMilliseconds = 30;

/**
 * Waits until the broker lets a user in.
 *
 * @throws Error with the broker's last log lines when its container has ended, and the cause when it stays silent
 */
export async function ready(container: Docker.Container, name: string, dial: Dial, login: Login): Promise<void> {
  const deadline = Date.now() + deadlineMilliseconds;
  for (;;) {
    try {
      hangUp(await dial(login));
      return;
    } catch (error) {
      if (error instanceof Refusal && error.byBroker) return;
      await mustRun(container, name);
      if (Date.now() > deadline) throw new Error(`the broker in ${name} does not answer: ${(error as Error).message}`);
    }
    await sleep(pauseMilliseconds);
  }
}

/** @throws Error with the last log lines when the container is away or has ended */
export async function mustRun(container: Docker.Container, name: string): Promise<void> {
  const state = (await inspect(container))?.State;
  if (state === undefined) throw new Error(`there is no container ${name}; run "pulumi up"`);
  if (state.Running && !state.Restarting) return;
  throw new Error(
    `the broker in ${name} has ended with code ${state.ExitCode}; its last words:\n${lastLines(await logs(container))}`,
  );
}
