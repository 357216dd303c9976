/** A program of somebody else: one of `examples/`, with this project as a package and a stack of its own. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Pulumi, pulumi } from '../../setup/pulumi';
import { type Outcome, Project } from './project';

const repository = resolve(__dirname, '../..');
const start = promisify(execFile);

/** What `npm pack` makes of this project. */
export class Package {
  private constructor(
    private readonly folder: string,
    private readonly archive: string,
    /** Path of each file in it. */
    readonly files: readonly string[],
  ) {}

  static async pack(): Promise<Package> {
    // In a copy, because what is compiled stays there.
    const project = new Project();
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-package-'));
    try {
      const words = ['pack', '--json', '--pack-destination', folder];
      const { stdout } = await start('npm', words, { cwd: project.folder, maxBuffer: 10_000_000 });
      const [packed] = JSON.parse(stdout) as Array<{ filename: string; files: Array<{ path: string }> }>;
      if (packed === undefined) throw new Error(`npm pack has made nothing: ${stdout}`);
      const files = packed.files.map(({ path }) => path);
      return new Package(folder, join(folder, packed.filename), files);
    } finally {
      await project.dispose();
    }
  }

  /** Installs it into the packages of a program, beside those that it needs: the machine's own, so that nothing is downloaded. */
  async install(packages: string): Promise<void> {
    const own = join(repository, 'node_modules');
    const names = readdirSync(own).filter((name) => !name.startsWith('.') && name !== 'aipi-mqtt');
    mkdirSync(join(packages, 'aipi-mqtt'), { recursive: true });
    for (const name of names) symlinkSync(join(own, name), join(packages, name));
    await start('tar', ['xzf', this.archive, '--strip-components', '1', '-C', join(packages, 'aipi-mqtt')]);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class PackageProject {
  private constructor(
    private readonly engine: Pulumi,
    private readonly root: string,
    readonly folder: string,
    private readonly stack: string,
  ) {}

  /** @param example name of a folder of `examples/` */
  static async open(own: Package, example: string, stack: string): Promise<PackageProject> {
    const root = mkdtempSync(join(tmpdir(), 'aipi-mqtt-example-'));
    const folder = join(root, example);
    cpSync(join(repository, 'examples', example), folder, { recursive: true });
    mkdirSync(join(root, 'state'));
    await own.install(join(folder, 'node_modules'));
    return new PackageProject(await pulumi(), root, folder, stack);
  }

  /** The same program and stack in another folder, as on another machine. */
  elsewhere(name: string): PackageProject {
    const other = join(this.root, name, 'program');
    cpSync(this.folder, other, { recursive: true, verbatimSymlinks: true });
    return new PackageProject(this.engine, this.root, other, this.stack);
  }

  /** Changes a text of the program. */
  change(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Runs a command of the engine on the stack. */
  async run(...args: string[]): Promise<Outcome> {
    const words = [...args, '--stack', this.stack, '--non-interactive', '--color', 'never'];
    const env = {
      ...process.env,
      ...this.engine.environment,
      PULUMI_BACKEND_URL: `file://${join(this.root, 'state')}`,
      PULUMI_CONFIG_PASSPHRASE: 'a passphrase of tests only',
    };
    return new Promise((done) => {
      execFile(this.engine.bin, words, { cwd: this.folder, env, maxBuffer: 100_000_000 }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  }

  /** Runs a command that must succeed. */
  async must(...args: string[]): Promise<Outcome> {
    const outcome = await this.run(...args);
    if (outcome.code !== 0) throw new Error(`${args.join(' ')} failed:\n${outcome.stdout}${outcome.stderr}`);
    return outcome;
  }

  async outputs() {
    return JSON.parse((await this.must('stack', 'output', '--json', '--show-secrets')).stdout);
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
