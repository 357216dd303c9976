/** What a broker has left: room for its database, and memory below its limit. */

import { defaultsOf } from './configKey';
import { parseConfiguration } from './configuration';
import { limitKeys } from './limits';
import { persistenceKeys } from './persistence';

const kibibyte = 1_024;
const mebibyte = kibibyte * kibibyte;

/** A file system, in KiB. */
export interface Space {
  free: number;
  size: number;
}

/** What the files of a broker say of what it may use. */
export interface Allowance {
  /** Path of the database; undefined where nothing is kept. */
  database: string | undefined;
  /** Seconds between writes to it; 0 for each change at once. */
  flushPeriodSeconds: number;
  memoryBytes: number;
}

export function allowanceIn(configuration: string): Allowance {
  const values = new Map(parseConfiguration(configuration).map(({ option, value }) => [option, value]));
  const [flush, snapshot] = [persistenceKeys.persistenceFlushPeriodSeconds.option, values.get('persistence_location')];
  return {
    database: values.get('plugin_opt_db_file') ?? (snapshot === undefined ? undefined : `${snapshot}mosquitto.db`),
    flushPeriodSeconds: Number(values.get(flush) ?? values.get('autosave_interval') ?? 0),
    memoryBytes: Number(
      values.get(limitKeys.memoryLimitMebibytes.option) ?? defaultsOf(limitKeys).memoryLimitMebibytes * mebibyte,
    ),
  };
}

/** What `df -Pk` says of one file system; undefined where it says nothing. Source: POSIX, df. */
export function spaceIn(df: string): Space | undefined {
  const [, size, free] = df.match(/ (\d+) +\d+ +(\d+) +\d+% /) ?? [];
  return size === undefined || free === undefined ? undefined : { size: Number(size), free: Number(free) };
}

/** Bytes of its own that a process holds in memory and swap, by its `status` in `/proc`. Source: proc(5). */
export function residentBytes(status: string): number {
  const rows = status.matchAll(/^(?:RssAnon|VmSwap):\s+(\d+) kB$/gm);
  return [...rows].reduce((sum, [, kibibytes]) => sum + Number(kibibytes) * kibibyte, 0);
}

/** A broker that has less writes soon nothing more: KiB, and a share of the whole for a small volume. */
const leastFree = 64 * kibibyte;
const leastFreeShare = 0.05;

/** What is wrong with the room that is left on a volume; undefined where there is enough. */
export function spaceProblem(space: Space, volume: string): string | undefined {
  return space.free >= Math.min(leastFree, space.size * leastFreeShare)
    ? undefined
    : `only ${spaceWords(space)} on the volume ${volume}; once it is full the broker acknowledges messages that a ` +
        'restart loses: free some room, and do not restart the broker before waiting messages are fetched';
}

export function spaceWords({ free, size }: Space): string {
  const [unit, name] = size < 10 * kibibyte ? [1, 'KiB'] : [kibibyte, 'MiB'];
  return `${Math.floor(free / unit)} of ${Math.floor(size / unit)} ${name} are free`;
}

/** Nearly all: what is left is too little for a client with TLS or a large message. */
export const mostUsedShare = 0.95;

/** What is wrong with the memory that is in use; undefined where enough is left. */
export function memoryProblem(bytes: number, { memoryBytes }: Allowance): string | undefined {
  return bytes < memoryBytes * mostUsedShare
    ? undefined
    : `${memoryWords(bytes, { memoryBytes })}; at that limit the broker cuts new clients off and refuses messages: ` +
        'raise memoryLimitMebibytes, or delete retained messages and sessions that nobody needs';
}

export function memoryWords(bytes: number, { memoryBytes }: Pick<Allowance, 'memoryBytes'>): string {
  return `${Math.ceil(bytes / mebibyte)} of ${Math.floor(memoryBytes / mebibyte)} MiB of memory are in use`;
}
