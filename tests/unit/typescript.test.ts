/**
 * How programs are loaded: what is kept of an earlier run is never run in the place of what a file says now. Each case is
 * a program in a folder of its own, run by a Node of its own.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const repository = resolve(__dirname, '../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-typescript-'));
  mkdirSync(join(folder, 'setup'));
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(repository, 'setup/typescript.cjs'), join(folder, 'setup/typescript.cjs'));
  symlinkSync(join(repository, 'node_modules/sucrase'), join(folder, 'node_modules/sucrase'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(text: string): void {
  writeFileSync(join(folder, 'part.ts'), text);
  writeFileSync(join(folder, 'main.ts'), "import { part } from './part';\nconsole.log(part);\n");
}

function run() {
  const args = ['--require', './setup/typescript.cjs', 'main.ts'];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

function kept(): string {
  const place = join(folder, 'node_modules/.cache/aipi-mqtt');
  const [name = '', ...others] = readdirSync(place);
  expect(others).toEqual([]);
  return join(place, name);
}

test('a program runs, and runs again from what was kept', () => {
  program('export const part: string = "first";');
  expect(run().stdout).toBe('first\n');
  const before = readFileSync(kept());
  expect(run().stdout).toBe('first\n');
  expect(readFileSync(kept()).equals(before)).toBe(true);
});

test('what was kept is taken again where a program changes how V8 reads programs, as that of Pulumi does', () => {
  program(`
    import v8 from 'node:v8';
    v8.setFlagsFromString('--allow-natives-syntax');
    export const part: string = 'first';
  `);
  run();
  const before = readFileSync(kept());
  expect(run().stdout).toBe('first\n');
  expect(readFileSync(kept()).equals(before)).toBe(true);
});

test('so it is where the program of Pulumi does, with all that it loads afterwards', () => {
  mkdirSync(join(folder, 'cmd/run'), { recursive: true });
  writeFileSync(
    join(folder, 'cmd/run/index.js'),
    "require('./flags.ts');\nconsole.log(require('../../part.ts').part);\n",
  );
  writeFileSync(
    join(folder, 'cmd/run/flags.ts'),
    "import v8 from 'node:v8';\nv8.setFlagsFromString('--allow-natives-syntax');\n",
  );
  program('export const part: string = "first";');
  const again = () => spawnSync(process.execPath, ['--require', './setup/typescript.cjs', 'cmd/run'], { cwd: folder });
  expect(again().stdout.toString()).toBe('first\n');
  const before = statSync(kept(), { bigint: true }).mtimeNs;
  expect(again().stdout.toString()).toBe('first\n');
  expect(statSync(kept(), { bigint: true }).mtimeNs).toBe(before);
});

test('of many versions the last one is kept', () => {
  for (const version of ['first', 'other']) {
    program(`export const part: string = ${JSON.stringify(version)};\nexport const long = '${'-'.repeat(4_500_000)}';`);
    run();
  }
  const before = readFileSync(kept());
  expect(before.includes('"other"')).toBe(true);
  expect(before.includes('"first"')).toBe(false);
  expect(run().stdout).toBe('other\n');
  expect(readFileSync(kept()).equals(before)).toBe(true);
});

test('a file that has changed is run as it is now', () => {
  program('export const part: string = "first";');
  run();
  program('export const part: string = "other";');
  expect(run().stdout).toBe('other\n');
});

test.each([
  ['cut off', (data: Buffer) => data.subarray(0, data.length / 2)],
  ['empty', () => Buffer.alloc(0)],
  ['zeros', (data: Buffer) => Buffer.alloc(data.length)],
  ['another bit', (data: Buffer) => Buffer.concat([data.subarray(0, -9), Buffer.from([1]), data.subarray(-8)])],
])('what was kept and is damaged is made anew: %s', (_, damage) => {
  program('export const part: string = "first";');
  run();
  const good = readFileSync(kept());
  writeFileSync(kept(), damage(good));
  expect(run().stdout).toBe('first\n');
  expect(readFileSync(kept()).length).toBeGreaterThan(good.length / 2);
});

test('an error names the file and line that somebody wrote', () => {
  program('export const part: string = "first";\nthrow new Error("no");');
  for (const _ of [1, 2]) expect(run().stderr).toContain(`${join(folder, 'part.ts')}:2`);
});

test('a syntax error is in the words of Node', () => {
  program('export const part = ;');
  const { status, stderr } = run();
  expect(status).toBe(1);
  expect(stderr).toMatch(/SyntaxError|Error parsing/);
});

test('the client of the Docker engine loads SSH and builds of images where they are used, and not before', () => {
  symlinkSync(join(repository, 'node_modules/dockerode'), join(folder, 'node_modules/dockerode'));
  program(`
    import Docker from 'dockerode';
    const loaded = () => ['ssh2', 'grpc-js'].map((name) => Object.keys(require.cache).some((path) => path.includes(name)));
    const seen = [loaded()];
    try { new Docker({ protocol: 'ssh', host: '127.0.0.1', port: 1 }).ping(() => {}); } catch {}
    seen.push(loaded());
    export const part = JSON.stringify(seen);
    setImmediate(() => process.exit());
  `);
  expect(run()).toMatchObject({ stdout: '[[false,false],[true,false]]\n' });
});
