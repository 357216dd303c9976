/**
 * Mosquitto as Debian packages it, run from the unpacked packages on this machine: with the libraries of its own release,
 * as nobody's user, in a folder that is gone afterwards. Neither containers nor systemd take part.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BrokerFiles,
  brokerId,
  currentFolderOf,
  deployments,
  fileNames,
  folderName,
  pathOf,
} from '../../mosquitto/files';
import type { Layout } from '../../mosquitto/layout';
import { type Release, releaseOf } from '../../mosquitto/release';
import { home } from '../../setup/home';
import { alone } from '../../setup/processes';
import { packages } from '../../setup/toolchain/image/packages';
import { equipHost } from './debianRoot';

/** Release of Debian to the Mosquitto that it packages. */
export const packagedVersions = { bookworm: '2.0.11', trixie: '2.0.21', sid: '2.1.2' } as const;
export type Suite = keyof typeof packagedVersions;

const architecture = arch() === 'x64' ? 'amd64' : arch();

/** The unpacked packages of a release of Debian; whoever runs programs from them may be another user. */
export class Packages {
  private constructor(
    readonly suite: Suite,
    readonly folder: string,
  ) {
    this.link();
  }

  static async of(suite: Suite): Promise<Packages> {
    const kept = join(home(), 'packages', suite);
    mkdirSync(kept, { recursive: true });
    const wanted = ['mosquitto', ...(suite === 'bookworm' ? [] : ['systemd-standalone-sysusers'])];
    const source = { suite, wanted };
    const list = join(kept, 'fetched.json');
    const files = await alone(`${kept}.lock`, async () => {
      if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8')) as string[];
      await equipHost();
      const version = packagedVersions[suite];
      const fetched = await packages({ folder: kept, architecture, package: 'mosquitto', version, source });
      writeFileSync(list, JSON.stringify(fetched.files));
      return fetched.files;
    });
    const folder = mkdtempSync(join(tmpdir(), `aipi-mqtt-${suite}-`));
    chmodSync(folder, 0o755);
    for (const file of files.filter((path) => /^(mosquitto|lib)/.test(basename(path)))) {
      execFileSync('dpkg-deb', ['--extract', file, folder]);
    }
    return new Packages(suite, folder);
  }

  get release(): Release {
    return releaseOf(packagedVersions[this.suite]);
  }

  /** Path of a library. */
  library(name: RegExp): string {
    const found = this.files.find((path) => name.test(path));
    if (found === undefined) throw new Error(`${this.suite} has no ${name}`);
    return found;
  }

  /** Names that the loader looks for, which installing a package makes. */
  private link(): void {
    for (const path of this.files) {
      const [, name] = path.match(/^(.*\.so\.\d+)\.\d/) ?? [];
      if (name !== undefined && !existsSync(name)) symlinkSync(basename(path), name);
    }
  }

  /** The folders of libraries. */
  get libraries(): string[] {
    return [...new Set(this.files.filter((path) => /\.so\.\d+$/.test(path)).map((path) => dirname(path)))];
  }

  private get files(): string[] {
    return ['lib', 'lib64', 'usr/lib', 'usr/lib64'].flatMap((folder) => entries(join(this.folder, folder), 2));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Makes the files of a broker, once it is known where they will be. */
export type Rendering = (layout: Layout) => BrokerFiles;

export class PackagedBroker {
  log = '';
  private broker: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-packaged-'));

  constructor(readonly packages: Packages) {
    for (const path of [this.folder, ...Object.values(this.folders)]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      own(path);
    }
  }

  get release(): Release {
    return this.packages.release;
  }

  get layout(): Layout {
    const plugins = this.release.hasPlugins ? dirname(this.packages.library(/mosquitto_acl_file\.so$/)) : '';
    const { configuration, data } = this.folders;
    return { configuration, data, plugins, program: join(this.packages.folder, 'usr/sbin/mosquitto'), log: 'stderr' };
  }

  /** @param render none: the files that are there */
  async start(render?: Rendering): Promise<void> {
    if (render !== undefined) this.deploy(render(this.layout));
    const said = this.log.length;
    const loader = this.packages.library(/\/ld-linux[^/]*$/);
    const options = ['--library-path', this.packages.libraries.join(':')];
    const user = process.getuid?.() === 0 ? { uid: brokerId, gid: brokerId } : {};
    const configuration = pathOf(fileNames.configuration, this.layout);
    const broker = spawn(loader, [...options, this.layout.program, '-c', configuration], {
      ...user,
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.broker = broker;
    for (const stream of [broker.stdout, broker.stderr]) {
      stream?.on('data', (data) => {
        this.log += data;
      });
    }
    await this.says(/ running\n/, said);
  }

  /** Gives the broker other files, and makes it read them. */
  async reload(render: Rendering): Promise<void> {
    this.deploy(render(this.layout));
    await this.signal();
  }

  /** Makes the broker read its files again; it says so before it does. */
  async signal(): Promise<void> {
    const said = this.log.length;
    this.broker?.kill('SIGHUP');
    await this.says(/Reloading config\.\n/, said);
    await sleep(200);
  }

  get runs(): boolean {
    return this.broker?.exitCode === null && this.broker.signalCode === null;
  }

  get pid(): number {
    return this.broker?.pid ?? 0;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.broker === undefined || !this.runs) return;
    const ended = once(this.broker, 'exit');
    this.broker.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  deploy(files: BrokerFiles): void {
    const folder = join(this.folders.configuration, deployments, folderName(files));
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    own(dirname(folder));
    own(folder);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      own(join(folder, name));
    }
    const current = currentFolderOf(this.layout);
    rmSync(`${current}.next`, { force: true });
    symlinkSync(folder, `${current}.next`);
    renameSync(`${current}.next`, current);
  }

  private get folders() {
    return { configuration: join(this.folder, 'configuration'), data: join(this.folder, 'data') };
  }

  private async says(what: RegExp, from: number): Promise<void> {
    while (!what.test(this.log.slice(from))) {
      if (!this.runs) throw new Error(`the broker has ended:\n${this.log.slice(from)}`);
      await sleep(10);
    }
  }
}

function own(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, brokerId, brokerId);
}

function entries(folder: string, depth: number): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() && depth > 0 ? entries(path, depth - 1) : [path];
  });
}
