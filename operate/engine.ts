/** The Pulumi engine that runs a program of this folder, by way of a plug-in. */

import { readFileSync } from 'node:fs';

const lookMilliseconds = 100;
/** The kernel counts in hundredths. Source: proc(5), _SC_CLK_TCK. */
const ticksPerSecond = 100;

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

/** When the engine that runs this program began, in milliseconds since 1970; undefined away from Linux. */
export function engineStart(): number | undefined {
  const engine = parentOf(process.ppid);
  return engine === undefined ? undefined : beginningOf(engine);
}

/** When a process began, in milliseconds since 1970; undefined where it is gone, or away from Linux. */
export function beginningOf(pid: number): number | undefined {
  try {
    const boot = Number(readFileSync('/proc/stat', 'latin1').match(/^btime (\d+)$/m)?.[1]);
    const milliseconds = (boot + Number(statOf(pid)[19]) / ticksPerSecond) * 1_000;
    return Number.isFinite(milliseconds) ? milliseconds : undefined;
  } catch {
    return undefined;
  }
}

/** Number of the process that started another; undefined where it is gone, or away from Linux. */
export function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    return undefined;
  }
}

/** When a process began, in hundredths of a second since the machine did; undefined where it is gone, or away from Linux. */
export function processStart(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[19]);
  } catch {
    return undefined;
  }
}

/** The words behind the name, which stands in brackets: the parent is the second, the start the 20th. Source: proc(5). */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
