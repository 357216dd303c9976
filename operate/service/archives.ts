/** Files of a machine as archives, as an engine gives and takes them. Source: Docker Engine API, `ContainerArchive`. */

import { Readable } from 'node:stream';
import type { Machine } from '../machine';
import { ask, must, script } from './command';
import { type Mounted, pathOnMachine } from './folders';
import { Answer } from './gone';

/** Exit code of a script for what is not there. */
const missing = 44;

const read = [
  '[ -e "$1" ] || exit 44',
  'cd "$(dirname "$1")"',
  'exec tar --create --numeric-owner --format=gnu --file=- "$(basename "$1")"',
];
/** `…/.` is the folder itself, and what a link to it leads to. */
const readFolder = ['[ -d "$1" ] || exit 44', 'cd "$1"', 'exec tar --create --numeric-owner --format=gnu --file=- .'];

const state = ['[ -e "$1" ] || [ -L "$1" ] || exit 44', 'stat --format=%Y "$1"', '[ ! -L "$1" ] || readlink "$1"'];

const write = ['exec tar --extract --numeric-owner --same-owner --preserve-permissions --file=- --directory="$1"'];

export class Archives {
  constructor(
    protected readonly machine: Machine,
    private readonly mounts: readonly Mounted[],
  ) {}

  async getArchive({ path }: { path: string }): Promise<NodeJS.ReadableStream> {
    const isFolder = path.endsWith('/.');
    const place = this.placeOf(isFolder ? path.slice(0, -2) : path);
    return Readable.from([await this.asked(isFolder ? readFolder : read, place, path)]);
  }

  /** A link and its time, where the engine would write them into a header. */
  async infoArchive({ path }: { path: string }): Promise<NodeJS.ReadableStream> {
    const answer = (await this.asked(state, this.placeOf(path), path)).toString().split('\n');
    const [seconds = '', linkTarget = ''] = answer;
    const told = { linkTarget, mtime: new Date(Number(seconds) * 1_000).toISOString() };
    const headers = { 'x-docker-container-path-stat': Buffer.from(JSON.stringify(told)).toString('base64') };
    return Object.assign(Readable.from([]), { headers });
  }

  async putArchive(archive: Buffer, { path }: { path: string }): Promise<void> {
    await must(this.machine, script(write, this.placeOf(path)), archive);
  }

  private placeOf(path: string): string {
    const place = pathOnMachine(path, this.mounts);
    if (place === undefined) throw new Answer(404, `no folder of the machine is seen at ${path}`);
    return place;
  }

  private async asked(lines: readonly string[], place: string, path: string): Promise<Buffer> {
    const { code, output, error } = await ask(this.machine, script(lines, place));
    if (code === missing) throw new Answer(404, `there is no ${path}`);
    if (code !== 0) throw new Error(`${path} cannot be read: ${error.trim()}`);
    return output;
  }
}
