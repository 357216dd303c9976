/** Signals to a command, and what counts as one. */

import { existsSync, readFileSync } from 'node:fs';
import { parentOf } from '../operate/engine';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal and npm send the same signal one after the other. */
const sameMilliseconds = 1_000;
const lookMilliseconds = 500;

/**
 * Calls `cancel` for each time that somebody wants this command to end: a signal, or the death of the npm that started
 * it. Without it the command would end at the first signal, and what it started would go on.
 *
 * @returns a function that gives the signals their usual meaning back
 */
export function onCancel(cancel: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  const take = () => {
    const now = performance.now();
    if (now - last < sameMilliseconds) return;
    last = now;
    cancel();
  };
  for (const signal of signals) process.on(signal, take);
  const started = callers();
  const watch = setInterval(() => {
    if (callers().join() === started.join()) return;
    clearInterval(watch);
    take();
  }, lookMilliseconds);
  watch.unref();
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, take);
  };
}

/**
 * Numbers of the processes between this one and its npm. Whoever starts a command without npm may leave it alone, as
 * nohup does.
 */
function callers(): Array<number | undefined> {
  if (process.env.npm_lifecycle_event === undefined) return [];
  // npm starts a shell, and some shells stay.
  const grandparent = /^(da|ba|z|a)?sh$/.test(nameOf(process.ppid)) ? [parentOf(process.ppid)] : [];
  return [process.ppid, ...grandparent];
}

function nameOf(pid: number): string {
  const file = `/proc/${pid}/comm`;
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
