/**
 * Proves that the documents say of each key of the broker whether a reload applies it or a restart: in each language one
 * row of a table names all that a reload applies, and another one all that take a restart. And that they describe the
 * keys of a listener in the words of their rows.
 *
 * Does not prove that the broker does so: tests/integration changes them and looks.
 */

import { spawnSync } from 'node:child_process';
import type { ConfigKeys } from '../../mosquitto/configKey';
import { limitKeys } from '../../mosquitto/limits';
import { listenerKeys } from '../../mosquitto/listeners';
import { loggingKeys } from '../../mosquitto/logging';
import { persistenceKeys } from '../../mosquitto/persistence';
import { isReloaded } from '../../mosquitto/reload';
import { codeSpans, readMarkdown } from './markdown';
import { read, root } from './pages';

const keys: ConfigKeys = { ...limitKeys, ...persistenceKeys, ...loggingKeys };

const documents = spawnSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n');

const english = documents.filter((name) => !name.endsWith('.zh-CN.md'));
const chinese = documents.filter((name) => name.endsWith('.zh-CN.md'));

function rowsOf(names: readonly string[]): string[][] {
  return names.flatMap((name) => readMarkdown(read(name)).tables.flatMap(({ rows }) => rows));
}

/** The keys that each row names which names several of them in its first cell. */
function namedTogether(names: readonly string[]): string[][] {
  return rowsOf(names)
    .map(([first = '']) => codeSpans(first).filter((span) => span in keys))
    .filter((named) => named.length > 1);
}

function keysBy(isMeant: (option: string) => boolean): string[] {
  return Object.keys(keys)
    .filter((name) => isMeant(keys[name]?.option ?? ''))
    .sort();
}

/** Without code spans and links. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('`', '');
}

test.each([
  ['English', english],
  ['Chinese', chinese],
])('in %s, one row names the keys that a reload applies, and one those that take a restart', (_, names) => {
  expect(namedTogether(names)).toEqual([keysBy(isReloaded), keysBy((option) => !isReloaded(option))]);
});

test.each(Object.entries(listenerKeys))(
  'in English, listeners[].%s is described in the words of its row',
  (name, key) => {
    const rows = rowsOf(english).filter(([first]) => first === `\`listeners[].${name}\``);
    expect(rows.map((row) => plain(row.at(-1) ?? ''))).toEqual([key.description]);
  },
);
