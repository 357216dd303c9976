/** A Pulumi project of a few lines in a folder of its own, with a state of its own. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Pulumi, pulumi, run } from '../../setup/pulumi';
import { later } from './cleanup';

const repository = resolve(__dirname, '../..');
const stack = 'trivial';

export class TrivialProject {
  private constructor(
    private readonly engine: Pulumi,
    private readonly folder: string,
  ) {}

  /** @param lines of the program, in JavaScript */
  static async make(lines: readonly string[]): Promise<TrivialProject> {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bench-'));
    later(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(
      join(folder, 'Pulumi.yaml'),
      'name: floor\nruntime: { name: nodejs, options: { typescript: false } }\n',
    );
    writeFileSync(join(folder, 'package.json'), '{ "name": "floor", "main": "index.js" }\n');
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'state'));
    const { bin, environment } = await pulumi();
    // What set-up adds for speed is the product's, not the floor's.
    const { NODE_COMPILE_CACHE: _, ...plain } = environment;
    const own = { PULUMI_BACKEND_URL: `file://${folder}/state`, PULUMI_CONFIG_PASSPHRASE: 'bench' };
    const project = new TrivialProject({ bin, environment: { ...plain, ...own } }, folder);
    project.write(lines);
    await run(project.engine, ['stack', 'init', stack], 'returned', folder);
    return project;
  }

  write(lines: readonly string[]): void {
    writeFileSync(join(this.folder, 'index.js'), lines.join('\n'));
  }

  up(): Promise<number> {
    return this.timed('up', '--yes', '--skip-preview');
  }

  preview(): Promise<number> {
    return this.timed('preview');
  }

  destroy(): Promise<number> {
    return this.timed('destroy', '--yes', '--skip-preview');
  }

  /** @returns milliseconds that the command took */
  private async timed(...args: string[]): Promise<number> {
    const started = performance.now();
    await run(this.engine, [...args, '--stack', stack, '--non-interactive'], 'returned', this.folder);
    return performance.now() - started;
  }
}
