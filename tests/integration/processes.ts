/** Processes that a test started, found by a mark that they inherited in their environment. */

import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Whoever is not root needs sudo without a password here, as on the machines of CI. */
export const privileged = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive', '--preserve-env'];

/** Numbers of the running processes whose environment holds the mark. Those that have ended have no environment. */
export function processesOf(mark: string): number[] {
  return running().filter((pid) => read(pid, 'environ').includes(mark));
}

/** What a file of /proc says of a process; empty where it is gone, or somebody else's. */
export function read(pid: number, file: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

/** Numbers of every process of this machine. */
export function running(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Kills every process with the mark, and what these start meanwhile, until none is left. */
export async function killAll(mark: string): Promise<void> {
  for (let pids = processesOf(mark); pids.length > 0; pids = processesOf(mark)) {
    for (const pid of pids) kill(pid);
    await nextTurn();
  }
}

/** Kills a process, or with a negative number a group; it may have ended already. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
