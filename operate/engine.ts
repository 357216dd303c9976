/** The Pulumi engine that runs a program of this folder, by way of a plug-in. */

import { readFileSync } from 'node:fs';

const lookMilliseconds = 100;

/**
 * Calls back once the engine is gone. A plug-in may outlive it for minutes, and so would what the plug-in runs, while
 * the next engine already works on the same broker.
 *
 * Away from Linux only the end of the plug-in is noticed.
 */
export function whenEngineIsGone(end: () => void): void {
  const plugin = process.ppid;
  const engine = parentOf(plugin);
  const timer = setInterval(() => {
    if (process.ppid === plugin && parentOf(plugin) === engine) return;
    clearInterval(timer);
    end();
  }, lookMilliseconds);
  timer.unref();
}

/**
 * Number of the process that started another; undefined where it is gone, or away from Linux.
 *
 * It is the second word behind the name, which stands in brackets. Source: proc(5).
 */
export function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
