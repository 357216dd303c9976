/** Of the kernel's own tables, so on Linux alone. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { isDead, liveHolder, lockFolder, locksIn } from '../../commands/stack/lock';
import { isSince } from '../../setup/processes';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

let folder: string;
let other: ChildProcess;
let engine: ChildProcess;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-lock-'));
  other = await waiting('/bin/sh', 'dev');
  copyFileSync('/bin/sh', join(folder, 'pulumi'));
  engine = await waiting(join(folder, 'pulumi'), 'dev');
});
afterAll(async () => {
  for (const child of [other, engine]) {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
  rmSync(folder, { recursive: true });
});

/** A process with the words of an engine at a stack, which waits. */
async function waiting(program: string, stack: string): Promise<ChildProcess> {
  const child = spawn(program, ['-c', 'echo; read -r end', '--stack', stack], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

const now = () => new Date().toISOString();
const before = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const lock = (timestamp: string, more: object = {}) => ({ pid: process.pid, hostname: hostname(), timestamp, ...more });

onLinux('isDead', () => {
  it('is not the lock of a process that took it', () => {
    expect(isDead(lock(now()), 'dev')).toBe(false);
  });

  it('is one whose process is gone', () => {
    expect(isDead(lock(now(), { pid: 2 ** 30 }), 'dev')).toBe(true);
  });

  it('is one whose number another process has got since', () => {
    expect(isDead(lock(before(3_600), { pid: other.pid }), 'dev')).toBe(true);
  });

  it('is one from before the start of the machine, whoever has its number', () => {
    expect(isDead(lock(before(uptime() + 60), { pid: 1 }), 'dev')).toBe(true);
  });

  it('is one from a time that has not been, as after a start with a clock that was put back', () => {
    expect(isDead(lock(before(-3_600)), 'dev')).toBe(true);
  });

  it('is one that cannot be read, or that does not say when it was taken', () => {
    expect(isDead('nobody', 'dev')).toBe(true);
    expect(isDead({ pid: process.pid, hostname: hostname() }, 'dev')).toBe(true);
    expect(isDead(lock('yesterday'), 'dev')).toBe(true);
  });

  it('is never one of another machine', () => {
    expect(isDead(lock(before(1e6), { hostname: 'another', pid: 2 ** 30 }), 'dev')).toBe(false);
  });
});

onLinux('an engine that is at the stack', () => {
  it('is believed, though the clock has jumped since', () => {
    expect(isDead(lock(before(3_600), { pid: engine.pid }), 'dev')).toBe(false);
    expect(isDead(lock(before(3_600), { pid: engine.pid }), 'prod')).toBe(true);
  });
});

describe('locksIn', () => {
  const files = () => ({ bookkeeping: folder, project: 'p', stack: 'dev' });

  it('gives none where there is no folder', () => {
    expect(locksIn(lockFolder(files()))).toEqual([]);
  });

  it.each(['', 'null', '{"pid":', '{"pid":"1"}', '[]'])('gives "%s" to nobody', (text) => {
    const place = lockFolder(files());
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'a.json'), text);
    writeFileSync(join(place, 'a.json.attrs'), '{}');
    expect(locksIn(place)).toEqual(['nobody']);
    expect(liveHolder(files())).toBeUndefined();
  });
});

onLinux('isSince', () => {
  it('tells whether a process ran at a time', () => {
    expect(isSince(process.pid, Date.now())).toBe(true);
    expect(isSince(process.pid, Date.now() - 86_400_000)).toBe(false);
    expect(isSince(1, Number.NaN)).toBe(false);
  });
});
