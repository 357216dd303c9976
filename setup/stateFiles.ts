/**
 * The files of a backend of files, as far as the engine need not be asked about them: it takes a second to answer.
 *
 * Source: pkg/backend/diy of the engine, in which the file of a stack is the newest of three, and what was there before is
 * kept beside it and among the backups.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';

/** The states of one stack. */
export interface StackFiles {
  /** The folder `.pulumi`. */
  bookkeeping: string;
  project: string;
  stack: string;
}

/** As the engine lists them: where two are of one time, the later one counts. */
const endings = ['.json', '.json.gz', '.json.zst'] as const;

/** The part of a state that is read here. */
export interface Checkpoint {
  checkpoint?: {
    latest?: {
      resources?: unknown[];
      pending_operations?: unknown[];
      secrets_providers?: { type?: string; state?: { salt?: string } };
    };
  };
}

/**
 * Whether the engine names stacks by project in this folder. Those of years ago do not, and are left to the engine.
 */
export function isByProject(bookkeeping: string): boolean {
  const meta = textOf(join(bookkeeping, 'meta.yaml'));
  if (meta !== undefined && meta.trim() !== '') return /^version:\s*1\s*$/m.test(meta);
  return !namesIn(join(bookkeeping, 'stacks')).some((name) => endings.some((ending) => name.endsWith(ending)));
}

/** The file that holds the state of a stack; undefined where there is no such stack. */
export function checkpointFile({ bookkeeping, project, stack }: StackFiles): string | undefined {
  const files = endings
    .map((ending) => join(bookkeeping, 'stacks', project, stack + ending))
    .filter((file) => existsSync(file));
  return files.reduce<string | undefined>(
    (newest, file) => (newest === undefined || timeOf(file) >= timeOf(newest) ? file : newest),
    undefined,
  );
}

/** Names of the stacks of every project in a folder. */
export function stacksIn(bookkeeping: string): string[] {
  const folder = join(bookkeeping, 'stacks');
  return namesIn(folder).flatMap((project) =>
    namesIn(join(folder, project)).flatMap((name) => {
      const ending = endings.find((each) => name.endsWith(each));
      return ending === undefined ? [] : [`${project}/${name.slice(0, -ending.length)}`];
    }),
  );
}

/**
 * Reads a state.
 *
 * @returns undefined where it is of a kind that this Node cannot unpack
 * @throws Error where it is cut off
 */
export function readCheckpoint(file: string): Checkpoint | undefined {
  const text = unpacked(readFileSync(file));
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as Checkpoint | null;
  if (state?.checkpoint === undefined) throw new Error('it is no state');
  return state;
}

/** Whether a state can be read to its end; one that this Node cannot unpack counts as whole. */
export function isWhole(file: string): boolean {
  try {
    readCheckpoint(file);
    return true;
  } catch {
    return false;
  }
}

/** Newer versions of Node know how to unpack zstd. */
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };

function unpacked(bytes: Buffer): string | undefined {
  switch (bytes.subarray(0, 4).toString('hex')) {
    case '28b52ffd':
      return zstdDecompressSync?.(bytes).toString('utf8');
    default:
      return (bytes[0] === 0x1f && bytes[1] === 0x8b ? zlib.gunzipSync(bytes) : bytes).toString('utf8');
  }
}

/** Whole copies of a state that the engine keeps, the newest first: the one from before each write, one of each update. */
export function wholeCopies({ bookkeeping, project, stack }: StackFiles): string[] {
  const beside = join(bookkeeping, 'stacks', project);
  const backups = join(bookkeeping, 'backups', project, stack);
  const mine = (name: string) => name.startsWith(`${stack}.`);
  return [
    ...namesIn(beside)
      .filter((name) => mine(name) && isCopyBeside(name.slice(stack.length)))
      .map((name) => join(beside, name)),
    ...namesIn(backups)
      .filter((name) => mine(name) && endings.some((ending) => name.endsWith(ending)))
      .map((name) => join(backups, name)),
  ]
    .sort((one, other) => timeOf(other) - timeOf(one))
    .filter(isWhole);
}

/** `.json.bak`, or with a time where the engine was told to keep every one. */
function isCopyBeside(ending: string): boolean {
  return /^\.json(\.gz|\.zst)?\.(bak|\d+)$/.test(ending);
}

function timeOf(file: string): number {
  return statSync(file).mtimeMs;
}

/** None where there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
