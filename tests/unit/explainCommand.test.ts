/** The words of a person behind explain and access, from a stack file of this repository. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { access } from '../../commands/access';
import { read } from '../../commands/commandLine';
import { explain } from '../../commands/explain';

const before = process.env.AIPI_HOME;
let scratch: string;
let printed: string;
let said: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'aipi-explain-'));
  process.env.AIPI_HOME = join(scratch, 'home');
  [printed, said] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  if (before === undefined) delete process.env.AIPI_HOME;
  else process.env.AIPI_HOME = before;
  rmSync(scratch, { recursive: true });
});

async function run(...words: string[]): Promise<number> {
  const reading = read(words);
  if (!('asked' in reading)) throw new Error('help');
  return words[0] === 'explain' ? explain(reading.asked) : access(reading.asked);
}

test('explain answers, and says what its answer is about', async () => {
  expect(await run('explain', 'prod', 'aisa_rpi', 'publish', 'device/a/data')).toBe(0);
  expect(printed).toMatch(
    /^aisa_rpi \(account\) may publish to "device\/a\/data", by:\n {2}write device\/\+\/data {2}\[accounts\[1\]\.topics\[1\], Pulumi\.yaml:\d+ \(default\)\]\n/,
  );
  expect(said).toBe('This is what Pulumi.prod.yaml says; what is deployed may differ until "npm run up -- prod"\n');
});

test('without a stack it is dev', async () => {
  expect(await run('explain', 'aisa_rpi', 'subscribe', '#', '--json')).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ version: 1, stack: 'dev', user: 'aisa_rpi', delivered: 'part' });
});

test('a topic may begin as an option does, behind another "--"', async () => {
  expect(await run('explain', 'prod', 'aisa_server', 'publish', '--', '--json')).toBe(0);
  expect(printed).toMatch(/^aisa_server \(account\) may publish to "--json", by:\n/);
  await expect(run('explain', 'prod', 'aisa_server', 'publish', '-x')).rejects.toThrow('explain has no option "-x"');
});

test.each([
  [['prod', 'aisa_rpi', 'publsh', 'a'], '"publsh" is neither publish nor subscribe; did you mean "publish"?'],
  [['prod', 'aisa_rpi', 'read', 'a'], '"read" is neither publish nor subscribe; did you mean "publish"?'],
  [
    ['prod'],
    'explain needs a user, publish or subscribe, and a topic: npm run explain -- STACK USER publish|subscribe TOPIC',
  ],
  [
    ['prod', 'aisa_rpi', 'publish'],
    'explain needs a user, publish or subscribe, and a topic: npm run explain -- STACK USER publish|subscribe TOPIC',
  ],
  [
    ['prod', 'aisa_rpi', 'publish', 'a', 'b'],
    'explain takes one topic, and "b" is one word too many; write a topic with spaces in quotes',
  ],
  [
    ['prod', 'aisa_rpi', 'publish', 'a/#'],
    'The topic "a/#" contains "#", and nobody can publish to a wildcard; write one topic (the broker would end the connection)',
  ],
  [
    ['prod', 'aisa_rpi', 'publish', ''],
    'The topic "" is empty; write a topic such as "device/control" (the broker would end the connection)',
  ],
  [
    ['prod', 'aisa_rpi', 'subscribe', 'a/#/b'],
    'The subscription "a/#/b" has a "#" that is not alone in the last level; write "a/#", or "+" for one level (the broker would end the connection)',
  ],
  [
    ['prod', 'aisa_rpi', 'subscribe', '$share/+/b'],
    'The subscription "$share/+/b" has a wildcard in the name of the group, "+"; name it otherwise (the broker would end the connection)',
  ],
  [
    ['prod', 'aisa_rp', 'publish', 'a'],
    '"aisa_rp" is neither an account nor a device; did you mean "aisa_rpi"? "npm run access -- prod" lists accounts and roles, "npm run devices -- prod" the devices',
  ],
  [
    ['nowhere', 'aisa_rpi', 'publish', 'a'],
    'There is no Pulumi.nowhere.yaml; write one (an empty one gives the defaults) or name another stack',
  ],
])('explain %j is refused in one sentence', async (words, message) => {
  await expect(run('explain', ...words)).rejects.toThrow(new Error(message));
  expect(printed).toBe('');
});

test('access prints a table, JSON, or a page, and writes nothing else', async () => {
  expect(await run('access', 'dev')).toBe(0);
  expect(printed).toMatch(/^who +may +topic +line\naccount aisa_server +read and publish +#/);
  printed = '';
  expect(await run('access', 'dev', '--json')).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ version: 1, stack: 'dev' });
  printed = '';
  const file = join(scratch, 'access.html');
  expect(await run('access', 'dev', '--html', file)).toBe(0);
  expect(printed).toBe('');
  expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
});

test.each([
  ['', '--html needs the path of a file behind it; write for example --html access.html'],
  ['/nowhere/at/all/access.html', '--html: there is no folder /nowhere/at/all; make it, or write another path'],
])('access --html %j is refused', async (path, message) => {
  await expect(run('access', 'dev', '--html', path)).rejects.toThrow(new Error(message));
  expect(existsSync(path)).toBe(false);
});
