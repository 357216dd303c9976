/** Commands of this machine that only root may run. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Words that run a command as root: the command itself where this process is root, else `sudo` without a password. */
export function rootWords(words: readonly string[]): readonly string[] {
  return process.geteuid?.() === 0 ? words : ['sudo', '--non-interactive', '--', ...words];
}

/**
 * Runs a command as root.
 *
 * @returns its standard output
 * @throws Error with its last words
 */
export async function asRoot(words: readonly string[], input = ''): Promise<string> {
  const [program = '', ...args] = rootWords(words);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(isMissing(error) ? new Error(`there is no ${program}`) : error);
    });
    child.once('close', resolve);
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === 0) return out;
  throw new Error(err.trim() || `${words[0]} ended with code ${code}`);
}

/** A folder of `PATH` that may not be read hides a program, too. */
function isMissing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'EACCES';
}
