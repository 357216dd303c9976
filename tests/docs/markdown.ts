/** Reads the parts of Markdown that this repository's documents use. Code blocks hide everything inside them. */

export interface Heading {
  level: number;
  text: string;
}

/** A table: its cells as text, without the row of dashes. */
export interface Table {
  header: string[];
  rows: string[][];
}

export interface CodeBlock {
  language: string;
  code: string;
}

export interface Document {
  headings: Heading[];
  tables: Table[];
  codeBlocks: CodeBlock[];
  /** Everything outside code blocks, line by line. */
  prose: string[];
  /** The same by headings: what stands before the first one, then what stands behind each, its own line included. */
  sections: string[][];
}

/** Reads a document. */
export function readMarkdown(text: string): Document {
  const prose: string[] = [];
  const codeBlocks: CodeBlock[] = [];
  let open: { language: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith('```')) (open?.lines ?? prose).push(line);
    else if (open === undefined) open = { language: line.slice(3), lines: [] };
    else {
      codeBlocks.push({ language: open.language, code: open.lines.join('\n') });
      open = undefined;
      // What stands before a block and after it belongs to two paragraphs.
      prose.push('');
    }
  }
  if (open !== undefined) throw new Error('a code block is not closed');
  return { headings: headings(prose), tables: tables(prose), codeBlocks, prose, sections: sections(prose) };
}

/** The code spans of a text, sorted: a translation may name them in another order. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code).sort();
}

/** The targets of the links of a text. */
export function links(text: string): string[] {
  return [...text.replace(/`[^`]+`/g, '').matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
}

/** The anchor that a heading gets. */
export function anchor({ text }: Heading): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

const heading = /^(#+) (.+)$/;

function sections(lines: readonly string[]): string[][] {
  const found: string[][] = [[]];
  for (const line of lines) {
    if (heading.test(line)) found.push([]);
    found.at(-1)?.push(line);
  }
  return found;
}

function headings(lines: readonly string[]): Heading[] {
  return lines
    .map((line) => line.match(heading))
    .filter((match) => match !== null)
    .map(([, marks = '', text = '']) => ({ level: marks.length, text }));
}

function tables(lines: readonly string[]): Table[] {
  const found: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('|')) continue;
    if (lines[index - 1]?.startsWith('|')) found.at(-1)?.push(line);
    else found.push([line]);
  }
  return found.map(([header = '', dashes = '', ...rows]) => {
    if (!/^\|(-+\|)+$/.test(dashes)) throw new Error(`a table has no row of dashes: ${header}`);
    const table = { header: cells(header), rows: rows.map(cells) };
    const wrong = table.rows.find((row) => row.length !== table.header.length);
    if (wrong !== undefined) throw new Error(`a row has ${wrong.length} cells, not ${table.header.length}: ${wrong}`);
    return table;
  });
}

function cells(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
