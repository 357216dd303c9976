/** The cache of this product: everything that set-up makes and the repository must not hold. */

import { mkdirSync } from 'node:fs';

import { join, resolve } from 'node:path';
import { homeFolder } from '../operate/dockerSettings';

/** Absolute path of `AIPI_HOME`, by default and where that is empty `~/.aipi-mqtt`. Made on first use, for its owner only. */
export function home(): string {
  const path = homePath(process.env);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** The same path, without making it. */
export function homePath({ AIPI_HOME: named = '' }: NodeJS.ProcessEnv): string {
  return resolve(named === '' ? join(homeFolder(), '.aipi-mqtt') : named);
}

/** The folder of the project. */
export const projectFolder = resolve(__dirname, '..');
