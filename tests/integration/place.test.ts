/**
 * Proves that a stack's state and passphrase are found again whatever else is set in the environment, that a state which
 * was cut off is put back, and that a lock of nobody is no lock. One stack, in an AIPI_HOME whose name a URL would read
 * otherwise, its state compressed.
 *
 * Does not prove what a login to Pulumi's service means: no such service is here.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { devLike, leftovers, Project } from './project';

jest.setTimeout(300_000);

const project = new Project('home of #1, 100%20 and ?');
const compressed = { PULUMI_DIY_BACKEND_GZIP: 'true' };
let stack: string;
let stranger: ChildProcess;

const bookkeeping = () => join(project.home, 'state', '.pulumi');
const checkpoint = () => join(bookkeeping(), 'stacks', 'aipi-mqtt', `${stack}.json.gz`);
const passphrase = () => join(project.home, 'passphrase');
const outputs = (environment: NodeJS.ProcessEnv) =>
  project.runWith({ ...compressed, ...environment }, 'outputs', stack, '--json');
const answer = { code: 0, stdout: expect.stringContaining('"endpoints":{"mqtt-'), stderr: '' };

beforeAll(async () => {
  const { stack: name, config } = await devLike();
  stack = name;
  project.configure(stack, config);
  stranger = spawn('sleep', ['3600'], { stdio: 'ignore' });
});

afterAll(async () => {
  stranger.kill();
  await project.dispose();
});

test('a first update', async () => {
  const { code, stderr } = await project.runWith(compressed, 'up', stack);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(readFileSync(passphrase(), 'utf8')).toMatch(/^[\w-]{43}$/);
});

test('the state lies where AIPI_HOME says, and nowhere else', () => {
  expect(existsSync(checkpoint())).toBe(true);
  expect(readdirSync(project.folder)).not.toContain('home of ');
});

test('a login for another project leaves the stack where it is', async () => {
  const logins = join(project.folder, 'other logins');
  const other = join(project.folder, 'other state');
  mkdirSync(logins);
  mkdirSync(other);
  writeFileSync(join(logins, 'credentials.json'), JSON.stringify({ current: `file://${other}` }));
  expect(await outputs({ PULUMI_CREDENTIALS_PATH: logins })).toEqual(answer);
  expect(await outputs({ PULUMI_CREDENTIALS_PATH: logins, PULUMI_CONFIG_PASSPHRASE: 'of another project' })).toEqual(
    answer,
  );
});

test('a backend that does not hold the stack is refused with the place that does', async () => {
  const other = `file://${project.folder}/elsewhere`;
  mkdirSync(join(project.folder, 'elsewhere'));
  for (const command of ['outputs', 'up']) {
    const { code, stdout, stderr } = await project.runWith({ PULUMI_BACKEND_URL: other }, command, stack);
    expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
    expect(stderr).toContain(`The stack "${stack}" is not in ${other} (named by PULUMI_BACKEND_URL), but in file://`);
    expect(stderr).toContain('home%20of%20%231%2C%20100%2520%20and%20%3F/state');
  }
  expect(readdirSync(join(project.folder, 'elsewhere'))).toEqual([]);
});

test('a passphrase that is gone is not made anew where a stack is', async () => {
  copyFileSync(passphrase(), `${passphrase()}.kept`);
  const kept = readFileSync(passphrase());
  truncateSync(passphrase());
  const empty = await outputs({});
  writeFileSync(passphrase(), kept);
  expect(empty).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(`${passphrase()} is not theirs`),
  });
  expect(await outputs({ PULUMI_CONFIG_PASSPHRASE: '' })).toEqual(answer);
});

test('a state that was cut off is put back, and locks of nobody are taken away', async () => {
  truncateSync(checkpoint(), 2_000);
  const locks = join(bookkeeping(), 'locks', 'organization', 'aipi-mqtt', stack);
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, 'empty.json'), '');
  const lock = { pid: stranger.pid, username: 'u', hostname: hostname(), timestamp: '2026-01-01T00:00:00.123456789Z' };
  writeFileSync(join(locks, 'reused.json'), JSON.stringify(lock));
  const { code, stdout, stderr } = await project.runWith(compressed, 'up', stack);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(/The state of "\S+" was cut off; it is put back from /);
  expect(stderr).toContain('its lock on the stack is taken away');
  expect(readdirSync(locks).filter((name) => name.endsWith('.json'))).toEqual([]);
});

test('operations that an engine of elsewhere left pending are forgotten', async () => {
  const file = join(project.folder, 'pending.json');
  await project.must('pulumi', 'stack', 'export', '--stack', stack, '--file', file);
  const state = JSON.parse(readFileSync(file, 'utf8'));
  const [, resource] = state.deployment.resources;
  state.deployment.pending_operations = [{ resource, type: 'creating' }];
  writeFileSync(file, JSON.stringify(state));
  await project.must('pulumi', 'stack', 'import', '--stack', stack, '--file', file);
  const { code, stdout, stderr } = await project.runWith(compressed, 'up', stack);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(`${stdout}${stderr}`).not.toMatch(/pending/);
  expect(pending()).toEqual([]);
});

test('nothing is left', async () => {
  await project.must('destroy', stack);
  expect(await leftovers(`aipi-mqtt-${stack}`)).toEqual([]);
  expect(existsSync(checkpoint())).toBe(false);
});

function pending(): unknown[] {
  const bytes = readFileSync(checkpoint());
  return JSON.parse(gunzipSync(bytes).toString('utf8')).checkpoint.latest.pending_operations ?? [];
}
