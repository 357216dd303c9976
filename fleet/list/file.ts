/** Reads a list of devices from the disk: the only reader of files in this room. */

import { isUtf8 } from 'node:buffer';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { quoted } from '../../mosquitto/quoted';
import { isDeviceListName, parseDeviceList } from './list';
import type { DeviceList } from './listed';

/**
 * Reads and decodes the file that `devicesFile` names: UTF-8, or UTF-16 with a byte order mark, as spreadsheets write it.
 *
 * @param folder the project's folder
 * @param path of the file, relative to that folder; the file may not be outside of it
 * @returns every problem, of the path or of the file; there may be one for each line, see `firstProblems`
 */
export function readDeviceList(folder: string, path: string): DeviceList {
  const read = readInside(folder, path);
  if (typeof read === 'string') return { entries: [], problems: [`devicesFile: ${quoted(path)} ${read}`] };
  if (read.length === 0) return { entries: [], problems: [`${path}: is empty; write a list of devices`] };
  const text = decoded(read);
  return text === undefined ? { entries: [], problems: [encodingProblem(path, read)] } : parseDeviceList(text, path);
}

/** The text of a file, without its byte order mark; undefined where it is in another encoding. */
function decoded(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[mark];
  // No text holds NUL: UTF-16 without its mark does, and what is UTF-32 has one as its first character.
  if (encoding === undefined) return isUtf8(bytes) && !bytes.includes(0) ? new TextDecoder().decode(bytes) : undefined;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The bytes of the file, or what is wrong with its path. */
function readInside(folder: string, path: string): Buffer | string {
  if (!isDeviceListName(path)) return 'is neither CSV nor YAML; write a path that ends in .csv, .yaml or .yml';
  const outside = 'leads outside of the project folder; write a path inside it, such as "devices.csv"';
  if (isAbsolute(path) || leaves(folder, join(folder, path))) return outside;
  try {
    const file = realpathSync(join(folder, path));
    if (leaves(realpathSync(folder), file)) return outside;
    return statSync(file).isFile() ? readFileSync(file) : 'is not a regular file; write the path of one';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? 'does not exist; write the path of a file that is there'
      : `cannot be read (${code}); write the path of a file that can be`;
  }
}

function leaves(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}

/** The first bytes of what spreadsheets keep for themselves: a ZIP archive, and the compound file of older ones. */
const workbooks = ['504b0304', 'd0cf11e0'];

function encodingProblem(path: string, bytes: Buffer): string {
  const remedy = 'save it as UTF-8, which spreadsheets call "CSV UTF-8"';
  if (workbooks.includes(bytes.subarray(0, 4).toString('hex'))) return `${path}: is a workbook and no text; ${remedy}`;
  if (bytes.includes(0)) return `${path}: is neither UTF-8 nor UTF-16 with a byte order mark; ${remedy}`;
  // Decoded with replacements and encoded again, the text differs from the file first where that is no UTF-8.
  const again = Buffer.from(bytes.toString());
  const differing = bytes.findIndex((byte, index) => byte !== again[index]);
  const offset = differing === -1 ? bytes.length - 1 : differing;
  const line = bytes
    .subarray(0, offset)
    .toString('latin1')
    .split(/\r\n?|\n/).length;
  return `${path}, line ${line}: is not UTF-8 from byte ${offset} of the file on; ${remedy}`;
}
