import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { removeUnreadable, restoreState, roomWords } from '../../commands/stack/brokenState';
import { urlOf } from '../../setup/backend';
import { checkpointFile, isByProject, readCheckpoint, stacksIn, wholeCopies } from '../../setup/stateFiles';

let folder: string;
let bookkeeping: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-#state-'));
  bookkeeping = join(folder, '.pulumi');
});
afterEach(() => rmSync(folder, { recursive: true }));

const files = () => ({ bookkeeping, project: 'p', stack: 'dev' });
const state = (answer: number) => JSON.stringify({ version: 3, checkpoint: { stack: 'dev', latest: { answer } } });

/** @param age seconds */
function put(name: string, content: string | Buffer, age: number): string {
  const file = join(bookkeeping, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  const time = Date.now() / 1000 - age;
  utimesSync(file, time, time);
  return file;
}

describe('checkpointFile', () => {
  it.each(['dev.json', 'dev.json.gz', 'dev.json.zst'])('is %s', (name) => {
    const file = put(`stacks/p/${name}`, '', 0);
    expect(checkpointFile(files())).toBe(file);
  });

  it('is the newest of them, and never a copy or that of another stack', () => {
    put('stacks/p/dev.json', '', 20);
    const file = put('stacks/p/dev.json.gz', '', 10);
    put('stacks/p/dev.json.gz.bak', '', 0);
    put('stacks/p/dev.two.json', '', 0);
    put('stacks/q/dev.json', '', 0);
    expect(checkpointFile(files())).toBe(file);
    expect(stacksIn(bookkeeping).sort()).toEqual(['p/dev', 'p/dev', 'p/dev.two', 'q/dev']);
  });

  it('is none where there is none', () => {
    expect(checkpointFile(files())).toBeUndefined();
    put('stacks/p/dev.json.bak', state(1), 0);
    expect(checkpointFile(files())).toBeUndefined();
  });
});

test('readCheckpoint reads what is packed by what is in it, whatever its name', () => {
  const latest = { answer: 7 };
  expect(readCheckpoint(put('a.json', state(7), 0))?.checkpoint?.latest).toEqual(latest);
  expect(readCheckpoint(put('b.json.gz', gzipSync(state(7)), 0))?.checkpoint?.latest).toEqual(latest);
  expect(readCheckpoint(put('c.json', gzipSync(state(7)), 0))?.checkpoint?.latest).toEqual(latest);
});

test('isByProject leaves the files of years ago to the engine', () => {
  expect(isByProject(bookkeeping)).toBe(true);
  put('stacks/dev.json', state(1), 0);
  expect(isByProject(bookkeeping)).toBe(false);
  put('meta.yaml', 'version: 1\n', 0);
  expect(isByProject(bookkeeping)).toBe(true);
  put('meta.yaml', 'version: 0\n', 0);
  expect(isByProject(bookkeeping)).toBe(false);
});

describe('a state that was cut off', () => {
  const engine = () => ({ bin: 'none', environment: { PULUMI_BACKEND_URL: urlOf(folder) } });
  const restore = () => restoreState(engine(), { project: 'p', name: 'dev' });

  it.each([
    ['empty', ''],
    ['cut', state(3).slice(0, -5)],
    ['of something else', '{}'],
    ['no object', 'null'],
  ])('is put back where it is %s', (_, broken) => {
    const file = put('stacks/p/dev.json', broken, 0);
    put('stacks/p/dev.json.bak', state(2), 10);
    put('backups/p/dev/dev.1700000000000000000.json', state(1), 20);
    restore();
    expect(readFileSync(file, 'utf8')).toBe(state(2));
    expect(readFileSync(`${file}.cut-off`, 'utf8')).toBe(broken);
  });

  it('is put back from a backup where the copy beside it was cut off, too, packed or not', () => {
    const file = put('stacks/p/dev.json.gz', gzipSync(state(3)).subarray(0, 30), 0);
    put('stacks/p/dev.json.gz.bak', '', 10);
    put('backups/p/dev/dev.1700000000000000000.json.gz', gzipSync(state(1)).subarray(0, 20), 20);
    const whole = put('backups/p/dev/dev.1600000000000000000.json.gz', gzipSync(state(1)), 30);
    expect(wholeCopies(files())).toEqual([whole]);
    restore();
    expect(readCheckpoint(file)?.checkpoint?.latest).toEqual({ answer: 1 });
  });

  it('is left alone, and said, where no copy is whole', () => {
    const file = put('stacks/p/dev.json', '', 0);
    put('stacks/p/dev.json.bak', '{', 0);
    expect(restore).toThrow(`The state of "dev" in ${file} was cut off, and no copy beside it or in`);
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('is never a whole one', () => {
    const file = put('stacks/p/dev.json', state(3), 0);
    put('stacks/p/dev.json.bak', state(2), -10);
    restore();
    expect(readFileSync(file, 'utf8')).toBe(state(3));
  });
});

test('roomWords say what is short, and nothing of what a file system does not tell', () => {
  expect(roomWords(60_000, 1_000, 1_000_000)).toBe('60 kB left, and an update may need 1000 kB');
  expect(roomWords(2_000_000, 3, 1_000_000)).toBe('room for 3 more files, and an update may make 20');
  expect(roomWords(2_000_000, 1_000, 1_000_000)).toBeUndefined();
  expect(roomWords(undefined, undefined, 1_000_000)).toBeUndefined();
});

test('files that were cut off beside a state do not stand between it and the engine', () => {
  const engine = { bin: 'none', environment: { PULUMI_BACKEND_URL: urlOf(folder) } };
  const file = put('stacks/p/dev.json', state(3), 0);
  const kept = put('stacks/p/dev.json.bak.attrs', '{}', 0);
  const broken = [put('meta.yaml', '', 0), put('meta.yaml.attrs', '', 0), put('stacks/p/dev.json.attrs', '{"user.', 0)];
  removeUnreadable(engine, { project: 'p', name: 'dev' });
  expect(broken.filter((name) => existsSync(name))).toEqual([]);
  expect([file, kept].map((name) => existsSync(name))).toEqual([true, true]);
});
