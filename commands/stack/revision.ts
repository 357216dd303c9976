import type { Settings } from '../../settings';
import { home } from '../../setup/home';
import { settingsOf, stackFile } from './stackFile';
export async function readRevision(stack: string, _revision: string | undefined): Promise<Settings> {
  const settings = settingsOf(stackFile(home(), stack), stack);
  if (settings === undefined) throw new Error('encrypted');
  return settings;
}
export async function baseAt(stack: string, revision: string) {
  return { commit: revision, settings: await readRevision(stack, revision) };
}
