/** What a killed engine leaves behind in a file backend, and how the next run gets over it. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../setup/progress';
import { type Pulumi, run, stateFolder } from '../../setup/pulumi';
import { removeHalfWritten } from './brokenState';
import { type Holder, holderOf, isDead, lockFolder, locksIn } from './lock';
import type { StackFile } from './stackFile';
import { editState, storedCheckpoint } from './state';

/** A stack in a backend, as far as its files go. */
export interface StoredStack {
  project: string;
  name: string;
  engine: Pulumi;
  file: StackFile;
}

/** How long a run that was cancelled is waited for; it needs a few seconds. */
const patienceSeconds = 60;
const pauseMilliseconds = 200;

/** What a supervisor calls itself from then on. */
const cancelledTitle = 'aipi-mqtt, cancelled';

/**
 * Gets a stack going again whose engine was killed: only where its lock belongs to a process of this machine that is no
 * more. One that was cancelled is waited for. Other backends look after themselves.
 *
 * @returns whether there was anything to recover from
 */
export async function recover(stack: StoredStack): Promise<boolean> {
  const bookkeeping = stateFolder(stack.engine);
  if (bookkeeping === undefined) return false;
  const files = { bookkeeping, project: stack.project, stack: stack.name };
  const folder = lockFolder(files);
  const locks = await unlocked(folder);
  if (!locks.every((lock) => isDead(lock, stack.name))) return false;
  removeHalfWritten(files, folder);
  if (locks.length > 0) {
    say('An earlier run was killed; its lock on the stack is taken away');
    removeNobodys(folder);
    await run(stack.engine, ['cancel', '--yes', '--stack', stack.name], 'returned');
  }
  return (await forgetPendingOperations(stack)) || locks.length > 0;
}

/** Who holds the lock, once nobody does who was cancelled and is not yet at its end. */
async function unlocked(folder: string): Promise<Array<Holder | 'nobody'>> {
  const deadline = Date.now() + patienceSeconds * 1_000;
  for (let said = false; ; said = true, await sleep(pauseMilliseconds)) {
    const locks = locksIn(folder);
    const ending = locks.find(
      (lock): lock is Holder => lock !== 'nobody' && lock.hostname === hostname() && isEnding(lock.pid),
    );
    if (ending === undefined || Date.now() > deadline) return locks;
    if (!said) say(`Waiting for an earlier run that was cancelled (process ${ending.pid})`);
  }
}

/** The engine does not take locks away that it cannot read. */
function removeNobodys(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.json'))) {
    const file = join(folder, name);
    if (holderOf(textOf(file) ?? '') === undefined) rmSync(file, { force: true });
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether the supervisor of an engine says that it has been cancelled. */
function isEnding(pid: number): boolean {
  const parent = textOf(`/proc/${pid}/stat`)?.match(/\) \S (\d+) [^)]*$/)?.[1];
  return parent !== undefined && textOf(`/proc/${parent}/cmdline`)?.startsWith(cancelledTitle) === true;
}

/**
 * The engine warns of an unfinished creation for ever, because it cannot know what came of it. Here every resource has
 * a fixed name, or is made anew, so the next update takes it over.
 *
 * @returns whether there was one
 */
export async function forgetPendingOperations({ engine, project, name, file }: StoredStack): Promise<boolean> {
  const stored = storedCheckpoint(engine, project, name);
  if (stored !== undefined && (stored.checkpoint?.latest?.pending_operations ?? []).length === 0) return false;
  let were = false;
  await editState(engine, name, file.folder, (deployment) => {
    were = (deployment.pending_operations ?? []).length > 0;
    if (were) deployment.pending_operations = [];
  });
  return were;
}
