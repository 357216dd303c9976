/**
 * Lists of devices in CSV: RFC 4180 with a header; lines that begin with `#` are comments.
 *
 * As spreadsheets write it: columns may be separated by what the language of a machine has for it, and rows and columns
 * without a value are nothing.
 */

import { CsvError, parse } from 'csv-parse/sync';
import { closest, distance } from 'fastest-levenshtein';
import { quoted } from '../../mosquitto/quoted';
import { metadataNameProblem } from '../metadata';
import type { DeviceList } from './listed';
import { addRow, type Row } from './row';

type Cells = readonly string[];

/** Columns that every list may have; `id` is the only one that it must. */
const columns = ['id', 'generation', 'role'] as const;
const metadataPrefix = 'metadata.';

/** The one of RFC 4180, that of languages with a decimal comma, that of "Unicode text", and one that people choose. */
const separators = [',', ';', '\t', '|'];

/** A first line that tells Excel the separator; some programs quote it, or fill it up with empty columns. */
const separatorLine = /^"?sep=([^"#\w\s]|\t)"?[,;\t| ]*(?=\n|$)/i;

/** Nothing that could be seen. */
const blank = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]*$/u;

/** Comments are whole lines, and each line may have any number of cells: their number is checked here, line by line. */
const form = {
  record_delimiter: '\n',
  comment: '#',
  comment_no_infix: true,
  relax_column_count: true,
  skip_empty_lines: true,
};

/**
 * Reads a list of devices.
 *
 * An empty cell says nothing. Line ends may be LF, CRLF, CR or a mixture: no field of a device may hold one. Columns are
 * separated by whatever gives one of the name `id`.
 *
 * @param file name of the file, as errors show it
 */
export function readCsv(text: string, file: string): DeviceList {
  const list: DeviceList = { entries: [], problems: [] };
  const written = text.replace(/^\ufeff+/, '').replace(/\r\n?/g, '\n');
  const source = written.replace(separatorLine, '');
  const separator = separatorOf(source, written.match(separatorLine)?.[1]);
  const { records, broken } = recordsOf(source, separator);
  const places = firstLines(source, records).map((line) => `${file}, line ${line}`);
  const start = records.findIndex((cells) => !isBlank(cells) && !isComment(cells));
  const header = records[start];
  if (header !== undefined) addRows(list, { header, separator, rows: records.slice(start + 1) }, places.slice(start));
  else if (broken === undefined) list.problems.push(`${file}: is empty; write a first line such as "${example(',')}"`);
  if (broken !== undefined) list.problems.push(`${places.at(-1)}: ${broken}`);
  return list;
}

/** The records as far as quotes can be made sense of, and what is wrong with the next one. */
function recordsOf(source: string, delimiter: string): { records: string[][]; broken?: string } {
  try {
    return { records: parse(source, { ...form, delimiter }) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const good = Number(error.records);
    const broken =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'opens a quote that is never closed; close it'
        : 'has a quote inside a field; put the whole field in quotes, and write each quote inside it twice';
    return { records: good === 0 ? [] : parse(source, { ...form, delimiter, to: good }), broken };
  }
}

/**
 * What separates the columns.
 *
 * @param said by the file itself
 */
function separatorOf(source: string, said: string | undefined): string {
  const line = firstLine(source);
  const candidates = [...(said === undefined ? [] : [said]), ...separators];
  const headers = candidates.map((delimiter) => ({ delimiter, header: cellsOf(line, delimiter) }));
  const found =
    headers.find(({ header }) => header.includes('id')) ??
    headers.find(({ header }) => header.some((name) => plain(name) === 'id')) ??
    headers.find(({ header }) => header.some((name) => isOurs(nearest(name))));
  return found?.delimiter ?? said ?? ',';
}

/** The first line with a value that is no comment. */
function firstLine(source: string): string {
  for (const [line] of source.matchAll(/[^\n]+/g)) {
    if (!/^"?#/.test(line) && !blank.test(line.replace(/[",;\t|]/g, ''))) return line;
  }
  return '';
}

function cellsOf(line: string, delimiter: string): Cells {
  const [cells = []] = recordsOf(line, delimiter).records;
  return cells;
}

function isBlank(cells: Cells): boolean {
  return cells.every((cell) => blank.test(cell));
}

/** One that a spreadsheet has put into quotes. Only what stands alone in the first column: no id begins so. */
function isComment(cells: Cells): boolean {
  return cells[0]?.startsWith('#') === true && isBlank(cells.slice(1));
}

/** The line at which each record begins, and the one after the last record, counted from 1. */
function firstLines(source: string, records: readonly Cells[]): number[] {
  const lines = source.split('\n');
  const isQuoted = source.includes('"');
  const firsts: number[] = [];
  let next = 0;
  for (const record of [...records, []]) {
    while (lines[next] === '' || lines[next]?.startsWith('#')) next += 1;
    firsts.push(next + 1);
    next += isQuoted ? record.join('').split('\n').length : 1;
  }
  return firsts;
}

interface Table {
  header: Cells;
  rows: readonly Cells[];
  separator: string;
}

/** @param places of the header and each row */
function addRows(list: DeviceList, { header, rows, separator }: Table, places: readonly string[]): void {
  const [top = '', ...rest] = places;
  const problems = headerProblems(header, separator);
  for (const problem of problems) list.problems.push(`${top}: ${problem}`);
  if (problems.length > 0) return;
  const [id = 0, generation, role] = columns.map((name) => header.indexOf(name));
  const facts = header.flatMap((name, index) =>
    name.startsWith(metadataPrefix) ? [[name.slice(metadataPrefix.length), index] as const] : [],
  );
  for (const [index, cells] of rows.entries()) {
    if (isBlank(cells) || (id === 0 && isComment(cells))) continue;
    const place = rest[index] ?? '';
    const problem = widthProblem(cells, header);
    if (problem !== undefined) {
      list.problems.push(`${place}: ${problem}`);
      continue;
    }
    const metadata: Array<Row['metadata'][number]> = [];
    for (const [name, at] of facts) {
      const value = cells[at] ?? '';
      if (value !== '') metadata.push([name, value]);
    }
    addRow(list, place, { id: cells[id], generation: said(cells, generation), role: said(cells, role), metadata });
  }
}

/** What is wrong with the number of cells. Those without a value that no column has a name for are nothing. */
function widthProblem(cells: Cells, header: Cells): string | undefined {
  const [least, width] = [widthOf(header), widthOf(cells)];
  if (cells.length < least || width > header.length) {
    return `has ${count(Math.max(width, Math.min(cells.length, least)))}, and the first line ${least}; write as many`;
  }
  if (least === header.length && width <= least) return undefined;
  const nameless = cells.findIndex((cell, at) => blank.test(header[at] ?? '') && !blank.test(cell));
  if (nameless === -1) return undefined;
  return `has a value in column ${nameless + 1}, which has no name in the first line; name it there, or remove the value`;
}

/** The number of cells up to the last one with a value. */
function widthOf(cells: Cells): number {
  let width = cells.length;
  while (width > 0 && blank.test(cells[width - 1] ?? '')) width -= 1;
  return width;
}

function said(cells: Cells, column = -1): string | undefined {
  return cells[column] === '' ? undefined : cells[column];
}

function count(cells: number): string {
  return cells === 1 ? '1 column' : `${cells} columns`;
}

/** A first line for a list. */
function example(separator: string): string {
  return columns.join(separator === '\t' ? ',' : separator);
}

/** An unknown column is an error, so that a misspelt one is never left unread. */
function headerProblems(header: Cells, separator: string): string[] {
  const seen = new Set<string>();
  const problems = header.flatMap((name) => {
    if (blank.test(name)) return [];
    if (seen.has(name)) return [`column ${quoted(name)} stands twice; use each once`];
    seen.add(name);
    return columnProblem(name) ?? [];
  });
  if (header.includes('id')) return problems;
  const missing = `has no column "id"; write a first line such as "${example(separator)}"`;
  // Where nothing looks like a name of ours, the line is a device, and no misspelt header.
  return header.some((name) => isOurs(name) || isOurs(nearest(name))) ? [missing, ...problems] : [missing];
}

function isOurs(name: string): boolean {
  return columns.some((column) => column === name);
}

function columnProblem(name: string): string | undefined {
  if (isOurs(name)) return undefined;
  if (name.startsWith(metadataPrefix)) {
    const problem = metadataNameProblem(name.slice(metadataPrefix.length));
    return problem === undefined ? undefined : `column ${quoted(name)} ${problem}, after "${metadataPrefix}"`;
  }
  return `there is no column ${quoted(name)}; did you mean ${quoted(nearest(name))}?`;
}

/** Without blanks, what cannot be seen, and capitals. */
function plain(name: string): string {
  return name.replace(/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]+/gu, '').toLowerCase();
}

/** The column that was probably meant: a misspelt one of ours, or a fact without its prefix. */
function nearest(name: string): string {
  const meant = plain(name);
  const known = closest(meant, [...columns]);
  if (distance(meant, known) * 3 <= known.length) return known;
  const fact = name.replace(/^meta-?data[^A-Za-z0-9]*/i, '').replace(/[^A-Za-z0-9_-]+/g, '_');
  return `${metadataPrefix}${fact === '' ? 'name' : fact.slice(0, 64)}`;
}
