/** How long a broker has run by the kernel's count, against which a clock that was moved shows. */

import type Docker from 'dockerode';
import type { ClockMark } from '../certificates/clock';
import { inspect, processOf } from './docker';
import { saidThere } from './shells';

/** The kernel counts in hundredths. Source: proc(5), _SC_CLK_TCK. */
const ticksPerSecond = 100;

/** Undefined where no broker runs, or it cannot be asked: that is no reason to fail. */
export async function clockMark(broker: Docker.Container): Promise<ClockMark | undefined> {
  const info = await inspect(broker);
  if (info?.State.Running !== true) return undefined;
  const output = await saidThere(broker, ['cat', '/proc/uptime', `/proc/${processOf(info)}/stat`]).catch(() => '');
  const ageSeconds = ageIn(output);
  if (ageSeconds === undefined) return undefined;
  return { run: `${info.Id} ${info.State.StartedAt}`, ageSeconds, time: Date.now() };
}

/**
 * How long the first process of a container has run, in seconds; undefined where the kernel does not say.
 *
 * @param output `/proc/uptime`, then `/proc/1/stat`
 */
export function ageIn(output: string): number | undefined {
  const [uptime = '', stat = ''] = output.split('\n');
  // The name of the program stands in brackets and may hold spaces; the start is the 20th word behind it.
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / ticksPerSecond;
  const ageSeconds = Number(uptime.split(' ')[0]) - started;
  return Number.isFinite(ageSeconds) ? ageSeconds : undefined;
}
