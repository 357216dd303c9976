/** The engine's lock on a stack: left behind where an engine was killed. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Whether the lock of a stack in a file backend belongs to an engine of this machine that is no more. Only then may it
 * be taken away.
 *
 * @param backendUrl `file://` and the folder of the state
 */
export function isLockDead(backendUrl: string, project: string, stack: string): boolean {
  const folder = join(backendUrl.slice('file://'.length), '.pulumi', 'locks', 'organization', project, stack);
  if (!existsSync(folder)) return false;
  const locks = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number; hostname: string });
  return locks.length > 0 && locks.every((lock) => lock.hostname === hostname() && !isAlive(lock.pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
