/** Commands of this machine that only root may run. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** A command that failed. The message is its last words. */
export class RootCommandFailed extends Error {
  constructor(
    message: string,
    /** `ENOENT` where there is no such program. */
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

/**
 * Runs a command as root: by itself where this process is root, else by `sudo` where that asks for no password.
 *
 * @returns its standard output
 * @throws RootCommandFailed
 */
export async function asRoot(words: readonly string[], input = ''): Promise<string> {
  const [program = '', ...args] = process.getuid?.() === 0 ? words : ['sudo', '--non-interactive', '--', ...words];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(new RootCommandFailed(isMissing(error) ? `there is no ${program}` : error.message, error.code));
    });
    child.once('close', resolve);
  });
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === 0) return out;
  throw new RootCommandFailed(err.trim() || `${words[0]} ended with code ${code}`, undefined);
}

/** A folder of `PATH` that may not be read hides a program, too. */
function isMissing({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'EACCES';
}
