import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

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
  writeFileSync(origin(dirname(plugin)), basename(dirname(program)));
  renameSync(unfinished, plugin);
  // It is still there where both names are of one file already.
  rmSync(unfinished, { force: true });
}

/** Whether the toolchain made the plug-in in this folder. */
export function isOurs(folder: string): boolean {
  return existsSync(origin(folder));
}

/** Forgets that the toolchain made the plug-in that was in this folder. */
export function disown(folder: string): void {
  rmSync(origin(folder), { force: true });
}

/** The file beside a plug-in that names the folder of the toolchain it came from. */
function origin(folder: string): string {
  return join(folder, 'toolchain');
}
