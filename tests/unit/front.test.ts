/** The `pulumi` that `npm run env` puts in front, in a shell of its own, with other programs in place of the engine. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { frontScript, shellLines } from '../../commands/front';
import { quote } from '../../operate/shellWord';

const tools = '/usr/bin:/bin';
let folder: string;

/** A program that says who it is, with which words, and what it finds in its environment. */
function program(file: string, name: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "${name} $* home=$PULUMI_HOME docker=\${DOCKER_HOST-none} $AIPI_HOME"\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "aipi-mqtt 'front ")));
  for (const project of ['ours/sub', 'other/sub', 'none']) mkdirSync(join(folder, project), { recursive: true });
  for (const project of ['ours', 'other']) writeFileSync(join(folder, project, 'Pulumi.yaml'), '');
  program(join(folder, 'home/engine/pulumi'), 'engine');
  program(join(folder, 'users/pulumi'), 'own');
  // In place of Node, which would run commands/start.mjs.
  program(join(folder, 'node/node'), 'ours');
  const front = join(folder, 'home/bin/pulumi');
  mkdirSync(dirname(front), { recursive: true });
  const script = { project: join(folder, 'ours'), home: join(folder, 'home'), bin: join(folder, 'home/engine/pulumi') };
  writeFileSync(front, frontScript(script));
  chmodSync(front, 0o755);
});

afterEach(() => rmSync(folder, { recursive: true }));

function call(place: string, words: string, users = true, before: Record<string, string> = {}): string {
  const path = [...(users ? [join(folder, 'users')] : []), join(folder, 'node'), tools].join(':');
  const wanted = { PULUMI_HOME: join(folder, 'home/pulumi'), DOCKER_HOST: 'tcp://ours' };
  const lines = shellLines(wanted, before);
  const entries = `PATH=${quote(join(folder, 'home/bin'))}:${quote(join(folder, 'home/engine'))}:"$PATH"; export PATH`;
  const again = shellLines(wanted, { ...before, ...wanted, AIPI_CHANGED: 'PULUMI_HOME DOCKER_HOST' });
  const script = [...lines, ...again, entries, `pulumi ${words}`].join('\n');
  const { stdout, stderr } = spawnSync('sh', ['-c', script], {
    cwd: join(folder, place),
    env: { PATH: path, ...before },
    encoding: 'utf8',
  });
  return (stdout + stderr).replaceAll(folder, '').trim();
}

it.each([
  ['ours', 'up'],
  ['ours/sub', 'up --yes'],
  ['none', '-C ../ours up'],
  ['none', '--cwd=../ours/sub up'],
  ['other', 'stack ls --cwd ../ours'],
])('in %s, %s is of this project', (place, words) => {
  expect(call(place, words)).toBe(
    `ours /ours/commands/start.mjs pulumi ${words} home=/home/pulumi docker=tcp://ours /home`,
  );
});

it.each([
  ['other', 'up'],
  ['other/sub', 'preview --config a=b'],
  ['none', 'login --local'],
  ['ours', '-C../other up'],
  ['ours', 'up --cwd ../nowhere'],
])('in %s, %s is as it was in this shell', (place, words) => {
  const before = { PULUMI_HOME: "/it's mine" };
  expect(call(place, words, true, before)).toBe(`own ${words} home=/it's mine docker=none`);
  expect(call(place, words)).toBe(`own ${words} home= docker=none`);
});

it('gives another project the engine where there is no other', () => {
  expect(call('other', 'up', false)).toBe('engine up home= docker=none');
});

it('takes out of a shell what must not be set, and gives it back to other projects', () => {
  const lines = shellLines({ DOCKER_CONTEXT: undefined, DOCKER_TLS: undefined }, { DOCKER_CONTEXT: 'mine' });
  expect(lines).toEqual([
    "export AIPI_BEFORE_DOCKER_CONTEXT='mine'",
    'unset DOCKER_CONTEXT',
    "export AIPI_CHANGED='DOCKER_CONTEXT'",
  ]);
});
