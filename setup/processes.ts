import { type ExecFileOptions, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { beginningOf } from '../operate/engine';
import { say } from './progress';

/**
 * Runs a program to its end and gives what it wrote to standard output.
 *
 * @throws the program's name and its last three lines, if it cannot be started or does not return 0
 */
export function run(program: string, args: string[], options: ExecFileOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024, ...options }, (error, stdout, stderr) => {
      const complaint = lastLines(String(stderr));
      if (error === null) resolve(String(stdout));
      else reject(new Error(`${program}: ${complaint === '' ? error.message : complaint}`));
    });
  });
}

/** Why work failed; undefined if it did not. */
export function failure(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** The last three lines of a log that say something, joined to one. */
export function lastLines(log: string): string {
  return log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-3)
    .join(' | ');
}

/**
 * Does `work` while no other process does work under the same lock file.
 *
 * The lock is held by a `flock` that reads from this process, so it ends with this process however that ends.
 */
export async function alone<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [lockFile, 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const refused = once(holder, 'exit').then(() => {
    throw new Error(`cannot lock ${lockFile}`);
  });
  refused.catch(() => undefined);
  const waiting = setTimeout(() => say('Waiting for another run that is at the same step'), 1000);
  try {
    await Promise.race([once(holder.stdout, 'data'), refused]);
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}

/**
 * Whether a process of this machine runs. One that has ended but that nobody has asked about yet still takes signals; its
 * state is Z or X.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const file = `/proc/${pid}/stat`;
  return !existsSync(file) || !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}

/**
 * Whether a process has run since a time; one that began later has got the number of another. Where the kernel does not
 * tell, as on a Mac, it counts as the same.
 *
 * @param time milliseconds since 1970; where it is no number, nobody is known to have run since
 */
export function isSince(pid: number, time: number): boolean {
  const begun = beginningOf(pid);
  if (begun === undefined) return true;
  // The clock of the kernel counts in hundredths of seconds, and the time of its start in whole ones.
  return begun - 2_000 <= time && time <= Date.now() + 2_000;
}

/** Whether the process that made a file or folder, and wrote its number into the name, still runs. */
export function isAtWork(pid: number, path: string): boolean {
  const made = statSync(path, { throwIfNoEntry: false });
  // A renaming counts, too, so it is not the time of what is in it.
  return made !== undefined && isAlive(pid) && isSince(pid, made.ctimeMs);
}
