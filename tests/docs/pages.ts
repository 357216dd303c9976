/** The pages of the documentation, each in two languages, and what they are compared with. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Document, links, readMarkdown, type Table } from './markdown';

export const root = join(__dirname, '..', '..');

/** A file of this repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export const languages = ['english', 'chinese'] as const;
export type Language = (typeof languages)[number];

/** One page in one language. */
export interface Page {
  /** From the folder of the repository. */
  path: string;
  document: Document;
}

const chineseEnd = '.zh-CN.md';
const folder = 'docs';

/** Paths of all pages: the READMEs and everything in the folder. */
export const paths: readonly string[] = [
  'README.md',
  'README.zh-CN.md',
  ...readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name)),
];

export function isChinese(path: string): boolean {
  return path.endsWith(chineseEnd);
}

/** The same page in the other language. */
export function twin(path: string): string {
  return isChinese(path) ? path.replace(chineseEnd, '.md') : path.replace(/\.md$/, chineseEnd);
}

/** The path of a page in English, which names it in both languages. */
export const names: readonly string[] = paths.filter((path) => !isChinese(path));

const pages = new Map<string, Page>();

/** A page in a language. */
export function page(name: string, language: Language): Page {
  const path = language === 'english' ? name : twin(name);
  const known = pages.get(path) ?? { path, document: readMarkdown(read(path)) };
  pages.set(path, known);
  return known;
}

/** Every page of a language. */
export function allPages(language: Language): Page[] {
  const own = paths.filter((path) => isChinese(path) === (language === 'chinese'));
  return own.map((path) => page(isChinese(path) ? twin(path) : path, language));
}

/**
 * A table of a page.
 *
 * @param first head of its first column in English
 */
export function table(name: string, language: Language, first: string): Table {
  const index = page(name, 'english').document.tables.findIndex(({ header }) => header[0] === first);
  const found = page(name, language).document.tables[index];
  if (found === undefined) throw new Error(`${name} has no table that begins with "${first}"`);
  return found;
}

/** Where a link leads: a path from the folder of the repository, and the heading there. */
export interface Target {
  file: string;
  /** Empty for the page as a whole. */
  anchor: string;
}

/** The links of a page to places of this repository, from top to bottom. */
export function targets({ path, document }: Page): Target[] {
  return document.prose
    .flatMap(links)
    .filter((link) => !/^https?:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { file: file === '' ? path : posix.join(posix.dirname(path), file), anchor };
    });
}
