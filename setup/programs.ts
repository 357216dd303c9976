/** The `pulumi` programs that a machine has already. */

import { execFile } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { promisify } from 'node:util';

/** The oldest engine that runs the program. */
export const oldest = '3.200.0';
const answerSeconds = 10;

/** A script, such as that of the npm package, which sets up the engine's surroundings itself. */
export function isLauncher(bin: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(bin, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString() === '#!';
}

/** Finds a program on the user's PATH, leaving out what this project put there itself. */
export function onPath(program: string, home: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(home + sep));
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The version that an engine says it has; undefined where it does not answer. */
export async function versionOf(bin: string): Promise<string | undefined> {
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
    const { stdout } = await promisify(execFile)(bin, ['version'], {
      env,
      timeout: answerSeconds * 1000,
    });
    return stdout.match(/^v?(\d+\.\d+\.\d+)/)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether an engine is new enough, and of the same major version. */
export function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needed = 0, atLeast = 0] = oldest.split('.').map(Number);
  return major === needed && minor >= atLeast;
}
