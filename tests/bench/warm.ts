/**
 * What this product costs over the bare engine, everything being set up: medians of several runs taken in turn, and
 * their ratios. Absolute times say more about the machine.
 *
 *     node --require sucrase/register/ts tests/bench/warm.ts [runs]
 *
 * The floor is a program of as many trivial resources, and `docker run` of the same image until the broker runs. For
 * runs without a change there is a second floor, whose resources come from the same plug-ins as the product's: starting
 * a plug-in is the engine's own work.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pulumi, run } from '../../setup/pulumi';
import { devLike, Project } from '../integration/project';

const runs = Number(process.argv[2] ?? 5);
const resources = 17;
const figures = new Map<string, number[]>();

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  figures.set(name, [...(figures.get(name) ?? []), performance.now() - started]);
}

function median(name: string): number {
  const sorted = [...(figures.get(name) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A project of trivial resources in a folder of its own. */
function floorProject(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bench-'));
  writeFileSync(
    join(folder, 'Pulumi.yaml'),
    'name: floor\nruntime: { name: nodejs, options: { typescript: false } }\n',
  );
  writeFileSync(join(folder, 'package.json'), '{ "name": "floor", "main": "index.js" }\n');
  writeFileSync(join(folder, 'index.js'), lines.join('\n'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'state'));
  return folder;
}

function trivialResources(count: number): string[] {
  return [
    "const random = require('@pulumi/random');",
    `for (let each = 0; each < ${count}; each += 1) new random.RandomId('trivial-' + each, { byteLength: 8 });`,
  ];
}

const samePlugins = [
  ...trivialResources(resources - 3),
  `new (require('@pulumi/docker').Volume)('volume', { name: 'aipi-mqtt-bench-${process.pid}' });`,
  "new (require('@pulumi/command').local.Command)('command', { create: 'true' });",
];

function dockerRun(): void {
  const name = `aipi-mqtt-bench-${process.pid}`;
  execFileSync('docker', ['run', '--detach', '--name', name, 'eclipse-mosquitto:2.1.2']);
  while (!/ running/.test(spawnSync('docker', ['logs', name], { encoding: 'utf8' }).stderr));
  execFileSync('docker', ['rm', '--force', '--volumes', name]);
}

async function main(): Promise<void> {
  const engine = await pulumi();
  const project = new Project();
  const floor = floorProject(trivialResources(resources - 1));
  const likeFloor = floorProject(samePlugins);
  const environment = { PULUMI_BACKEND_URL: `file://${floor}/state`, PULUMI_CONFIG_PASSPHRASE: 'bench' };
  // What set-up adds for speed is the product's, not the floor's.
  const { NODE_COMPILE_CACHE: _, ...plain } = engine.environment;
  const bare = { bin: engine.bin, environment: { ...plain, ...environment } };
  const like = (...args: string[]) =>
    run(bare, [...args, '--stack', 'like', '--non-interactive'], 'returned', likeFloor);
  const trivial = (...args: string[]) =>
    run(bare, [...args, '--stack', 'floor', '--non-interactive'], 'returned', floor);
  const { stack, config } = await devLike();
  project.configure(stack, config);
  const own = { ...engine.environment, ...project.environment } as Record<string, string>;
  const product = (...args: string[]) =>
    run(
      { bin: engine.bin, environment: own },
      [...args, '--stack', stack, '--non-interactive'],
      'returned',
      project.folder,
    );
  try {
    await run(bare, ['stack', 'init', 'floor'], 'returned', floor);
    await run(bare, ['stack', 'init', 'like'], 'returned', likeFloor);
    await like('up', '--yes', '--skip-preview');
    await run({ bin: engine.bin, environment: own }, ['stack', 'init', stack], 'returned', project.folder);
    await product('up', '--yes', '--skip-preview');
    await product('destroy', '--yes', '--skip-preview');
    for (let each = 0; each < runs; each += 1) {
      await timed('floor: up', async () => {
        await trivial('up', '--yes', '--skip-preview');
        dockerRun();
      });
      await timed('pulumi up', () => product('up', '--yes', '--skip-preview'));
      await timed('floor: second up', () => trivial('up', '--yes', '--skip-preview'));
      await timed('same plug-ins: second up', () => like('up', '--yes', '--skip-preview'));
      await timed('same plug-ins: preview', () => like('preview'));
      await timed('second pulumi up', () => product('up', '--yes', '--skip-preview'));
      await timed('floor: preview', () => trivial('preview'));
      await timed('pulumi preview', () => product('preview'));
      await timed('npm run up, nothing to do', () => project.must('up', stack));
      await trivial('destroy', '--yes', '--skip-preview');
      await product('destroy', '--yes', '--skip-preview');
      await timed('npm run up, empty stack', () => project.must('up', stack));
      await product('destroy', '--yes', '--skip-preview');
    }
  } finally {
    await project.dispose();
    await like('destroy', '--yes', '--skip-preview');
    rmSync(floor, { recursive: true, force: true });
    rmSync(likeFloor, { recursive: true, force: true });
  }
  const rows: Array<[string, string]> = [
    ['pulumi up', 'floor: up'],
    ['npm run up, empty stack', 'floor: up'],
    ['second pulumi up', 'floor: second up'],
    ['second pulumi up', 'same plug-ins: second up'],
    ['npm run up, nothing to do', 'floor: second up'],
    ['pulumi preview', 'floor: preview'],
    ['pulumi preview', 'same plug-ins: preview'],
  ];
  for (const [name, base] of rows) {
    const ratio = (median(name) / median(base)).toFixed(2);
    console.log(
      `${name.padEnd(26)} over ${base.padEnd(25)} ${(median(name) / 1000).toFixed(2)} s / ${(median(base) / 1000).toFixed(2)} s = ${ratio}`,
    );
  }
}

void main();
