/** Whoever runs the engine for a command: a process that may be started before it is known what is to be run. */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { onCancel } from './signals';

const program = join(__dirname, 'supervisor.mjs');

/** A command of the engine. */
export interface EngineCommand {
  bin: string;
  args: readonly string[];
  folder: string;
  /** All of it. */
  environment: NodeJS.ProcessEnv;
}

/** Where the engine's words go: to standard output, or beside data to standard error. */
type Words = 'shown' | 'aside';

let waiting: { child: ChildProcess; words: Words } | undefined;

/** Starts a process that waits for a command: it takes a while to start. It ends with this one, if none comes. */
export function standBy(words: Words): void {
  const child = started(words);
  child.once('error', () => {
    waiting = undefined;
  });
  child.unref();
  (child.stdio[3] as Writable & { unref(): void }).unref();
  waiting = { child, words };
}

/**
 * Runs a command. Whatever ends this process, the engine is cancelled and comes to its end.
 *
 * @returns its exit code
 */
export function supervise(command: EngineCommand, words: Words): Promise<number> {
  const child = waiting?.words === words ? waiting.child : started(words);
  waiting = undefined;
  child.ref();
  return new Promise((resolve, reject) => {
    const orders = child.stdio[3] as Writable;
    orders.on('error', () => {});
    const settle = onCancel(() => orders.write('SIGINT\n'));
    child.once('error', reject);
    child.once('close', (code) => {
      settle();
      resolve(code ?? 1);
    });
    orders.write(`${JSON.stringify(command)}\n`);
  });
}

function started(words: Words): ChildProcess {
  return spawn(process.execPath, [program], {
    stdio: ['inherit', words === 'aside' ? 2 : 'inherit', 'inherit', 'pipe'],
    detached: true,
  });
}
