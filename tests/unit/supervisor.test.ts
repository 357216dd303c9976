import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const supervisor = resolve(__dirname, '../../setup/supervisor.mjs');

let folder: string;
let supervised: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-supervisor-'));
});

afterEach(async () => {
  if (supervised.exitCode === null) {
    orders().destroy();
    await once(supervised, 'exit');
  }
  rmSync(folder, { recursive: true });
});

/** Starts a supervisor without anything to run. */
function wait(): void {
  supervised = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], detached: true });
}

/** Starts a stand-in of an engine, and waits until it says that it is there. */
async function supervise(script: string): Promise<void> {
  const engine = join(folder, 'engine.mjs');
  const head = `import { appendFileSync, writeFileSync } from 'node:fs'; import { spawn } from 'node:child_process';`;
  writeFileSync(engine, `${head}\n${script}\nsetInterval(() => {}, 1000); console.log('there');`);
  wait();
  const command = { bin: process.execPath, args: [engine], folder, environment: { ...process.env, NOTE: 'noted' } };
  orders().write(`${JSON.stringify(command)}\n`);
  await once(supervised.stdout as NodeJS.ReadableStream, 'data');
}

function orders(): Writable {
  return supervised.stdio[3] as Writable;
}

const noting = `for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {
  appendFileSync('signals', name + ' ');
  if (name === 'SIGTERM') process.exit(7);
});`;

async function noted(text: string): Promise<void> {
  const file = join(folder, 'signals');
  for (let tries = 0; tries < 200; tries += 1, await sleep(20)) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  }
  throw new Error(`signals: ${existsSync(file) ? readFileSync(file, 'utf8') : 'none'}`);
}

test('passes each signal on once, and gives the exit code of the engine', async () => {
  await supervise(noting);
  orders().write('SIGINT\n');
  await noted('SIGINT ');
  orders().write('SIGTERM\n');
  expect(await once(supervised, 'exit')).toEqual([7, null]);
  expect(readFileSync(join(folder, 'signals'), 'utf8')).toBe('SIGINT SIGTERM ');
});

test('cancels the engine when whoever started it is gone', async () => {
  await supervise(`process.on('SIGINT', () => { writeFileSync('signals', 'cancelled'); process.exit(0); });`);
  orders().destroy();
  await once(supervised, 'exit');
  expect(readFileSync(join(folder, 'signals'), 'utf8')).toBe('cancelled');
});

test('runs what it is told in the folder and with the environment that it is told', async () => {
  await supervise(`writeFileSync('note', process.env.NOTE);`);
  expect(readFileSync(join(folder, 'note'), 'utf8')).toBe('noted');
});

test('ends with whoever started it where there was nothing to run', async () => {
  wait();
  orders().destroy();
  expect(await once(supervised, 'exit')).toEqual([0, null]);
});

test('gives a signal no other meaning while there is nothing to run', async () => {
  wait();
  await sleep(300);
  supervised.kill('SIGTERM');
  expect(await once(supervised, 'exit')).toEqual([0, null]);
});

test('says that it was cancelled, so that the next run can wait for it', async () => {
  await supervise(noting);
  const title = () => readFileSync(`/proc/${supervised.pid}/cmdline`, 'utf8');
  expect(title()).not.toMatch(/^aipi-mqtt, cancelled/);
  orders().write('SIGINT\n');
  await noted('SIGINT ');
  expect(title()).toMatch(/^aipi-mqtt, cancelled/);
  orders().write('SIGTERM\n');
  await once(supervised, 'exit');
});

test('ends what a killed engine has left, though it leads a process group of its own', async () => {
  await supervise(`const plugin = spawn('sleep', ['600'], { stdio: 'ignore' });
writeFileSync('plugin', String(plugin.pid)); writeFileSync('engine', String(process.pid));
const grouped = spawn('sh', ['-c', 'set -m; sleep 600 & echo $! > grouped; wait'], { stdio: 'ignore' });`);
  await sleep(300);
  const pids = ['plugin', 'grouped', 'engine'].map((name) => Number(readFileSync(join(folder, name), 'utf8')));
  const [plugin = 0, grouped = 0, engine = 0] = pids;
  process.kill(engine, 'SIGKILL');
  expect(await once(supervised, 'exit')).toEqual([137, null]);
  for (const pid of [plugin, grouped]) expect(isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}
