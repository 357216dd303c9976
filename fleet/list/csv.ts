/** Lists of devices in CSV: RFC 4180 with a header; lines that begin with `#` are comments. */

import { CsvError, parse } from 'csv-parse/sync';
import { closest, distance } from 'fastest-levenshtein';
import { metadataNameProblem } from '../metadata';
import type { DeviceList } from './listed';
import { addRow, type Row } from './row';

type Cells = readonly string[];

/** Columns that every list may have; `id` is the only one that it must. */
const columns = ['id', 'generation', 'role'] as const;
const metadataPrefix = 'metadata.';

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
 * An empty cell says nothing. Line ends may be LF, CRLF, CR or a mixture: no field of a device may hold one.
 *
 * @param file name of the file, as errors show it
 */
export function readCsv(text: string, file: string): DeviceList {
  const list: DeviceList = { entries: [], problems: [] };
  const source = text.replace(/\r\n?/g, '\n');
  const { records, broken } = recordsOf(source);
  const places = firstLines(source, records).map((line) => `${file}, line ${line}`);
  const [header, ...rows] = records;
  if (header !== undefined) addRows(list, header, rows, places);
  else if (broken === undefined)
    list.problems.push(`${file}: is empty; write a first line such as "id,generation,role"`);
  if (broken !== undefined) list.problems.push(`${places.at(-1)}: ${broken}`);
  return list;
}

/** The records as far as quotes can be made sense of, and what is wrong with the next one. */
function recordsOf(source: string): { records: string[][]; broken?: string } {
  try {
    return { records: parse(source, form) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const good = Number(error.records);
    const broken =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'opens a quote that is never closed; close it'
        : 'has a quote inside a field; put the whole field in quotes, and write each quote inside it twice';
    return { records: good === 0 ? [] : parse(source, { ...form, to: good }), broken };
  }
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

/** @param places of the header and each row */
function addRows(list: DeviceList, header: Cells, rows: readonly Cells[], places: readonly string[]): void {
  const [top = '', ...rest] = places;
  const problems = headerProblems(header);
  for (const problem of problems) list.problems.push(`${top}: ${problem}`);
  if (problems.length > 0) return;
  const [id, generation, role] = columns.map((name) => header.indexOf(name));
  const facts = header.flatMap((name, index) =>
    name.startsWith(metadataPrefix) ? [[name.slice(metadataPrefix.length), index] as const] : [],
  );
  for (const [index, cells] of rows.entries()) {
    const place = rest[index] ?? '';
    if (cells.length !== header.length) {
      list.problems.push(`${place}: has ${count(cells.length)}, and the first line ${header.length}; write as many`);
      continue;
    }
    const metadata: Array<Row['metadata'][number]> = [];
    for (const [name, at] of facts) {
      const value = cells[at] ?? '';
      if (value !== '') metadata.push([name, value]);
    }
    addRow(list, place, { id: cells[id ?? 0], generation: said(cells, generation), role: said(cells, role), metadata });
  }
}

function said(cells: Cells, column = -1): string | undefined {
  return cells[column] === '' ? undefined : cells[column];
}

function count(cells: number): string {
  return cells === 1 ? '1 column' : `${cells} columns`;
}

/** An unknown column is an error, so that a misspelt one is never left unread. */
function headerProblems(header: Cells): string[] {
  const other = header.length === 1 ? header[0]?.match(/[;\t]/)?.[0] : undefined;
  if (other !== undefined) return [`separates columns by ${JSON.stringify(other)}; separate them by ","`];
  const seen = new Set<string>();
  const problems = header.flatMap((name) => {
    if (seen.has(name) && name !== '') return [`column ${JSON.stringify(name)} stands twice; use each once`];
    seen.add(name);
    return columnProblem(name) ?? [];
  });
  if (header.includes('id')) return problems;
  const missing = 'has no column "id"; write a first line such as "id,generation,role"';
  // Where nothing looks like a name of ours, the line is a device, and no misspelt header.
  return header.some((name) => isOurs(name) || isOurs(nearest(name))) ? [missing, ...problems] : [missing];
}

function isOurs(name: string): boolean {
  return columns.some((column) => column === name);
}

function columnProblem(name: string): string | undefined {
  if (isOurs(name)) return undefined;
  if (name === '') return `has a column without a name; name it, or remove its ","`;
  if (name.startsWith(metadataPrefix)) {
    const problem = metadataNameProblem(name.slice(metadataPrefix.length));
    return problem === undefined ? undefined : `column ${JSON.stringify(name)} ${problem}, after "${metadataPrefix}"`;
  }
  return `there is no column ${JSON.stringify(name)}; did you mean ${JSON.stringify(nearest(name))}?`;
}

/** The column that was probably meant: a misspelt one of ours, or a fact without its prefix. */
function nearest(name: string): string {
  const plain = name.trim().toLowerCase();
  const known = closest(plain, [...columns]);
  if (distance(plain, known) * 3 <= known.length) return known;
  const fact = name.replace(/^meta-?data[^A-Za-z0-9]*/i, '').replace(/[^A-Za-z0-9_-]+/g, '_');
  return `${metadataPrefix}${fact === '' ? 'name' : fact.slice(0, 64)}`;
}
