/** The state of a stack as the engine keeps it. Its secrets stay encrypted. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pulumi, run, stateFolder } from '../../setup/pulumi';
import { type Checkpoint, checkpointFile, readCheckpoint } from '../../setup/stateFiles';
import { namesOf } from './resourceNames';

/** One resource of a state. */
export interface StoredResource {
  urn: string;
  type: string;
  id?: string;
  protect?: boolean;
  /** Whether another one has taken its place, and it is still to be deleted. */
  delete?: boolean;
  /** When the engine made it, ISO 8601. */
  created?: string;
  parent?: string;
  dependencies?: string[];
  /** Those of each input; they are among the dependencies. */
  propertyDependencies?: Record<string, string[]>;
  /** URN and id of its provider. */
  provider?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What the engine exports and imports. */
export interface Deployment {
  resources?: StoredResource[];
  pending_operations?: unknown[];
}

/** The resources of a stack that is there. Of a file backend the file is read: the engine needs a second to answer. */
export async function storedResources(engine: Pulumi, project: string, stack: string): Promise<StoredResource[]> {
  const stored = storedCheckpoint(engine, project, stack);
  if (stored !== undefined) return (stored.checkpoint?.latest?.resources ?? []) as StoredResource[];
  return (await exported(engine, stack)).deployment?.resources ?? [];
}

/** What the file of a stack says; undefined where only the engine can read it. */
export function storedCheckpoint(engine: Pulumi, project: string, stack: string): Checkpoint | undefined {
  const bookkeeping = stateFolder(engine);
  const file = bookkeeping && checkpointFile({ bookkeeping, project, stack });
  return file === undefined ? undefined : readCheckpoint(file);
}

async function exported(engine: Pulumi, stack: string): Promise<{ deployment?: Deployment }> {
  return JSON.parse(await run(engine, ['stack', 'export', '--stack', stack], 'returned'));
}

/**
 * Changes the state of a stack.
 *
 * @param folder where the engine may write
 * @param edit changes what it is given; where it changes nothing, nothing is written
 */
export async function editState(
  engine: Pulumi,
  stack: string,
  folder: string,
  edit: (deployment: Deployment) => void,
): Promise<void> {
  const state = await exported(engine, stack);
  const before = JSON.stringify(state);
  edit(state.deployment ?? {});
  if (JSON.stringify(state) === before) return;
  const file = join(folder, `${stack}.edited.json`);
  try {
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    await run(engine, ['stack', 'import', '--stack', stack, '--file', file], 'returned', folder);
  } finally {
    rmSync(file, { force: true });
  }
}

/** The part of a type and name that the broker has. */
export function stored(resources: readonly StoredResource[], type: string, part: string): StoredResource | undefined {
  // One that was replaced stays there until it is deleted, which a failure puts off.
  const ofType = resources.filter((resource) => resource.type === type && resource.delete !== true);
  for (const name of namesOf(part)) {
    const found = ofType.find(({ urn }) => urn.endsWith(`::${name}`));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the program said at its last successful run; secrets are objects, everything else is as it was. */
export function storedOutputs(resources: readonly StoredResource[]): Record<string, unknown> {
  return resources.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs ?? {};
}
