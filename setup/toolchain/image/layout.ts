import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract, type Pack, pack } from 'tar-stream';

/** What a tar entry may say of itself. */
type Header = Parameters<Pack['entry']>[0];

const broker = 1883;

// Of the packages only what runs, and the licences. Plug-ins stand apart because they move.
const kept =
  /^usr\/(bin\/(busybox|mosquitto_\w+)|sbin\/mosquitto|lib(64)?\/([^/]+\/)?(lib|ld-)[^/]+\.so[.\d]*|share\/doc\/[^/]+\/copyright)$/;
const plugin = /^usr\/lib\/[^/]+\/mosquitto\/(mosquitto_\w+\.so)$/;

const applets = `[ ash awk base64 basename cat chgrp chmod chown clear cmp cp cut date dd df diff dirname dmesg du echo
  egrep env expr false fgrep find fold free getopt grep groups gunzip gzip head hexdump hostname id kill killall less
  link ln ls md5sum mkdir mkfifo mktemp more mv nc netstat nl nproc nslookup od paste pidof ping ping6
  printf ps pwd readlink realpath rev rm rmdir route sed seq setsid sh sha1sum sha256sum sha512sum shuf sleep sort stat
  strings stty sync tac tail tar tee telnet test time timeout top touch tr true truncate tty umount uname uniq unlink
  unxz unzip uptime usleep vi watch wc wget which who whoami xargs xxd xzcat yes zcat`.split(/\s+/);

const texts: Record<string, string> = {
  'etc/passwd': `root:x:0:0:root:/root:/bin/sh\nmosquitto:x:${broker}:${broker}:mosquitto:/mosquitto:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nmosquitto:x:${broker}:\n`,
};

const entrypoint = `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then chown -R mosquitto:mosquitto /mosquitto; fi
exec "$@"
`;

/**
 * Lays the content of Debian packages out as the root folder of the official Mosquitto image.
 *
 * @param debs paths of the package files
 * @returns a tar archive, complete before its first byte is read
 * @throws if a package file cannot be unpacked
 */
export async function layout(debs: string[]): Promise<Readable> {
  const root = pack();
  const names = new Set<string>();
  const add = (header: Header, content: Buffer | string = '') => {
    const parent = posix.dirname(header.name);
    if (parent !== '.' && !names.has(parent)) add({ name: parent, type: 'directory', mode: 0o755 });
    names.add(header.name);
    root.entry(header, content);
  };
  const link = (name: string, linkname: string) => add({ name, type: 'symlink', linkname });

  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) link(folder, `usr/${folder}`);
  for (const deb of debs) await unpack(deb, add);
  for (const [name, target] of missingLinks(names)) link(name, target);
  for (const applet of applets) link(`usr/bin/${applet}`, 'busybox');
  for (const [name, text] of Object.entries(texts)) add({ name, mode: 0o644 }, text);
  add({ name: 'tmp', type: 'directory', mode: 0o1777 });
  for (const folder of ['root', 'run']) add({ name: folder, type: 'directory', mode: 0o755 });
  const owner = { uid: broker, gid: broker };
  for (const folder of ['', '/config', '/data', '/log']) {
    add({ name: `mosquitto${folder}`, type: 'directory', mode: 0o755, ...owner });
  }
  add(
    { name: 'mosquitto/config/mosquitto.conf', mode: 0o644, ...owner },
    '# No listener: only this container is answered.\n',
  );
  add({ name: 'docker-entrypoint.sh', mode: 0o755 }, entrypoint);
  root.finalize();
  return Readable.from(root);
}

async function unpack(deb: string, add: (header: Header, content: Buffer) => void): Promise<void> {
  const child = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  for await (const entry of child.stdout.pipe(extract())) {
    const name = entry.header.name.replace(/^\.\//, '');
    const moved = name.replace(plugin, 'usr/lib/$1');
    const content = await buffer(entry);
    if (moved !== name || kept.test(name)) add({ ...entry.header, name: moved }, content);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`dpkg-deb cannot unpack ${deb}`);
}

/** The links from `libX.so.1` to `libX.so.1.2` that some packages leave to ldconfig. */
function missingLinks(names: Set<string>): [string, string][] {
  return [...names].flatMap((name): [string, string][] => {
    const short = /^(.+\.so\.\d+)\.[\d.]+$/.exec(name)?.[1];
    return short === undefined || names.has(short) ? [] : [[short, posix.basename(name)]];
  });
}
