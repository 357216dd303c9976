/** Everything that a run has left behind or shown, and a search in it. */

import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Needle } from './needles';

const largestBytes = 50_000_000;

export class Evidence {
  private readonly pieces = new Map<string, Buffer>();

  /** Puts a text beside the others, under a name that says where it comes from. */
  add(name: string, content: string | Buffer): void {
    this.pieces.set(name, Buffer.from(content as string, 'latin1'));
  }

  /**
   * Puts every file of a folder beside the others; packages and links stay out.
   *
   * @param since milliseconds; only files that changed later
   */
  addFiles(folder: string, since = 0): void {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules') this.addFiles(path, since);
      if (entry.isFile()) this.addFile(path, since);
    }
  }

  /** Names of the pieces, and of the forms of secrets that are in them. The secrets themselves stay out. */
  find(needles: readonly Needle[]): string[] {
    return [...this.pieces].flatMap(([name, content]) =>
      needles.filter(({ bytes }) => content.includes(bytes)).map((needle) => `${name}: ${needle.name}`),
    );
  }

  get names(): string[] {
    return [...this.pieces.keys()];
  }

  private addFile(path: string, since: number): void {
    try {
      const { ctimeMs, size } = lstatSync(path);
      if (ctimeMs < since || size > largestBytes) return;
      const content = readFileSync(path);
      this.add(path, content);
      if (content.subarray(0, 2).toString('hex') === '1f8b') this.add(`${path}, unpacked`, gunzipSync(content));
    } catch {
      // A file of somebody else's that is gone, or is being written.
    }
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
