/**
 * Proves that the engine reads from its copy of a stack file what was checked, whatever the file looks like, and that a
 * plain engine, which reads the file itself, deploys nothing that it reads otherwise. Nothing is deployed here.
 */

import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { settingsOf, stackFile } from '../../commands/stack/stackFile';
import { home } from '../../setup/home';
import { pulumi } from '../../setup/pulumi';
import { Project } from './project';

const stack = 'written';
const facts = [
  ['octal', '0000000012345670'],
  ['power', '10000000123456e7'],
  ['day', '2024-01-05'],
  ['version', '1.10'],
  ['digits', '123456789012345678901234567890'],
  ['grouped', '1_000'],
  ['word', 'True'],
  ['off', 'off'],
  ['010', '0x1F'],
] as const;
const text = [
  '\ufeff# Written by hand',
  'config:',
  '  maxConnections: 20',
  '  aipi-mqtt:extraOptions: ["sys_interval 60"]',
  '  aipi-mqtt:devices:',
  '    - id: pi-001',
  '      metadata:',
  ...facts.map(([name, fact]) => `        ${name}: ${fact}`),
  '    - id: "007"',
  '      metadata: {quoted: "ab\\u2028c é😀"}',
  '',
].join('\r\n');

const project = new Project();

afterAll(() => project.dispose());

async function engine(folder: string, ...words: string[]): Promise<string> {
  const { bin, environment } = await pulumi();
  const env = { ...environment, ...project.engineEnvironment };
  return (await promisify(execFile)(bin, [...words, '--non-interactive'], { cwd: folder, env })).stdout;
}

/** What the engine reads, key to text. */
async function readByEngine(folder: string, path: string): Promise<Record<string, string>> {
  const words = ['config', '--show-secrets', '--json', '--stack', stack, '--config-file', path];
  const values: Record<string, { value: string }> = JSON.parse(await engine(folder, ...words));
  return Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value]));
}

function write(content: string): string {
  const path = project.stackFile(stack);
  writeFileSync(path, content);
  return path;
}

it('is read by the engine as it was checked, secrets included, and keeps what the engine writes', async () => {
  const source = write(text);
  const fresh = stackFile(home(), stack, { source: project.folder });
  await engine(fresh.folder, 'stack', 'init', stack);
  const salt = readFileSync(fresh.path, 'utf8').match(/^"?encryptionsalt"?: .*$/m)?.[0];
  expect(salt).toBeDefined();

  const file = stackFile(home(), stack, { source: project.folder });
  expect(readFileSync(file.path, 'utf8')).toContain(salt?.match(/v1:[^"]+/)?.[0]);
  const seen = await readByEngine(file.folder, file.path);
  const checked = settingsOf(file, stack);
  expect(settingsOf(file, stack, seen)).toEqual(checked);
  expect(JSON.parse(seen['aipi-mqtt:devices'] ?? '')).toEqual([
    { id: 'pi-001', metadata: Object.fromEntries(facts) },
    { id: '007', metadata: { quoted: 'ab\u2028c é😀' } },
  ]);
  expect(seen).toMatchObject({ 'aipi-mqtt:maxConnections': '20', 'aipi-mqtt:extraOptions': '["sys_interval 60"]' });

  const ownSecret = 's3cret: "of # a test"';
  write(text.replace('\ufeff', ''));
  const set = ['config', 'set', '--secret', 'caPrivateKeyPassphrase', ownSecret, '--stack', stack];
  await engine(project.folder, ...set, '--config-file', source);
  const encrypted = stackFile(home(), stack, { source: project.folder });
  expect(encrypted.isForEngine).toBe(true);
  expect(readFileSync(encrypted.path, 'utf8')).not.toContain('s3cret');
  const decrypted = await readByEngine(encrypted.folder, encrypted.path);
  expect(decrypted['aipi-mqtt:caPrivateKeyPassphrase']).toBe(ownSecret);
});

it('is refused in plain Pulumi, too, where the engine reads something else than is written', async () => {
  write(text);
  const words = ['preview', '--stack', stack, '--config-file', project.stackFile(stack)];
  const refusal = await engine(project.folder, ...words).catch((error: { stdout: string }) => error.stdout);
  const named = [...String(refusal).matchAll(/aipi-mqtt:devices\[0\]\.metadata\.(\w+) is no text to the engine/g)];
  // "off" is a text to the engine, 010 it has made another name of.
  expect(new Set(named.map(([, name]) => name))).toEqual(
    new Set(['octal', 'power', 'day', 'version', 'digits', 'grouped', 'word', '8']),
  );
});

it('is not written anew by a command that sets one value', async () => {
  const path = write(text);
  const words = ['config', 'set', 'maxConnections', '30', '--stack', stack];
  const { code, stderr } = await project.run('pulumi', ...words);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/metadata\.octal in line 8 of Pulumi\.written\.yaml, too, .*quotes/),
  ]);
  expect(readFileSync(path, 'utf8')).toBe(text);

  write('config:\n  devices:\n    - id: pi-001\n      metadata: {octal: "0000000012345670", floor: 2}\n');
  expect(await project.run('pulumi', ...words)).toMatchObject({ code: 0 });
  expect(stackFile(home(), stack, { source: project.folder }).values).toMatchObject({
    'aipi-mqtt:devices': [{ id: 'pi-001', metadata: { octal: '0000000012345670', floor: '2' } }],
    'aipi-mqtt:maxConnections': '30',
  });
});

it('is refused before anything else, and so are values beside it', async () => {
  write('config:\n  docker:host: tcp://192.0.2.50:2376\n');
  const refused = await project.run('up', stack);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /Pulumi\.written\.yaml, line 2: nothing reads "docker:host".*write "aipi-mqtt:dockerHost"/,
  );

  write('');
  appendFileSync(project.stackFile(stack), '# nothing\n');
  for (const [words, refusal] of [
    [['--config', 'maxConnections=1'], /maxConnections: 1 cannot be used/],
    [['--', '-yc', 'aipi-mqtt:maxConnections=20'], /^-c is refused here: .*write it into Pulumi\.STACK\.yaml/],
  ] as const) {
    const { code, stderr } = await project.run('up', stack, ...words);
    expect([code, stderr]).toEqual([1, expect.stringMatching(refusal)]);
  }
});
