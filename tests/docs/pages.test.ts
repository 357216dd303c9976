/**
 * Proves that each page is there in both languages with the same headings, tables, code and links, that each link leads
 * somewhere, and that a reader gets from the README to every document.
 *
 * Does not prove that the prose is right, nor that the translation says the same.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { anchor, codeSpans, type Document, readMarkdown } from './markdown';
import {
  allPages,
  isChinese,
  type Language,
  languages,
  names,
  type Page,
  page,
  paths,
  read,
  root,
  targets,
  twin,
} from './pages';

/** Minutes that a newcomer gives to the README, at the words a minute of a slow reader. */
const readmeWords = 3.6 * 200;

function documents(name: string): Document[] {
  return languages.map((language) => page(name, language).document);
}

function expectSame(values: unknown[]): void {
  expect(values[1]).toEqual(values[0]);
}

test('each page is there in both languages', () => {
  expect(names.length).toBeGreaterThan(1);
  expect(paths.filter((path) => !paths.includes(twin(path)))).toEqual([]);
});

describe.each(names)('%s in both languages', (name) => {
  test('has the same headings, by number and level', () => {
    expectSame(documents(name).map(({ headings }) => headings.map(({ level }) => level)));
  });

  test('has tables of the same shape', () => {
    expectSame(
      documents(name).map(({ tables }) => tables.map(({ header, rows }) => `${rows.length} rows of ${header.length}`)),
    );
  });

  test('names the same code in each cell of its tables, and leaves the same cells empty', () => {
    const spans = ({ tables }: Document) =>
      tables.map(({ header, rows }) =>
        [header, ...rows].map((row) => row.map((cell) => [cell === '', codeSpans(cell)])),
      );
    expectSame(documents(name).map(spans));
  });

  test('has the same code blocks', () => {
    expectSame(documents(name).map(({ codeBlocks }) => codeBlocks));
  });

  test('names the same code in its prose, heading by heading', () => {
    expectSame(documents(name).map(({ sections }) => sections.map((lines) => codeSpans(lines.join('\n')))));
  });

  test('begins with a link to the other language', () => {
    for (const language of languages) {
      const own = page(name, language);
      expect(targets(own)[0]).toEqual({ file: twin(own.path), anchor: '' });
    }
  });

  test('links to the same places, heading by heading', () => {
    expectSame(languages.map((language) => places(page(name, language))));
  });
});

/** Where the links of a page lead, without regard to the language, section by section. */
function places(own: Page): string[][] {
  return own.document.sections.map((lines) =>
    targets({ path: own.path, document: { ...own.document, prose: lines } })
      .map(
        ({ file, anchor: name }) =>
          `${isChinese(file) ? twin(file) : file}#${name === '' ? '' : headingNumber(file, name)}`,
      )
      .sort(),
  );
}

function headingNumber(file: string, name: string): number {
  return anchors(file).indexOf(name);
}

/** The anchors of a document, from top to bottom. */
function anchors(file: string): string[] {
  return readMarkdown(read(file)).headings.map(anchor);
}

describe.each(languages)('the pages in %s', (language) => {
  const all = allPages(language);

  test('link to places that are there', () => {
    const links = all.flatMap((own) => targets(own).map((target) => ({ from: own.path, ...target })));
    expect(links).not.toHaveLength(0);
    const isThere = ({ file, anchor: name }: { file: string; anchor: string }) =>
      existsSync(join(root, file)) && (name === '' || anchors(file).includes(name));
    expect(links.filter((link) => !isThere(link))).toEqual([]);
  });

  test('lead a reader on in the same language', () => {
    const others = all.flatMap((own) =>
      targets(own)
        .slice(1)
        .filter(({ file }) => paths.includes(file) && isChinese(file) !== (language === 'chinese'))
        .map(({ file }) => `${own.path} to ${file}`),
    );
    expect(others).toEqual([]);
  });

  test('are all linked from the README', () => {
    const linked = targets(page('README.md', language)).map(({ file }) => file);
    expect(all.map(({ path }) => path).filter((path) => !/^README/.test(path) && !linked.includes(path))).toEqual([]);
  });

  test('link to every other document of the repository', () => {
    const linked = all.flatMap((own) => targets(own).map(({ file }) => file));
    const documents = otherDocuments();
    expect(documents).not.toHaveLength(0);
    expect(documents.filter((path) => !linked.includes(path))).toEqual([]);
  });
});

test('the documents beside the code link to places that are there', () => {
  const broken = otherDocuments().flatMap((path) =>
    targets({ path, document: readMarkdown(read(path)) }).filter(
      ({ file, anchor: name }) => !existsSync(join(root, file)) || (name !== '' && !anchors(file).includes(name)),
    ),
  );
  expect(broken).toEqual([]);
});

/** Documents that stand beside the code that they are about. */
function otherDocuments(): string[] {
  const { stdout } = spawnSync('git', ['ls-files', '*.md', ':!tests/golden/reviews'], { cwd: root, encoding: 'utf8' });
  return stdout.split('\n').filter((path) => path !== '' && !paths.includes(path));
}

test('the README is short enough for a newcomer', () => {
  const { prose } = page('README.md', 'english').document;
  const words =
    prose
      .join('\n')
      .replace(/\]\([^)]*\)/g, ']')
      .match(/[\p{L}\p{N}`][^\s|]*/gu) ?? [];
  expect(words.length).toBeLessThanOrEqual(readmeWords);
  for (const language of languages) expect(lines(language)).toBeLessThanOrEqual(150);
});

function lines(language: Language): number {
  return read(page('README.md', language).path).split('\n').length;
}
