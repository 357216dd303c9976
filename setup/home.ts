/** The cache of this product: everything that set-up makes and the repository must not hold. */

import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Absolute path of `AIPI_HOME`, by default `~/.aipi-mqtt`. Made on first use, for its owner only. */
export function home(): string {
  const path = resolve(process.env.AIPI_HOME ?? join(homedir(), '.aipi-mqtt'));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** The folder of the project. */
export const projectFolder = resolve(__dirname, '..');
