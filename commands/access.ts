/** Says who may do what by a stack file: as a table, as JSON, or as a page. */

import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { accessMatrix } from '../access/matrix';
import { accessPage } from '../access/page';
import { unquoted } from '../mosquitto/quoted';
import { say } from '../setup/progress';
import { accessTable } from './accessTable';
import type { Asked } from './options';
import { writtenAccess } from './stack/access';

export async function access({ stack, options: { json, html } }: Asked): Promise<number> {
  const { model, file } = await writtenAccess(stack);
  const matrix = accessMatrix(stack, model);
  if (html !== undefined) writePage(html, accessPage(matrix));
  if (json) process.stdout.write(`${JSON.stringify(matrix)}\n`);
  else if (html === undefined) process.stdout.write(`${accessTable(matrix)}\n`);
  say(notDeployedYet(stack, file));
  return 0;
}

/** What is said wherever a stack file alone answers. */
export function notDeployedYet(stack: string, file: string): string {
  return `This is what ${file} says; what is deployed may differ until "npm run up -- ${unquoted(stack)}"`;
}

function writePage(path: string, text: string): void {
  if (path === '') throw new Error('--html needs the path of a file behind it; write for example --html access.html');
  if (!existsSync(dirname(resolve(path)))) {
    throw new Error(`--html: there is no folder ${unquoted(dirname(path))}; make it, or write another path`);
  }
  writeFileSync(path, text);
}
