/** A folder with the programs of `plugins/`, and a stack of their own. Engine and plug-ins are those of the product. */

import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { stringify } from 'yaml';
import manifest from '../../package.json';
import { follow } from '../../setup/docker';
import { type Pulumi, pulumi } from '../../setup/pulumi';
import { docker, type Outcome } from './project';

const repository = resolve(__dirname, '../..');

export class PluginProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-plugins-'));

  private constructor(
    private readonly engine: Pulumi,
    /** What everything on the Docker engine is called. */
    readonly name: string,
  ) {
    cpSync(join(repository, 'tests/integration/plugins/index.ts'), join(this.folder, 'index.ts'));
    symlinkSync(join(repository, 'node_modules'), join(this.folder, 'node_modules'));
    mkdirSync(join(this.folder, 'state'));
    const options = { typescript: false, nodeargs: '--require sucrase/register/ts' };
    this.write('Pulumi.yaml', stringify({ name: 'plugins', runtime: { name: 'nodejs', options }, main: 'index.ts' }));
    this.write('package.json', JSON.stringify({ name: 'plugins', dependencies: manifest.dependencies }));
  }

  static async open(name: string): Promise<PluginProject> {
    return new PluginProject(await pulumi(), name);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** What a file of the folder says, undefined where there is none. */
  read(file: string): string | undefined {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Runs a command of the engine on a stack, with a program. */
  async run(program: string, stack: string, args: readonly string[], added: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.start(program, stack, args, added).outcome;
  }

  /** Like `run`, with the process at hand. */
  start(program: string, stack: string, args: readonly string[], added: NodeJS.ProcessEnv = {}) {
    const child = spawn(this.engine.bin, [...args, '--stack', stack, '--non-interactive', '--color', 'never'], {
      cwd: this.folder,
      env: {
        ...process.env,
        ...this.engine.environment,
        PULUMI_BACKEND_URL: `file://${join(this.folder, 'state')}`,
        PULUMI_CONFIG_PASSPHRASE: 'a passphrase of tests only',
        PLUGINS_PROGRAM: program,
        PLUGINS_NAME: this.name,
        ...added,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child, outcome: outcomeOf(child) };
  }

  /** Runs a command that must succeed. */
  async must(program: string, stack: string, args: readonly string[], added?: NodeJS.ProcessEnv): Promise<Outcome> {
    const outcome = await this.run(program, stack, args, added);
    if (outcome.code !== 0) throw new Error(`${args.join(' ')} failed:\n${outcome.stdout}${outcome.stderr}`);
    return outcome;
  }

  /** Makes an image with nothing in it, so that containers need no registry. None of them is started. */
  async emptyImage(): Promise<void> {
    const emptyArchive = Readable.from([Buffer.alloc(1024)]);
    await follow(docker, await docker.importImage(emptyArchive, { repo: this.name, tag: '1' }));
  }

  async dispose(): Promise<void> {
    await docker.getImage(`${this.name}:1`).remove({ force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((done, fail) => {
    const texts = { stdout: '', stderr: '' };
    child.stdout?.on('data', (data) => {
      texts.stdout += data;
    });
    child.stderr?.on('data', (data) => {
      texts.stderr += data;
    });
    child.once('error', fail);
    child.once('close', (code) => done({ code: code ?? -1, ...texts }));
  });
}
