/** What a killed engine leaves behind in a file backend, and how the next run gets over it. */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { say } from './progress';
import { type Pulumi, run, stateFolder } from './pulumi';
import type { StackFile } from './stackFile';

/** A stack in a backend, as far as its files go. */
export interface StoredStack {
  project: string;
  name: string;
  engine: Pulumi;
  file: StackFile;
}

/**
 * Gets a stack going again whose engine was killed: only where its lock belongs to a process of this machine that is no
 * more. Other backends look after themselves.
 *
 * @returns whether there was anything to recover from
 */
export async function recover(stack: StoredStack): Promise<boolean> {
  const state = stateFolder(stack.engine);
  if (state === undefined || !isLockDead(lockFolder(state, stack))) return false;
  say('An earlier run was killed; its lock on the stack is taken away');
  removeHalfWritten(state, stack);
  await run(stack.engine, ['cancel', '--yes', '--stack', stack.name], 'returned');
  await forgetPendingOperations(stack);
  return true;
}

function lockFolder(state: string, { project, name }: StoredStack): string {
  return join(state, 'locks', 'organization', project, name);
}

function isLockDead(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const locks = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { pid: number; hostname: string });
  return locks.length > 0 && locks.every((lock) => lock.hostname === hostname() && !isAlive(lock.pid));
}

/** A process that has ended but that nobody has asked about yet still takes signals; its state is Z or X. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const file = `/proc/${pid}/stat`;
  return !existsSync(file) || !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}

/** The engine empties the attributes beside a file before it writes them, and cannot read a state with empty ones. */
function removeHalfWritten(state: string, stack: StoredStack): void {
  const folders = [state, join(state, 'stacks', stack.project), lockFolder(state, stack)];
  for (const folder of folders.filter((each) => existsSync(each))) {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      const isEmpty = name.endsWith('.attrs') && statSync(file).size === 0;
      const isTemporary = name.startsWith(`${stack.name}.json.`) && name.endsWith('.tmp');
      if (isEmpty || isTemporary) rmSync(file);
    }
  }
}

/**
 * The engine warns of an unfinished creation for ever, because it cannot know what came of it. Here every resource has
 * a fixed name, or is made anew, so the next update takes it over.
 */
async function forgetPendingOperations({ engine, name, file }: StoredStack): Promise<void> {
  const state = JSON.parse(await run(engine, ['stack', 'export', '--stack', name], 'returned'));
  if ((state.deployment?.pending_operations ?? []).length === 0) return;
  state.deployment.pending_operations = [];
  const text = join(file.folder, `${name}.recovered.json`);
  try {
    writeFileSync(text, JSON.stringify(state), { mode: 0o600 });
    await run(engine, ['stack', 'import', '--stack', name, '--file', text], 'returned', file.folder);
  } finally {
    rmSync(text, { force: true });
  }
}
