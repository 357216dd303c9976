/** The locks of a stack in a backend of files, and whether whoever holds one still runs. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, isSince } from '../../setup/processes';
import type { StackFiles } from '../../setup/stateFiles';

/** Who holds a lock, as the engine writes it. Source: pkg/backend/diy/lock.go of the engine. */
export interface Holder {
  pid: number;
  hostname: string;
  /** When it took the lock, RFC 3339. */
  timestamp?: string;
}

/** Folder of the locks of a stack. */
export function lockFolder({ bookkeeping, project, stack }: StackFiles): string {
  return join(bookkeeping, 'locks', 'organization', project, stack);
}

/**
 * The locks that there are. One that cannot be read is nobody's, because the engine puts a lock where it belongs when it is
 * written to its end; a lost power or a full disk empties it. One that is taken away in this moment is none.
 */
export function locksIn(folder: string): Array<Holder | 'nobody'> {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const text = textOf(join(folder, name));
      return text === undefined ? [] : [holderOf(text) ?? 'nobody'];
    });
}

/** @param text of a lock */
export function holderOf(text: string): Holder | undefined {
  try {
    const { pid, hostname: host, timestamp } = JSON.parse(text) as Partial<Holder>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, hostname: host, ...(typeof timestamp === 'string' && { timestamp }) };
  } catch {
    return undefined;
  }
}

/**
 * Whether nobody holds a lock any more: a process of this machine that is gone, or whose number another one has got since.
 * Of another machine nobody knows.
 */
export function isDead(lock: Holder | 'nobody', stack: string): boolean {
  if (lock === 'nobody') return true;
  if (lock.hostname !== hostname()) return false;
  if (!isAlive(lock.pid)) return true;
  // Clocks jump, above all that of a Raspberry Pi after its start: an engine that is at this stack is believed.
  return !isAtWorkOn(lock.pid, stack) && !isSince(lock.pid, Date.parse(lock.timestamp ?? ''));
}

/** A process that holds the stack, or may hold it from another machine. */
export function liveHolder(files: StackFiles): Holder | undefined {
  return locksIn(lockFolder(files)).find((lock): lock is Holder => lock !== 'nobody' && !isDead(lock, files.stack));
}

function isAtWorkOn(pid: number, stack: string): boolean {
  const words = textOf(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  return /(^|\/)pulumi$/.test(words[0] ?? '') && words.some((word) => word === stack || word.endsWith(`=${stack}`));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
