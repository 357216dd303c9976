/**
 * Proves with the real engine, Docker and Mosquitto that a plain stack goes from nothing to a verified broker and back,
 * and that the second update changes nothing. It does not prove set-up: engine, image and packages are there already.
 */

import { existsSync, readFileSync } from 'node:fs';
import type { CheckResult } from '../../mosquitto/result';
import { devLike, leftovers, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let stack: string;

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  stack = own.stack;
  // Engines say several addresses of a port in an order of their own.
  const [first, ...others] = own.config.listeners as object[];
  const listeners = [{ ...first, bindAddress: ['127.0.0.1', '127.0.0.2'] }, ...others];
  project.configure(stack, { ...own.config, listeners });
});

afterAll(() => project.dispose());

test('up deploys a broker and shows what was proved', async () => {
  const { stdout, stderr } = await project.must('up', stack);
  expect(stdout).toContain('23 created');
  expect(stderr).toContain('\n85 checks passed now\n');
  expect(stderr).toContain('mqtt://127.0.0.1:');
});

test('a second up changes nothing', async () => {
  const { stdout } = await project.must('up', stack);
  expect(stdout).toContain('23 unchanged');
  expect(stdout).not.toMatch(/\d+ (created|updated|replaced|deleted)/);
});

test('verify --json prints JSON alone, and every check holds', async () => {
  const { stdout } = await project.must('verify', stack, '--json');
  const checks = JSON.parse(stdout) as CheckResult[];
  expect(checks.length).toBeGreaterThan(30);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
});

test('outputs hide passwords unless asked', async () => {
  const hidden = JSON.parse((await project.must('outputs', stack, '--json')).stdout);
  expect(hidden.accounts).toBe('[secret]');
  const { accounts } = JSON.parse((await project.must('outputs', stack, '--json', '--show-secrets')).stdout);
  expect(Object.keys(accounts).sort()).toEqual(['aipi_verify', 'aisa_rpi', 'aisa_server']);
  expect(accounts.aisa_server).toMatch(/^[A-Za-z0-9]{43}$/);
});

test('no command writes into the stack file', () => {
  expect(readFileSync(project.stackFile(stack), 'utf8')).not.toContain('encryptionsalt');
});

test('destroy leaves nothing', async () => {
  await project.must('destroy', stack);
  expect(await leftovers(`aipi-mqtt-${stack}`)).toEqual([]);
  expect(existsSync(project.stackFile(stack))).toBe(true);
});
