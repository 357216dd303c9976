/** A machine in a temporary folder, with as much of Pulumi on it as a test puts there, and a server in place of Pulumi's. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PulumiHomes } from '../../setup/pulumiHome';
import type { Places } from '../../setup/search';
import { programFolder } from '../../setup/toolchain/build';
import { engineVersion, plugins } from '../../setup/toolchain/versions';

export const allPlugins = plugins;
export const version = engineVersion;

export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-machine-'));
  readonly home = join(this.folder, 'aipi');
  readonly homes: PulumiHomes = {
    own: join(this.folder, 'user/.pulumi'),
    mixed: join(this.home, 'pulumi'),
    logins: join(this.folder, 'user/.pulumi'),
  };
  readonly bin = join(this.folder, 'bin');
  /** What was said to the person. */
  said = '';
  /** Whether Pulumi's server is in reach. */
  isOnline = false;

  private constructor(private readonly server: Server) {
    mkdirSync(this.bin);
    process.env.PATH = this.bin;
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      this.said += text;
      return true;
    });
  }

  static async start(): Promise<Machine> {
    const server = createServer();
    const machine = new Machine(server);
    server.on('request', ({ url = '' }, response) => {
      if (machine.isOnline) response.end(machine.archive(url));
      else response.writeHead(403).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return machine;
  }

  get places(): Places {
    const { port } = this.server.address() as AddressInfo;
    return { home: this.home, homes: this.homes, server: `http://127.0.0.1:${port}` };
  }

  async stop(): Promise<void> {
    jest.restoreAllMocks();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }

  /** An engine on PATH; a script counts as one that brings its language host. */
  installPulumi(number = '3.262.0'): string {
    return this.write(join(this.bin, 'pulumi'), `#!/bin/sh\necho v${number}\n`);
  }

  /** An engine on PATH without a language host: a program that is no script, and says the version when it is asked. */
  installBarePulumi(number = '3.262.0'): string {
    const file = join(this.bin, 'pulumi');
    copyFileSync('/usr/bin/printenv', file);
    process.env.version = number;
    return file;
  }

  /** Pulumi's own plug-in. */
  installPlugin(name: string, pulumiHome = this.homes.own): string {
    const [, number] = plugins.find(([each]) => each === name) ?? [];
    const folder = join(pulumiHome, 'plugins', `resource-${name}-v${number}`);
    this.write(join(folder, 'LICENSE'), "Pulumi's");
    return this.write(join(folder, `pulumi-resource-${name}`), `Pulumi's ${name}`);
  }

  installPlugins(): void {
    for (const [name] of plugins) this.installPlugin(name);
  }

  /** Puts what the toolchain would build to where it looks for what it has built. */
  buildToolchain(): void {
    for (const name of ['pulumi', 'pulumi-language-nodejs', 'pulumi-resource']) {
      this.write(join(programFolder(this.home), name), `built ${name}`);
    }
  }

  /** What is in a home of Pulumi under the name of a plug-in. */
  plugin(name: string, pulumiHome: string): string {
    const [, number] = plugins.find(([each]) => each === name) ?? [];
    return readFileSync(join(pulumiHome, 'plugins', `resource-${name}-v${number}`, `pulumi-resource-${name}`), 'utf8');
  }

  write(file: string, text: string): string {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }

  private archive(url: string): Buffer {
    const content = join(this.folder, 'content', url);
    const [, name] = url.match(/pulumi-resource-([a-z]+)/) ?? [];
    if (name === undefined) {
      for (const program of ['pulumi', 'pulumi-language-nodejs']) this.write(join(content, 'pulumi', program), program);
    } else this.write(join(content, `pulumi-resource-${name}`), `Pulumi's ${name}`);
    return spawnSync('tar', ['-cz', '-C', content, ...readdirSync(content)]).stdout;
  }
}
