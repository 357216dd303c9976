/** What a killed engine leaves behind in a file backend, and how the next run gets over it. */

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../setup/processes';
import { say } from '../../setup/progress';
import { type Pulumi, run, stateFolder } from '../../setup/pulumi';
import type { StackFile } from './stackFile';
import { editState } from './state';

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
  const state = stateFolder(stack.engine);
  if (state === undefined) return false;
  const folder = lockFolder(state, stack);
  const holders = await unlocked(folder);
  if (holders.length === 0 || !holders.every(isDead)) return false;
  say('An earlier run was killed; its lock on the stack is taken away');
  removeHalfWritten(state, stack);
  await run(stack.engine, ['cancel', '--yes', '--stack', stack.name], 'returned');
  await forgetPendingOperations(stack);
  return true;
}

function lockFolder(state: string, { project, name }: StoredStack): string {
  return join(state, 'locks', 'organization', project, name);
}

interface Holder {
  pid: number;
  hostname: string;
}

/** Who holds the lock, once nobody does who was cancelled and is not yet at its end. */
async function unlocked(folder: string): Promise<Holder[]> {
  const deadline = Date.now() + patienceSeconds * 1_000;
  for (let said = false; ; said = true, await sleep(pauseMilliseconds)) {
    const holders = holdersOf(folder);
    const ending = holders.find((holder) => holder.hostname === hostname() && isEnding(holder.pid));
    if (ending === undefined || Date.now() > deadline) return holders;
    if (!said) say(`Waiting for an earlier run that was cancelled (process ${ending.pid})`);
  }
}

/** A lock that is taken away in this moment belongs to nobody. */
function holdersOf(folder: string): Holder[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const text = textOf(join(folder, name));
      return text === undefined || text === '' ? [] : [JSON.parse(text) as Holder];
    });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isDead(holder: Holder): boolean {
  return holder.hostname === hostname() && !isAlive(holder.pid);
}

/** Whether the supervisor of an engine says that it has been cancelled. */
function isEnding(pid: number): boolean {
  const parent = textOf(`/proc/${pid}/stat`)?.match(/\) \S (\d+) [^)]*$/)?.[1];
  return parent !== undefined && textOf(`/proc/${parent}/cmdline`)?.startsWith(cancelledTitle) === true;
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
function forgetPendingOperations({ engine, name, file }: StoredStack): Promise<void> {
  return editState(engine, name, file.folder, (deployment) => {
    if (deployment.pending_operations !== undefined) deployment.pending_operations = [];
  });
}
