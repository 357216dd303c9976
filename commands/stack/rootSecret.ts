/**
 * A root secret of devices that counts as published.
 *
 * Earlier versions made it as `random.RandomBytes`. Pulumi's own plug-in makes the id of such a resource of the bytes
 * themselves, and an id is plain in states, histories and displays. A stack may have been deployed by more than one
 * set of plug-ins, so every such secret counts, whatever its id says now.
 */

import { join } from 'node:path';
import { type Pulumi, run, stateFolder } from '../../setup/pulumi';
import { project } from './stack';
import { type StoredResource, stored, storedResources } from './state';

/** The resource with a published root secret; undefined where there is none. */
export function publishedRoot(resources: readonly StoredResource[]): StoredResource | undefined {
  return stored(resources, 'random:index/randomBytes:RandomBytes', 'fleet-secret');
}

/** What the update that replaces it means, in plain words. */
export function replacementWords(engine: Pulumi, stack: string, root: StoredResource, devices: number): string[] {
  const folder = stateFolder(engine);
  const places =
    folder === undefined
      ? 'the history of the backend, and every export of the state'
      : ['history', 'backups'].map((name) => join(folder, name)).join(', ') +
        `, ${join(folder, 'stacks')} (*.bak), and every copy of them`;
  return [
    "The root secret of the devices counts as published: an earlier version made it in a form that Pulumi's own plug-in keeps as the id of a resource, which everybody sees who sees a state or a preview.",
    devices === 0
      ? '  It is replaced by a new one. No device is deployed, so nobody notices.'
      : `  It is replaced by a new one: ${devices === 1 ? 'the device is' : `all ${devices} devices are`} out until each has a new bundle (npm run provision -- ${stack} --all --out FOLDER). Accounts and certificates stay as they are.`,
    `  The old one ${isBytes(root.id) ? 'stands' : 'may stand'} readable in ${places}. After the update it opens nothing; delete those of before it, and do not go back to one of them.`,
  ];
}

/** Whether an id is 32 bytes in base64. */
function isBytes(id = ''): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(id);
}

/** Does something that takes a published root secret away, which its protection would forbid. What stays is protected again. */
export async function withoutProtection<T>(
  engine: Pulumi,
  stack: string,
  root: StoredResource | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (root?.protect !== true) return work();
  const change = (verb: 'unprotect' | 'protect') =>
    run(engine, ['state', verb, root.urn, '--stack', stack, '--yes'], 'returned');
  await change('unprotect');
  try {
    return await work();
  } finally {
    if (publishedRoot(await storedResources(engine, project, stack)) !== undefined) await change('protect');
  }
}
