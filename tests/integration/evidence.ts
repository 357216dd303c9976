/** Everything that a run has left behind or shown, and a search in it. */

import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Needle } from './needles';

const largestBytes = 50_000_000;

/** Packages, and the systems that another suite boots: gigabytes, where they have just been made. */
const others: readonly string[] = ['node_modules', 'roots'];

export class Evidence {
  private readonly pieces = new Map<string, Buffer>();

  /** Puts a text beside the others, under a name that says where it comes from. */
  add(name: string, content: string | Buffer): void {
    this.pieces.set(name, Buffer.from(content as string, 'latin1'));
  }

  /**
   * Puts every file of a folder beside the others; packages, booted systems and links stay out.
   *
   * @param since milliseconds; only files that changed later
   */
  addFiles(folder: string, since = 0): void {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !others.includes(entry.name)) this.addFiles(path, since);
      if (entry.isFile()) this.addFile(path, since);
    }
  }

  /** Names of the pieces, and of the forms of secrets that are in them. The secrets themselves stay out. */
  find(needles: readonly Needle[]): string[] {
    const search = new Search(needles);
    return [...this.pieces].flatMap(([name, content]) => search.in(content).map((needle) => `${name}: ${needle.name}`));
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

/** Below it a pass for each is faster, because Node itself makes it. */
const fewNeedles = 50;

/** Looks for a thousand needles in one pass: a pass for each would take minutes where much was shown. */
class Search {
  /** First four bytes, as a number, to the needles that begin so. */
  private readonly begun = new Map<number, Needle[]>();
  /** What `slotOf` gives for them; it tells at once of most places that nothing begins there. */
  private readonly slots = new Uint8Array(1 << 16);
  /** Those that a pass of their own is made for. */
  private readonly apart: readonly Needle[];

  constructor(private readonly needles: readonly Needle[]) {
    this.apart = needles.length < fewNeedles ? needles : needles.filter(({ bytes }) => bytes.length < 4);
    for (const needle of needles.filter((each) => !this.apart.includes(each))) {
      const word = needle.bytes.readUInt32BE();
      this.begun.set(word, [...(this.begun.get(word) ?? []), needle]);
      this.slots[slotOf(word)] = 1;
    }
  }

  /** Those that stand in a text, each once. */
  in(content: Buffer): Needle[] {
    const found = new Set(this.apart.filter(({ bytes }) => content.includes(bytes)));
    if (this.begun.size === 0) return [...found];
    let word = 0;
    for (let end = 0; end < content.length; end += 1) {
      word = ((word << 8) | (content[end] ?? 0)) >>> 0;
      if (end < 3 || this.slots[slotOf(word)] === 0) continue;
      for (const needle of this.begun.get(word) ?? []) {
        const from = end - 3;
        if (content.subarray(from, from + needle.bytes.length).equals(needle.bytes)) found.add(needle);
      }
    }
    return this.needles.filter((needle) => found.has(needle));
  }
}

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 16;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
