/**
 * Debian as a Raspberry Pi has it, in folders of this machine: real systemd, Python, cloud-init and shell, without a
 * kernel of its own.
 *
 * Each release is built once from the mirror of this machine's apt and kept in the cache of the product. A test works on
 * a layer above it that lies in memory, in namespaces of its own: files, mounts and processes end with it, however the
 * test ends.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { home } from '../../setup/home';
import { alone } from '../../setup/processes';
import { privileged } from './processes';

export const releases = ['bookworm', 'trixie'] as const;
export type Release = (typeof releases)[number];

const ofDevices: readonly string[] = [
  'busybox',
  'ca-certificates',
  'cloud-init',
  'dbus',
  'libfaketime',
  'libstdc++6',
  'mosquitto-clients',
  'nftables',
  'openssl',
  'python3',
  'systemd',
  'systemd-sysv',
  'systemd-timesyncd',
];
/** What a root is built with. */
interface Content {
  packages: readonly string[];
  /** Packages that apt of the root can install without a network, from a folder. */
  kept?: readonly string[];
}

const optionsFor = ({ packages, kept = [] }: Content) => [
  '--quiet',
  '--mode=root',
  '--variant=essential',
  `--include=${packages.join(',')}`,
  '--aptopt=APT::Install-Recommends "false"',
  '--dpkgopt=force-unsafe-io',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  ...(kept.length === 0 ? [] : [`--customize-hook=${keep(kept)}`]),
  // Names the mirror of this machine.
  '--customize-hook=rm -f "$1/etc/apt/sources.list"',
];
/** Downloads packages with what they need, as a repository of apt. */
function keep(packages: readonly string[]): string {
  return `set -e
    folder=$1/srv/packages
    mkdir -p "$folder"
    export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
    apt-get -qq -y --download-only --no-install-recommends install ${packages.join(' ')}
    find "$1/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec cp --target-directory="$folder" {} +
    cd "$folder"
    for file in *.deb; do
      dpkg-deb --field "$file"
      echo "Filename: ./$file"
      echo "Size: $(stat --format=%s "$file")"
      echo "SHA256: $(sha256sum <"$file" | cut -d' ' -f1)"
      echo
    done >Packages
    echo 'deb [trusted=yes] file:/srv/packages ./' >"$1/etc/apt/sources.list.d/kept.list"`;
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const publicMirror = 'http://deb.debian.org/debian';
const rootPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs that this needs on the host, and the package of each. */
const needed = { mmdebstrap: 'mmdebstrap', 'systemd-nspawn': 'systemd-container' };

/**
 * Programs of the root take the layer for a disk with a boot partition, as a card has them; where there is a file
 * `/memory`, they take all but the partition for what it is.
 *
 * Makes the layer, says by which number of this machine to enter it, and holds it while standard input is open.
 */
const holdLayer = `set -e
  read -r pid _ </proc/self/stat
  mount -t proc none /proc
  mount -t tmpfs none /run
  mount -t tmpfs none "$1"
  mkdir "$1/upper" "$1/work" "$1/merged"
  mount -t overlay none -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/merged" || cp -a "$2/." "$1/merged"
  mount -t proc none "$1/merged/proc"
  mount -t tmpfs none "$1/merged/run"
  mkdir -p "$1/merged/boot/firmware"
  mv "$1/merged/usr/bin/stat" "$1/merged/usr/bin/stat.real"
  cat >"$1/merged/usr/bin/stat" <<'end'
#!/bin/sh
case "$1 $4" in
  "-f /boot/"*) echo 4d44 ;;
  "-f "*) if [ -e /memory ]; then exec /usr/bin/stat.real "$@"; else echo ef53; fi ;;
  *) exec /usr/bin/stat.real "$@" ;;
esac
end
  chmod 755 "$1/merged/usr/bin/stat"
  echo "$pid"
  exec cat`;

/** Two containers of one control group would take each other for their own. */
const boot = `for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    if [ -e $hierarchy/cgroup.procs ]; then
      mkdir -p "$hierarchy/$1"
      echo $$ >"$hierarchy/$1/cgroup.procs"
    fi
  done
  umount "$2/proc" "$2/run"
  machine=$1 directory=$2
  shift 2
  exec systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no \\
    --machine="$machine" --boot --directory="$directory" "$@"`;

const afterBoot = `for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ ! -d "$hierarchy/$1" ] || find "$hierarchy/$1" -depth -type d -exec rmdir {} ';'
  done
  mount -t proc none "$2/proc"
  mount -t tmpfs none "$2/run"`;

export interface Outcome {
  code: number | null;
  /** Standard output and standard error. */
  output: string;
}

export interface RunOptions {
  input?: string;
  environment?: Record<string, string>;
  /** Kills the command with all it started, after which there is no code. */
  signal?: AbortSignal;
  /** Gets each piece of output. */
  seen?: (text: string) => void;
}

/** Builds what is missing in the cache, both releases at once. */
export async function prepareRoots(): Promise<void> {
  await prepare(releases, { packages: ofDevices });
}

/**
 * Builds a release with other packages than those of devices, where it is missing in the cache.
 *
 * @param kept packages that apt of the root can install without a network
 */
export async function prepareRoot(release: Release, packages: readonly string[], kept?: readonly string[]) {
  await prepare([release], { packages, ...(kept && { kept }) });
}

async function prepare(wanted: readonly Release[], content: Content): Promise<void> {
  await alone(join(home(), 'roots.lock'), async () => {
    const missing = wanted.filter((release) => !existsSync(rootOf(release, content)));
    if (missing.length === 0 && hostLacks().length === 0) return;
    await equipHost();
    const mirror = await mirrorOf();
    await Promise.all(missing.map((release) => build(release, content, mirror)));
  });
}

/** A release with a layer of its own to write on. */
export class DebianRoot {
  private constructor(
    readonly release: Release,
    private readonly holder: ChildProcess,
    private readonly pid: string,
    private readonly folder: string,
  ) {}

  /**
   * @param packages as it was prepared with
   * @param kept the same
   */
  static async start(release: Release, packages = ofDevices, kept?: readonly string[]): Promise<DebianRoot> {
    const folder = mkdtempSync(join(tmpdir(), `aipi-${release}-`));
    const namespaces = ['--mount', '--uts', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
    const root = rootOf(release, { packages, ...(kept && { kept }) });
    const shell = ['sh', '-c', holdLayer, 'sh', folder, root];
    const [program = '', ...args] = [...privileged, 'unshare', ...namespaces, ...shell];
    // Ends with this process, as its standard input does.
    const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit').then(([code]) => {
      throw new Error(`no layer on Debian ${release}: mounting ended with ${code}`);
    });
    ended.catch(() => undefined);
    const [said] = await Promise.race([once(holder.stdout, 'data'), ended]);
    return new DebianRoot(release, holder, String(said).trim(), folder);
  }

  /** Runs a program in the root, as root. */
  run(command: readonly string[], { environment = {}, ...rest }: RunOptions = {}): Promise<Outcome> {
    const variables = Object.entries({ PATH: rootPath, LC_ALL: 'C.UTF-8', ...environment });
    const clean = ['env', '-i', ...variables.map(([name, value]) => `${name}=${value}`)];
    return this.enter(['chroot', join(this.folder, 'merged'), ...clean, ...command], rest);
  }

  /** Runs a program that must succeed, and gives its output. */
  async must(command: readonly string[], runOptions: RunOptions = {}): Promise<string> {
    const { code, output } = await this.run(command, runOptions);
    if (code !== 0) throw new Error(`${this.release}: ${command.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** Runs a shell script that must succeed, and gives its output. */
  shell(script: string, runOptions: RunOptions = {}): Promise<string> {
    return this.must(['sh', '-euc', script], runOptions);
  }

  /**
   * Boots the root as a container, with its own systemd and the network of this machine, until `signal` powers it off.
   *
   * @param words more of systemd-nspawn(1)
   */
  async boot({ signal, seen }: Pick<RunOptions, 'signal' | 'seen'>, ...words: string[]): Promise<Outcome> {
    const group = basename(this.folder);
    const outcome = await this.enter(['sh', '-euc', boot, 'sh', group, join(this.folder, 'merged'), ...words], {
      ...(signal && { signal }),
      ...(seen && { seen }),
      stop: 'TERM',
    });
    await this.enter(['sh', '-c', afterBoot, 'sh', group, join(this.folder, 'merged')], {});
    return outcome;
  }

  /** Writes files, path to text, all by one process. */
  async write(files: Record<string, string>): Promise<void> {
    const parts = Object.entries(files).map(([path, text]) => `${path} ${Buffer.byteLength(text)}\n${text}`);
    const script = `while read -r path bytes; do
      [ -d "\${path%/*}/" ] || mkdir -p "\${path%/*}/"
      head -c "$bytes" >"$path"
    done`;
    await this.must(['sh', '-euc', script], { input: parts.join('') });
  }

  async read(path: string): Promise<string> {
    return this.must(['cat', path]);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.run(['test', '-e', path])).code === 0;
  }

  /** Forgets all that was written. */
  async end(): Promise<void> {
    const ended = once(this.holder, 'exit');
    this.holder.stdin?.end();
    await ended;
    rmdirSync(this.folder);
  }

  private enter(
    command: string[],
    { input = '', signal, seen, stop = 'KILL' }: RunOptions & { stop?: string },
  ): Promise<Outcome> {
    const entrance = [...privileged, 'nsenter', '--target', this.pid, '--mount', '--uts', '--pid'];
    const [program = '', ...args] = [...entrance, ...command];
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
      let output = '';
      const take = (data: Buffer) => {
        output += data;
        seen?.(String(data));
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      signal?.addEventListener('abort', () => endGroup(child.pid, stop));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, output }));
      // A command that ends early reads no further.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }
}

function endGroup(leader: number | undefined, signal: string): void {
  if (leader === undefined) return;
  const [program = '', ...args] = [...privileged, 'kill', `-${signal}`, '--', `-${leader}`];
  spawnSync(program, args, { stdio: 'ignore' });
}

function rootOf(release: Release, content: Content): string {
  const digest = createHash('sha256')
    .update([...optionsFor(content), ...content.packages].join('\n'))
    .digest('hex')
    .slice(0, 8);
  return join(home(), 'roots', `${release}-${digest}`);
}

function hostLacks(): string[] {
  const isMissing = (program: string) =>
    spawnSync('sh', ['-c', `PATH="$PATH:${rootPath}"; command -v ${program}`]).status !== 0;
  const missing = Object.entries(needed).filter(([program]) => isMissing(program));
  return [...missing.map(([, name]) => name), ...(existsSync(keyring) ? [] : ['debian-archive-keyring'])];
}

/** Installs what is missing here to fetch and build from packages of Debian. */
export async function equipHost(): Promise<void> {
  const missing = hostLacks();
  if (missing.length === 0) return;
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', '-o', 'DPkg::Lock::Timeout=300'];
  await host([...apt, 'update']);
  await host([...apt, 'install', '--no-install-recommends', ...missing]);
}

async function build(release: Release, content: Content, mirror: string): Promise<void> {
  const root = rootOf(release, content);
  const unfinished = `${root}.unfinished`;
  mkdirSync(join(home(), 'roots'), { recursive: true });
  await host(['rm', '-rf', unfinished]);
  await host(['mmdebstrap', ...optionsFor(content), `--keyring=${keyring}`, release, unfinished, mirror]);
  await host(['mv', unfinished, root]);
}

/** The mirror that a Debian host takes its own release from; elsewhere the public one. */
async function mirrorOf(): Promise<string> {
  const fields = ['--format', '$(COMPONENT) $(REPO_URI)', 'Created-By: Packages'];
  const targets = await host(['apt-get', 'indextargets', ...fields]).catch(() => '');
  return targets.match(/^main (\S+\/debian\/?)$/m)?.[1] ?? publicMirror;
}

function host(command: string[]): Promise<string> {
  const [program = '', ...args] = [...privileged, ...command];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${process.env.PATH}:${rootPath}` };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command.join(' ')} ended with ${code}:\n${stderr}`));
    });
  });
}
