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

/** Beside a plug-in that the toolchain made: the name of the folder that it came from. */
const origin = 'toolchain';

/** Puts a program of the toolchain where the engine looks for that plug-in, whole or not at all. */
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
  writeFileSync(join(dirname(plugin), origin), basename(dirname(program)));
  renameSync(unfinished, plugin);
}

/** Whether the toolchain made this plug-in from other sources than the present ones. */
export function outdated(home: string, plugin: string): boolean {
  const file = join(dirname(plugin), origin);
  return existsSync(file) && readFileSync(file, 'utf8') !== basename(programFolder(home));
}
