/** Runs the engine on this project. */

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bookkeepingOf, type Place, place } from './backend';
import { engine } from './engine';
import { home, projectFolder } from './home';
import { passphraseFile } from './passphrase';
import { withoutProxy } from './proxies';
import { checkpointFile, isByProject } from './stateFiles';
import { supervise } from './supervision';

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
  /** The backend, as far as no stack says of itself that it is elsewhere. */
  place: Place;
}

/** Where the outcome of a command goes: to the person, to the person beside data, or into the returned text. */
export type Output = 'shown' | 'aside' | 'returned';

/** Finds or builds the engine, and chooses the backend. */
export async function pulumi(): Promise<FoundPulumi> {
  const own = home();
  const { bin, version, words, env, logins } = await engine(own);
  // Node 22 and newer keep the compiled program there; it halves what the program costs over the bare engine.
  const cache = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(own, 'compile-cache') };
  const where = place(own, logins, process.env);
  mkdirSync(join(own, 'state'), { recursive: true, mode: 0o700 });
  return {
    bin,
    version,
    words,
    place: where,
    environment: { ...env, ...cache, ...withoutProxy(process.env), ...forPlace(where, own) },
  };
}

/** What the engine must be told of a backend of files: the same path in whatever folder it runs, and a passphrase. */
function forPlace({ url }: Place, own: string): Record<string, string> {
  if (url === undefined || bookkeepingOf(url) === undefined) return {};
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: named = '' } = process.env;
  const file = named === '' ? passphraseFile(own) : resolve(projectFolder, named);
  return { PULUMI_BACKEND_URL: url, ...(text === undefined && { PULUMI_CONFIG_PASSPHRASE_FILE: file }) };
}

/**
 * Runs a command of the engine.
 *
 * @returns its standard output, empty where it was shown
 * @throws CommandFailed when it exits with another code than 0
 */
export function run(engine: Pulumi, args: readonly string[], output: Output, folder = projectFolder): Promise<string> {
  return output === 'returned' ? answer(engine, args, folder) : show(engine, args, folder, output);
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

async function show({ bin, environment }: Pulumi, args: readonly string[], folder: string, words: 'shown' | 'aside') {
  const code = await supervise({ bin, args, folder, environment: { ...process.env, ...environment } }, words);
  if (code !== 0) throw new CommandFailed(code, '');
  return '';
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
 * Whether the stack is known. A backend of files is asked by looking at its files, because the engine needs a second to
 * answer.
 */
export async function stackExists(engine: Pulumi, project: string, stack: string): Promise<boolean> {
  const bookkeeping = stateFolder(engine);
  if (bookkeeping !== undefined) return checkpointFile({ bookkeeping, project, stack }) !== undefined;
  const stacks = JSON.parse(await run(engine, ['stack', 'ls', '--json'], 'returned')) as Array<{ name: string }>;
  return stacks.some(({ name }) => name.split('/').at(-1) === stack);
}

/** Where a backend of files keeps its state; undefined for every other backend, and for files of years ago. */
export function stateFolder({ environment }: Pulumi): string | undefined {
  const url = environment.PULUMI_BACKEND_URL ?? process.env.PULUMI_BACKEND_URL ?? '';
  const folder = bookkeepingOf(url);
  return folder !== undefined && isByProject(folder) ? folder : undefined;
}
