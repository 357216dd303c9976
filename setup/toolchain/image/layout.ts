import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Pack, pack } from 'tar-stream';
import type { Recipe } from './recipe';

/** What a tar entry may say of itself. */
type Header = Parameters<Pack['entry']>[0];

const authority = /^usr\/share\/ca-certificates\/mozilla\/.+\.crt$/;

/**
 * Lays the content of Debian packages out as the root folder of an official image.
 *
 * @param debs paths of the package files
 * @returns a tar archive, complete before its first byte is read
 * @throws if a package file cannot be unpacked
 */
export async function layout(recipe: Recipe, debs: string[]): Promise<Readable> {
  const root = pack();
  const names = new Set<string>();
  const add = (header: Header, content: Buffer | string = '') => {
    const parent = posix.dirname(header.name);
    if (parent !== '.' && !names.has(parent)) add({ name: parent, type: 'directory', mode: 0o755 });
    names.add(header.name);
    root.entry(header, content);
  };
  const link = (name: string, linkname: string) => add({ name, type: 'symlink', linkname });
  const authorities: Buffer[] = [];

  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) link(folder, `usr/${folder}`);
  for (const deb of debs) {
    await unpack(deb, (header, content) => {
      const name = recipe.place(header.name);
      if (name !== undefined) add({ ...header, name }, content);
      if (recipe.authorities && authority.test(header.name)) authorities.push(content);
    });
  }
  for (const [name, target] of [...missingLinks(names), ...Object.entries(recipe.links)]) link(name, target);
  add({ name: 'tmp', type: 'directory', mode: 0o1777 });
  for (const folder of ['root', 'run']) add({ name: folder, type: 'directory', mode: 0o755 });
  for (const [name, owner] of Object.entries(recipe.folders)) {
    add({ name, type: 'directory', mode: 0o755, uid: owner, gid: owner });
  }
  for (const [name, file] of Object.entries(recipe.texts)) {
    const { text, mode = 0o644, owner = 0 } = typeof file === 'string' ? { text: file } : file;
    add({ name, mode, uid: owner, gid: owner }, text);
  }
  if (recipe.authorities) {
    add({ name: 'etc/ssl/certs/ca-certificates.crt', mode: 0o644 }, Buffer.concat(authorities));
  }
  root.finalize();
  return Readable.from(root);
}

async function unpack(deb: string, add: (header: Header, content: Buffer) => void): Promise<void> {
  const child = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  for await (const entry of child.stdout.pipe(extract())) {
    const content = await buffer(entry);
    if (entry.header.type !== 'directory') {
      add({ ...entry.header, name: entry.header.name.replace(/^\.\//, '') }, content);
    }
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`dpkg-deb cannot unpack ${deb}`);
}

/** The links from `libX.so.1` to `libX.so.1.2` that some packages leave to ldconfig. */
function missingLinks(names: Set<string>): Map<string, string> {
  return new Map(
    [...names].flatMap((name): [string, string][] => {
      const short = /^(.+\.so\.\d+)\.[\d.]+$/.exec(name)?.[1];
      return short === undefined || names.has(short) ? [] : [[short, posix.basename(name)]];
    }),
  );
}
