/** Commands of a machine whose input and output are bytes. */

import { buffer, text } from 'node:stream/consumers';
import type { Machine } from '../machine';
import { refusalOf } from './refusal';

/** What a command has said. */
export interface Said {
  code: number | null;
  output: Buffer;
  error: string;
}

/**
 * Runs a command as root, whatever its exit code.
 *
 * @throws Error in one sentence where the machine lets nobody run one
 */
export async function ask(machine: Machine, words: readonly string[], input: Buffer | string = ''): Promise<Said> {
  const { stdin, stdout, stderr, ended } = await machine.openAsRoot(words);
  stdin.end(input);
  const [code, output, error] = await Promise.all([ended, buffer(stdout), text(stderr)]);
  const refusal = code === 0 ? undefined : refusalOf(nameOf(machine), error);
  if (refusal !== undefined) throw new Error(refusal);
  return { code, output, error };
}

/** A machine in words. */
export function nameOf({ name }: Machine): string {
  return name ?? 'this machine';
}

/** Words of a shell script that stops at its first error; the others are its parameters. */
export function script(lines: readonly string[], ...parameters: string[]): string[] {
  return ['sh', '-euc', lines.join('\n'), 'sh', ...parameters];
}

/**
 * Runs a script as root.
 *
 * @returns what it says
 * @throws Error with its last words
 */
export async function must(machine: Machine, words: readonly string[], input: Buffer | string = ''): Promise<string> {
  const { code, output, error } = await ask(machine, words, input);
  if (code !== 0) throw new Error(error.trim() || `${words[0]} ended with code ${code}`);
  return output.toString();
}
