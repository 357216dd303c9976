import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { programFolder } from './build';

/** Puts a program of the toolchain where the engine looks for a plug-in, whole or not at all. */
export function install(program: string, plugin: string): void {
  const unfinished = `${plugin}.${process.pid}`;
  mkdirSync(dirname(plugin), { recursive: true });
  rmSync(unfinished, { force: true });
  try {
    linkSync(program, unfinished);
  } catch {
    // Another disk.
    copyFileSync(program, unfinished);
  }
  writeFileSync(origin(plugin), basename(dirname(program)));
  renameSync(unfinished, plugin);
}

/** Whether the toolchain made this plug-in. */
export function isOurs(plugin: string): boolean {
  return existsSync(origin(plugin));
}

/** Whether this plug-in is Pulumi's, or made by the toolchain from the present sources. */
export function isCurrent(plugin: string, home: string): boolean {
  return !isOurs(plugin) || readFileSync(origin(plugin), 'utf8') === basename(programFolder(home));
}

/** The file beside a plug-in that names the folder of the toolchain it came from. */
function origin(plugin: string): string {
  return join(dirname(plugin), 'toolchain');
}
