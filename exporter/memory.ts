/** What survives a restart of the exporter. */

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { History } from '../watching/status';
import type { Connected } from '../watching/tally';

export interface Memory {
  history: History;
  /** Client id to its connection. */
  connected: Array<readonly [string, Connected]>;
  /** Device to when its last connection ended, in milliseconds since 1970. */
  left: Array<readonly [string, number]>;
  /** Device to when it was first declared, in milliseconds since 1970. */
  declaredAt: Array<readonly [string, number]>;
}

/** Undefined where there is none, or one that somebody has damaged. */
export async function recall(path: string): Promise<Memory | undefined> {
  try {
    const memory = JSON.parse(await readFile(path, 'utf8')) as Partial<Memory>;
    const { history, connected, left, declaredAt } = memory;
    const areLists = [connected, left, declaredAt].every(Array.isArray);
    return areLists && typeof history?.start === 'string' ? (memory as Memory) : undefined;
  } catch {
    return undefined;
  }
}

/** Half of it is never there. */
export async function keep(path: string, memory: Memory): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(memory), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
