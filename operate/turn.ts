/** One at a time on a machine, whoever asks. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const pauseMilliseconds = 50;

/**
 * Does something when nobody else on this machine does anything of the name. The turn is a socket in Linux's abstract
 * namespace: it leaves no file, and the kernel takes it away from whoever has ended. Source: unix(7).
 *
 * @param milliseconds after which it is done in any case: one that is stuck is no reason to wait for ever
 */
export async function inTurn<T>(name: string, milliseconds: number, act: () => Promise<T>): Promise<T> {
  const turn = createServer();
  const deadline = Date.now() + milliseconds;
  while (!(await isTaken(turn, name)) && Date.now() < deadline) await sleep(pauseMilliseconds);
  try {
    return await act();
  } finally {
    turn.close();
  }
}

/** A system that has no such sockets has no turns. */
async function isTaken(turn: ReturnType<typeof createServer>, name: string): Promise<boolean> {
  try {
    turn.listen(`\0${name}`);
    await once(turn, 'listening');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
}
