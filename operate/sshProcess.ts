/** The machine's own `ssh`, which asks nobody: what it wants to know has to be known already. */

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/**
 * What keeps it from asking. `BatchMode` counts for the machine at the end; those that lead there are logged in to by others
 * of it, which ask at the terminal where they have one, and by a window else.
 *
 * Source: ssh_config(5), BatchMode; ssh(1), SSH_ASKPASS_REQUIRE.
 */
export const askingNobody = ['-o', 'BatchMode=yes'] as const;

/** Options of a process that leave it no terminal and no window to ask by. */
export function withoutAsking(environment: NodeJS.ProcessEnv) {
  return { env: { ...environment, SSH_ASKPASS_REQUIRE: 'never' }, detached: true };
}

/** Starts `ssh`. */
export function startSsh(words: readonly string[]): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn('ssh', [...askingNobody, ...words], { ...withoutAsking(process.env), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Whether it says that it is let in; it does with `LogLevel=VERBOSE`. */
export function isLogin(said: string): boolean {
  return /^Authenticated to /m.test(said);
}
