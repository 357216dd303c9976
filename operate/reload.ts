/** Making a running broker read its files again, and noticing how that went. */

import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { execute, logs } from './docker';

const deadlineMilliseconds = 10_000;
const pauseMilliseconds = 20;

/**
 * Sends SIGHUP and waits until the broker has noticed it.
 *
 * The signal comes from inside the container: `docker kill -s HUP` would switch the restart policy off.
 *
 * @param signal the command that sends the signal
 * @returns what the broker logged since
 * @throws Error when the broker has ended, or does not react
 */
export async function reload(container: Docker.Container, signal = ['kill', '-HUP', '1']): Promise<string> {
  const before = await logs(container);
  const { code, output } = await execute(container, signal);
  if (code !== 0) throw new Error(`the broker cannot be signalled: ${output.trim()}`);
  const deadline = Date.now() + deadlineMilliseconds;
  for (;;) {
    const since = (await logs(container)).slice(before.length);
    if (/Reloading config/.test(since)) return since;
    if (Date.now() > deadline) throw new Error('the broker does not react to SIGHUP');
    await sleep(pauseMilliseconds);
  }
}
