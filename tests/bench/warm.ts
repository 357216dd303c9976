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
import { pulumi, run } from '../../setup/pulumi';
import { devLike, freePorts, Project } from '../integration/project';
import { cleanUp, cleanUpOnSignals, later } from './cleanup';
import { median } from './figure';
import { TrivialProject } from './trivialProject';

const runs = Number(process.argv[2] ?? 5);
/** As many as a stack with the default listeners has. */
const resources = 19;
const figures = new Map<string, number[]>();

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  figures.set(name, [...(figures.get(name) ?? []), performance.now() - started]);
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

/** The listeners that Pulumi.yaml gives by default, on ports that nobody uses. */
async function stackOf(project: Project): Promise<string> {
  const { stack, config } = await devLike();
  const listeners = (config.listeners as Array<{ clients?: string }>).filter(({ clients }) => clients !== 'devices');
  const [port] = await freePorts(1);
  project.configure(stack, { ...config, listeners: [...listeners, { port, clients: 'devices' }] });
  return stack;
}

async function measure(): Promise<void> {
  const engine = await pulumi();
  const project = new Project();
  later(() => project.dispose());
  const stack = await stackOf(project);
  const own = {
    bin: engine.bin,
    environment: { ...engine.environment, ...project.environment } as Record<string, string>,
  };
  const product = (...args: string[]) =>
    run(own, [...args, '--stack', stack, '--non-interactive'], 'returned', project.folder);
  // The root secret of the devices is protected.
  const destroy = async () => {
    await run(own, ['state', 'unprotect', '--all', '--stack', stack, '--yes'], 'returned', project.folder);
    await product('destroy', '--yes', '--skip-preview');
  };
  const trivial = await TrivialProject.make(trivialResources(resources - 1));
  const like = await TrivialProject.make(samePlugins);
  later(() => like.destroy());
  await like.up();
  await run(own, ['stack', 'init', stack], 'returned', project.folder);
  await product('up', '--yes', '--skip-preview');
  await destroy();
  for (let each = 0; each < runs; each += 1) {
    await timed('floor: up', async () => {
      await trivial.up();
      dockerRun();
    });
    await timed('pulumi up', () => product('up', '--yes', '--skip-preview'));
    await timed('floor: second up', () => trivial.up());
    await timed('same plug-ins: second up', () => like.up());
    await timed('same plug-ins: preview', () => like.preview());
    await timed('second pulumi up', () => product('up', '--yes', '--skip-preview'));
    await timed('floor: preview', () => trivial.preview());
    await timed('pulumi preview', () => product('preview'));
    await timed('npm run up, nothing to do', () => project.must('up', stack));
    await trivial.destroy();
    await destroy();
    await timed('npm run up, empty stack', () => project.must('up', stack));
    await destroy();
  }
}

async function main(): Promise<void> {
  cleanUpOnSignals();
  try {
    await measure();
  } finally {
    await cleanUp();
  }
  const of = (name: string) => median(figures.get(name) ?? []) / 1000;
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
    const [own, floor] = [of(name), of(base)];
    console.log(
      `${name.padEnd(26)} over ${base.padEnd(25)} ${own.toFixed(2)} s / ${floor.toFixed(2)} s = ${(own / floor).toFixed(2)}`,
    );
  }
}

void main();
