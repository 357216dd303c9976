/**
 * Section `commands`: what a person waits for, over what the engine itself takes.
 *
 * The floor is a program of a few lines with thirty trivial resources, and for a first deployment one `docker run` of the
 * broker's image after it: what the engine, its language host, a plug-in and Docker cost is in it. All are taken in turn,
 * in the same run.
 */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { say } from '../../setup/progress';
import { pulumi, run } from '../../setup/pulumi';
import { devLike, Project } from '../integration/project';
import { later } from './cleanup';
import { type Figure, median } from './figure';
import type { Options } from './options';
import { TrivialProject } from './trivialProject';

const section = 'commands';
const trivialResources = 30;

const floor = [
  "const random = require('@pulumi/random');",
  `for (let each = 0; each < ${trivialResources}; each += 1) new random.RandomId('trivial-' + each, { byteLength: 8 });`,
];
const container = `aipi-mqtt-bench-${process.pid}`;
const execute = promisify(execFile);

/** What is measured, and over what; where a bound stands, it is the most that is right. */
const ratios: ReadonlyArray<{ name: string; own: string; floor: string; most?: number }> = [
  { name: 'empty to verified', own: 'npm run up, empty', floor: 'floor: up, empty', most: 1.5 },
  { name: 'up that changes nothing', own: 'npm run up, unchanged', floor: 'floor: up, unchanged', most: 1.5 },
  { name: 'preview', own: 'npm run preview', floor: 'floor: preview', most: 1.3 },
  { name: 'the engine alone, up that changes nothing', own: 'pulumi up, unchanged', floor: 'floor: up, unchanged' },
  { name: 'review over a plain preview', own: 'npm run review', floor: 'pulumi preview', most: 1.2 },
  { name: 'the engine alone, preview', own: 'pulumi preview', floor: 'floor: preview' },
];

export async function commands({ runs }: Options): Promise<Figure[]> {
  const times = new Map<string, number[]>();
  const note = (name: string, milliseconds: number) => {
    times.set(name, [...(times.get(name) ?? []), milliseconds]);
    say(`${name}: ${(milliseconds / 1000).toFixed(2)} s`);
  };
  const trivial = await TrivialProject.make(floor);
  later(() => trivial.destroy());
  later(async () => void (await removeContainer()));
  const product = await Product.make();
  // Whatever is done once on a machine is done before.
  await trivial.up();
  await product.command('up');
  for (let each = 0; each < runs; each += 1) {
    await trivial.destroy();
    await product.command('destroy');
    note('floor: up, empty', (await trivial.up()) + (await timed(dockerRun)));
    await removeContainer();
    note('npm run up, empty', await product.command('up'));
    note('floor: up, unchanged', await trivial.up());
    note('npm run up, unchanged', await product.command('up'));
    note('pulumi up, unchanged', await product.engine('up', '--yes', '--skip-preview'));
    note('floor: preview', await trivial.preview());
    note('npm run preview', await product.command('preview'));
    note('pulumi preview', await product.engine('preview'));
    note('npm run review', await product.command('review'));
  }
  const of = (name: string) => times.get(name) ?? [];
  return [
    ...ratios.map(({ name, own, floor: base, most }): Figure => {
      const value = median(of(own)) / median(of(base));
      return { section, name, value, unit: 'times', must: most === undefined ? null : { most } };
    }),
    ...[...times].map(([name, values]): Figure => {
      return { section, name, value: median(values) / 1000, unit: 'seconds', must: null };
    }),
  ];
}

/** The product as a person uses it, with the listeners that Pulumi.yaml gives by default, on ports that nobody uses. */
class Product {
  private constructor(
    private readonly project: Project,
    private readonly stack: string,
  ) {}

  static async make(): Promise<Product> {
    const project = new Project();
    later(() => project.dispose());
    const { stack, config } = await devLike();
    project.configure(stack, config);
    return new Product(project, stack);
  }

  /** Runs `npm run`, and returns how many milliseconds it took. */
  command(name: string): Promise<number> {
    return timed(async () => {
      const { code, stdout, stderr } = await this.project.startByNpm(name, this.stack).outcome;
      if (code !== 0) throw new Error(`npm run ${name} failed:\n${stdout}${stderr}`);
    });
  }

  /** Runs the engine alone, and returns how many milliseconds it took. */
  async engine(...args: string[]): Promise<number> {
    const { bin, environment } = await pulumi();
    const own = { bin, environment: { ...environment, ...this.project.engineEnvironment } as Record<string, string> };
    const words = [...args, '--stack', this.stack, '--non-interactive'];
    return timed(() => run(own, words, 'returned', this.project.folder));
  }
}

function dockerRun(): Promise<unknown> {
  return execute('docker', ['run', '--detach', '--name', container, 'eclipse-mosquitto:2.1.2']);
}

function removeContainer(): Promise<unknown> {
  return execute('docker', ['rm', '--force', '--volumes', container]).catch(() => {});
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
