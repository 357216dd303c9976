/** The log of a broker as its engine keeps it, line by line. */

import type Docker from 'dockerode';
import type { Timed } from '../../doctor/log';
import { readLine } from '../../watching/logLines';
import { unframe } from '../docker';

/** @param since seconds since 1970; undefined for all that the engine keeps */
export async function linesOf(container: Docker.Container, since?: number): Promise<Timed[]> {
  const framed = await container.logs({ stdout: true, stderr: true, ...(since !== undefined && { since }) });
  return timedIn(unframe(framed as unknown as Buffer));
}

/** Lines without a time have that of the one before. */
export function timedIn(log: string): Timed[] {
  let at = 0;
  return log
    .split('\n')
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const line = readLine(text);
      at = timeOf(line.time) ?? at;
      return { line, at };
    });
}

/** Written without a zone, it is UTC. */
export function timeOf(time: string): number | undefined {
  const at = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`);
  return Number.isFinite(at) ? at : undefined;
}
