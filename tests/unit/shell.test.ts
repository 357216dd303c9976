/** The script runs in a plain `sh` here: what it says of the shell of an image is for integration to show. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { Shell } from '../../operate/shell';
import { openShells, runThere } from '../../operate/shells';

let child: ChildProcess;
let mark: string;
/** How the engine cuts what it carries. */
let pieces: (chunk: Buffer) => Buffer[] = (chunk) => [chunk];

/** A container as far as a shell needs one. */
const container = {
  exec: async ({ Cmd: [program = '', ...words] }: { Cmd: string[] }) => ({
    start: async () => {
      mark = words.at(-1) ?? '';
      child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
      const { stdin, stdout } = child;
      if (stdin === null || stdout === null) throw new Error('no streams');
      return Duplex.from({ writable: stdin, readable: stdout });
    },
  }),
  modem: {
    demuxStream: (from: NodeJS.ReadableStream, to: NodeJS.WritableStream) => {
      from.on('data', (chunk) => {
        for (const piece of pieces(chunk)) to.write(piece);
      });
    },
  },
} as unknown as Docker.Container;

const stop = (pid: number) => void process.kill(pid);

/** Whatever a shell has started goes with it. */
afterEach(() => {
  pieces = (chunk) => [chunk];
  try {
    process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
  } catch {
    // All of them have ended.
  }
});

/** Waits until a shell is free, or has ended. */
function changed(shell: Shell): Promise<void> {
  return new Promise((resolve) => {
    shell.changed = resolve;
  });
}

test('a command with a blank in a word is not one for a shell that waits', async () => {
  openShells(container, 1);
  expect(await runThere(container, ['sh', '-c', 'kill -HUP 1'])).toBeUndefined();
  const said = await runThere(container, ['echo', 'a']);
  expect(said && (await text(said))).toBe('a\n');
});

test('commands run one after the other, each with its output and its end', async () => {
  const shell = await Shell.open(container);
  const codes: number[] = [];
  for (const words of [['echo', 'a', 'b'], ['false'], ['echo', 'c']]) {
    const said = await text(shell.run(words, (code) => codes.push(code)));
    expect(said).toBe(words[0] === 'echo' ? `${words.slice(1).join(' ')}\n` : '');
  }
  expect(codes).toEqual([0, 1, 0]);
});

test('a command hears what it is sent, whatever bytes those are', async () => {
  const shell = await Shell.open(container);
  const stream = shell.run(['head', '-c', '4096']);
  const sent = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256));
  stream.write(sent);
  expect((await buffer(stream)).equals(sent)).toBe(true);
});

test('bytes that could be the beginning of a mark are not waited with', async () => {
  const shell = await Shell.open(container, stop);
  const stream = shell.run(['cat']);
  const heard = new Promise((resolve) => stream.once('data', resolve));
  stream.write(`ab${mark.slice(0, 3)}`);
  expect(String(await heard)).toBe(`ab${mark.slice(0, 3)}`);
});

test('a mark is found wherever the engine cuts it', async () => {
  pieces = (chunk) => [...chunk].map((byte) => Buffer.from([byte]));
  const shell = await Shell.open(container);
  const codes: number[] = [];
  for (const word of ['one', 'two']) {
    const said = await text(shell.run(['echo', word], (code) => codes.push(code)));
    expect(said.slice(0, 4)).toBe(`${word}\n`);
  }
  expect(codes).toEqual([0, 0]);
});

test('a command that is given up is stopped, and nothing of it reaches the next one', async () => {
  const shell = await Shell.open(container, stop);
  const stream = shell.run(['sleep', '60']);
  stream.write('unread\nand more');
  const free = changed(shell);
  stream.destroy();
  await free;
  expect(await text(shell.run(['echo', 'next']))).toBe('next\n');
});

test('a command that is given up before it has begun is stopped, too', async () => {
  const shell = await Shell.open(container, stop);
  const free = changed(shell);
  shell.run(['cat']).destroy();
  await free;
  expect(shell.isFree).toBe(true);
});

test('without a way to stop a command the shell ends with one that is given up', async () => {
  const shell = await Shell.open(container);
  const stream = shell.run(['cat']);
  const ended = changed(shell);
  stream.destroy();
  await ended;
  expect(shell).toMatchObject({ hasEnded: true, isFree: false });
});

test('a command ends with its shell', async () => {
  const shell = await Shell.open(container);
  const codes: number[] = [];
  const said = text(shell.run(['sleep', '60'], (code) => codes.push(code)));
  child.kill('SIGKILL');
  expect(await said).toBe('');
  expect(codes).toEqual([-1]);
  expect(shell.hasEnded).toBe(true);
});

test('only one command runs at a time', async () => {
  const shell = await Shell.open(container);
  shell.run(['cat']);
  expect(shell.isFree).toBe(false);
  expect(() => shell.run(['cat'])).toThrow('a shell runs one command at a time');
});
