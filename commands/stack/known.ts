/**
 * What can be known of a stack, each part as far as it can be had: the stack file, the state, and what only the passphrase
 * opens. Nothing is set up for it, and nothing is refused for want of it.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Unseen } from '../../doctor/finding';
import type { Settings } from '../../settings';
import { home } from '../../setup/home';
import { type FoundPulumi, pulumi } from '../../setup/pulumi';
import { findStack, lookedIn } from './place';
import { decryptedSettings, notDeployed, project, type Stack } from './stack';
import { type StackFile, settingsOf, stackFile } from './stackFile';
import { type StoredResource, storedResources } from './state';

export interface Known {
  name: string;
  file: StackFile;
  /** Undefined where the stack file cannot be read as a whole. */
  settings: Settings | undefined;
  /** Undefined where the state cannot be found. */
  resources: StoredResource[] | undefined;
  /** Whether the passphrase fits, so that the secrets of the state can be had. */
  engine: FoundPulumi | undefined;
  unseen: Unseen[];
}

const parts = {
  settings: 'what the stack file says',
  state: 'what was deployed',
  secrets: 'which accounts, rules and passwords of changed files are others',
} as const;

/** @throws Error where there is no such stack file */
export async function knownOf(name: string): Promise<Known> {
  const file = stackFile(home(), name);
  const known: Known = { name, file, settings: undefined, resources: undefined, engine: undefined, unseen: [] };
  const unseen = (what: string, error: unknown) => {
    known.unseen.push({ what, why: (error as Error).message });
    return undefined;
  };
  let isEncrypted = false;
  try {
    known.settings = settingsOf(file, name);
    isEncrypted = known.settings === undefined;
  } catch (error) {
    unseen(parts.settings, error);
  }
  const engine = await engineHere().catch((error) => unseen(parts.state, error));
  if (engine === undefined) {
    if (isEncrypted) unseen(parts.settings, new Error('it holds encrypted values, which the engine alone reads'));
    return known;
  }
  const { isThere, closed } = await placeOf(engine, known).catch((error: Error) => {
    unseen(parts.state, error);
    return { isThere: undefined, closed: error };
  });
  if (isThere === false) unseen(parts.state, new Error(notDeployed(name, lookedIn(engine))));
  if (isThere) {
    const resources = storedResources(engine, project, name);
    known.resources = await resources.catch((error) => unseen(parts.state, error));
  }
  if (closed === undefined) known.engine = engine;
  else if (isThere) unseen(parts.secrets, closed);
  if (isEncrypted) {
    const decrypted = closed === undefined ? decryptedSettings(engine, file, name) : Promise.reject(closed);
    known.settings = await decrypted.catch((error) => unseen(parts.settings, error));
  }
  return known;
}

/** The stack as others know it; undefined where settings or passphrase are lacking. */
export function stackOf({ name, file, settings, engine }: Known): Stack | undefined {
  return settings === undefined || engine === undefined ? undefined : { name, engine, file, settings };
}

/** Where no command has set one up, none is looked for: that may take minutes. */
async function engineHere(): Promise<FoundPulumi> {
  if (existsSync(join(home(), 'engine.json'))) return pulumi();
  throw new Error('no Pulumi engine has been set up here, which says where the state is; run: npm run env');
}

/** Whether the state has the stack, and why its secrets stay closed; undefined where they do not. */
async function placeOf(
  engine: FoundPulumi,
  { name, file }: Known,
): Promise<{ isThere: boolean; closed: Error | undefined }> {
  const sought = { project, name, file };
  try {
    return { isThere: await findStack(engine, sought, 'read'), closed: undefined };
  } catch (closed) {
    return { isThere: await findStack(engine, sought, 'handed over'), closed: closed as Error };
  }
}
