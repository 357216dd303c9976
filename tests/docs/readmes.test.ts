/**
 * Proves that the two READMEs hold the same headings, tables and code, and that each of their links leads somewhere.
 *
 * Does not prove that the prose is right, nor that the translation says the same.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { anchor, codeSpans, links } from './markdown';
import { chinese, english, readmes, root } from './readmes';

test('both READMEs have the same headings, by number and level', () => {
  const levels = readmes.map(({ document }) => document.headings.map(({ level }) => level));
  expect(levels[1]).toEqual(levels[0]);
});

test('both READMEs have tables of the same shape', () => {
  const shapes = readmes.map(({ document }) =>
    document.tables.map(({ header, rows }) => `${rows.length} rows of ${header.length}`),
  );
  expect(shapes[1]).toEqual(shapes[0]);
});

test('both READMEs name the same code in each cell of their tables', () => {
  const spans = readmes.map(({ document }) => document.tables.map(({ rows }) => rows.map((row) => row.map(codeSpans))));
  expect(spans[1]).toEqual(spans[0]);
});

test('both READMEs leave the same cells empty', () => {
  const empty = readmes.map(({ document }) =>
    document.tables.map(({ rows }) => rows.map((row) => row.map((cell) => cell === ''))),
  );
  expect(empty[1]).toEqual(empty[0]);
});

test('both READMEs have the same code blocks', () => {
  expect(chinese.document.codeBlocks).toEqual(english.document.codeBlocks);
});

test('both READMEs name the same code in their prose', () => {
  const spans = readmes.map(({ document }) =>
    document.prose.filter((line) => !line.startsWith('|')).flatMap((line) => codeSpans(line)),
  );
  expect(spans[1]?.sort()).toEqual(spans[0]?.sort());
});

describe.each(readmes)('$name', ({ document }) => {
  const targets = document.prose.flatMap(links).filter((target) => !/^https?:/.test(target));

  test('links to files of this repository', () => {
    const files = targets.filter((target) => !target.startsWith('#'));
    expect(files).not.toHaveLength(0);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('links to headings of its own', () => {
    const anchors = document.headings.map((heading) => `#${anchor(heading)}`);
    expect(targets.filter((target) => target.startsWith('#') && !anchors.includes(target))).toEqual([]);
  });
});
