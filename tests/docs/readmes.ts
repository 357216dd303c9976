/** The two READMEs and what they are compared with. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, readMarkdown, type Table } from './markdown';

export const root = join(__dirname, '..', '..');

/** A file of this repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export interface Readme {
  name: string;
  document: Document;
}

function readme(name: string): Readme {
  return { name, document: readMarkdown(read(name)) };
}

export const english = readme('README.md');
export const chinese = readme('README.zh-CN.md');
export const readmes: readonly Readme[] = [english, chinese];

/** Places of the tables in a README that are compared with the code. */
export const tableOrder = [
  'changes',
  'bundle',
  'certificates',
  'rollover',
  'commands',
  'keys',
  'fields',
  'outputs',
  'topics',
] as const;

/** One of these tables. */
export function table({ name, document }: Readme, which: (typeof tableOrder)[number]): Table {
  const found = document.tables[tableOrder.indexOf(which)];
  if (found === undefined) throw new Error(`${name} has no table of ${which}`);
  return found;
}
