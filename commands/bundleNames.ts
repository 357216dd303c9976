/** Whether a folder can hold a bundle for each device by its id: some file systems take two ids for one name. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quoted, unquoted } from '../mosquitto/quoted';

/** How many names are told. */
const mostNamed = 5;

/** Names that Windows and its file systems keep for themselves, with any extension. */
const devicesOfWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * Looks at what the file system does with ids that some take for the same: it is asked itself, in a folder of its own
 * that is gone afterwards. Where there are none, nothing is asked.
 *
 * @param folder that gets the bundles
 * @throws Error that names the ids, and what to do
 */
export function refuseFoldedNames(folder: string, ids: readonly string[]): void {
  const groups = doubtful(ids);
  if (groups.length === 0) return;
  // Named as what an interrupted run leaves, so that the next one cleans it up.
  const trial = join(folder, `names~aipi-new-${process.pid}`);
  mkdirSync(trial, { mode: 0o700 });
  try {
    const problems = groups.flatMap((group) => problemOf(trial, group) ?? []);
    if (problems.length === 0) return;
    const rest = problems.length - mostNamed;
    const more = rest > 0 ? [`and ${rest} more`] : [];
    throw new Error(
      `--out ${unquoted(folder)} is on a file system that ${[...problems.slice(0, mostNamed), ...more].join(', ')}; ` +
        'name a folder on another one, or make these bundles one by one, each into a folder of its own',
    );
  } finally {
    rmSync(trial, { recursive: true });
  }
}

/** Ids that are one name without regard to case, form of characters and dots at the end; and names of devices. */
function doubtful(ids: readonly string[]): string[][] {
  const byName = new Map<string, string[]>();
  for (const id of ids) {
    const name = folded(id);
    const group = byName.get(name);
    if (group === undefined) byName.set(name, [id]);
    else if (!group.includes(id)) group.push(id);
  }
  return [...byName]
    .filter(([name, { length }]) => length > 1 || devicesOfWindows.test(name))
    .map(([, group]) => group);
}

/** The same for names that a file system might take for the same. */
export function folded(name: string): string {
  return name
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/[. ]+$/, '');
}

/** What the file system cannot do with these names. */
function problemOf(trial: string, group: readonly string[]): string | undefined {
  for (const [index, id] of group.entries()) {
    try {
      mkdirSync(join(trial, id));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST')
        return `takes ${group
          .slice(0, index + 1)
          .map((each) => quoted(each))
          .join(' and ')} for one name`;
      if (code === 'EINVAL' || code === 'ENOENT') return `cannot hold the name ${quoted(id)}`;
      throw error;
    }
  }
  return undefined;
}
