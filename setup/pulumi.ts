/** Runs the engine on this project. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { backend } from './backend';
import { engine } from './engine';
import { home, projectFolder } from './home';
import { withoutProxy } from './proxies';
import { onCancel } from './signals';

const supervisor = join(__dirname, 'supervisor.mjs');

/** An engine that is ready to run, and the environment that it needs. */
export interface Pulumi {
  bin: string;
  /** Exactly what is added to the user's environment. */
  environment: Record<string, string>;
}

/** The engine that set-up found. */
export interface FoundPulumi extends Pulumi {
  version: string;
  /** Which engine and plug-ins run, in one line for people. */
  words: string;
}

/** Where the outcome of a command goes: to the person, to the person beside data, or into the returned text. */
export type Output = 'shown' | 'aside' | 'returned';

/** Finds or builds the engine, and chooses the backend. */
export async function pulumi(): Promise<FoundPulumi> {
  const { bin, version, words, env, logins } = await engine(home());
  // Node 22 and newer keep the compiled program there; it halves what the program costs over the bare engine.
  const cache = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(home(), 'compile-cache') };
  return {
    bin,
    version,
    words,
    environment: { ...env, ...cache, ...withoutProxy(process.env), ...backend(home(), logins) },
  };
}

/**
 * Runs a command of the engine.
 *
 * @returns its standard output, empty where it was shown
 * @throws CommandFailed when it exits with another code than 0
 */
export function run(engine: Pulumi, args: readonly string[], output: Output, folder = projectFolder): Promise<string> {
  return output === 'returned' ? answer(engine, args, folder) : show(engine, args, folder, output === 'aside');
}

function answer({ bin, environment }: Pulumi, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(bin, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['inherit', 'pipe', 'pipe'],
    });
    const texts = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      texts.out += data;
    });
    child.stderr.on('data', (data) => {
      texts.err += data;
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(texts.out) : reject(new CommandFailed(code ?? 1, texts.err))));
  });
}

/** Whatever ends this process, the engine is cancelled and comes to its end. */
function show({ bin, environment }: Pulumi, args: readonly string[], folder: string, beside: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [supervisor, bin, ...args], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['inherit', beside ? 2 : 'inherit', 'inherit', 'pipe'],
      detached: true,
    });
    const orders = child.stdio[3] as Writable;
    orders.on('error', () => {});
    const settle = onCancel(() => orders.write('SIGINT\n'));
    child.once('error', reject);
    child.once('close', (code) => {
      settle();
      if (code === 0) resolve('');
      else reject(new CommandFailed(code ?? 1, ''));
    });
  });
}

/** A command of the engine that failed. Its message is empty where the engine has shown it already. */
export class CommandFailed extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message.trim());
  }
}

/**
 * Whether the stack is known. A file backend is asked by looking at its file, because the engine needs a second to
 * answer.
 */
export async function stackExists(engine: Pulumi, project: string, stack: string): Promise<boolean> {
  const state = stateFolder(engine);
  if (state !== undefined) return existsSync(join(state, 'stacks', project, `${stack}.json`));
  const stacks = JSON.parse(await run(engine, ['stack', 'ls', '--json'], 'returned')) as Array<{ name: string }>;
  return stacks.some(({ name }) => name.split('/').at(-1) === stack);
}

/** Where a file backend keeps its state; undefined for every other backend. */
export function stateFolder({ environment }: Pulumi): string | undefined {
  const url = environment.PULUMI_BACKEND_URL ?? process.env.PULUMI_BACKEND_URL ?? '';
  return url.startsWith('file://') ? join(url.slice('file://'.length), '.pulumi') : undefined;
}
