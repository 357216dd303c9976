/**
 * YAML as data, so that nobody can read it otherwise: what two readers could take for different values is refused by its
 * line, or kept as it is written.
 *
 * The engine reads with yaml.v3 of Go, which knows numbers of YAML 1.1 and 1.2 side by side. Others know one of them.
 */

import { isUtf8 } from 'node:buffer';
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
} from 'yaml';
import { codePoint } from '../mosquitto/quoted';
import { type ScalarReading, scalar } from './scalar';

export type Path = readonly (string | number)[];

/** A value or a name that stays as it is written, though a reader of YAML would make something else of it. */
export interface Written {
  path: Path;
  text: string;
  /** Whether it is the last name of the path itself. */
  isName: boolean;
  /** From 1. */
  line: number;
}

/** What a document says. */
export interface Reading {
  /** Undefined where nothing stands there. */
  value: unknown;
  /** Everything that is wrong, each with file and line. */
  problems: string[];
  written: Written[];
  /** Line of a key, from 1. */
  lineOf(key: string): number;
}

/** What a reader knows of the values beforehand. */
export interface Expectation {
  /** Whether a value is a text, whatever it looks like. */
  isText(path: Path): boolean;
  /** Whether a value may stand in a message. */
  isShown(path: Path): boolean;
}

/** Aliases of aliases grow without end. */
const mostValues = 100_000;

/** Characters that end a line, or that no reader lets through: `YAML 1.1, 5.1` and `1.2, 5.1` differ in them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unreadable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/;

/**
 * Reads one document.
 *
 * @param file name of the file, as errors show it
 */
export function readDocument(bytes: Buffer, file: string, expectation: Expectation): Reading {
  const text = isUtf16(bytes) ? undefined : bytes.toString('utf8').replace(/^\ufeff/, '');
  if (text === undefined) return refused(`${file}: is UTF-16; save it as UTF-8`);
  if (!isUtf8(bytes))
    return refused(`${file}, line ${lineAt(text, text.indexOf('\ufffd'))}: is no UTF-8; save it as UTF-8`);
  const odd = unreadable.exec(text);
  if (odd !== null) {
    return refused(`${file}, line ${lineAt(text, odd.index)}: contains ${codePoint(odd[0])}; remove it`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false, lineCounter: lines });
  const wrong = document.errors.map(
    (error) => `${file}, line ${lines.linePos(error.pos[0]).line}: ${inWords(error, text)}`,
  );
  const twice = document.errors.every(({ code }) => code === 'DUPLICATE_KEY');
  if (wrong.length > 0) return refused(...(twice ? wrong : wrong.slice(0, 1)));
  if (document.directives?.yaml.explicit || Object.keys(document.directives?.tags ?? {}).length > 1) {
    return refused(`${file}, line 1: a line that begins with "%" changes how the file is read; leave it out`);
  }
  const contents = document.contents as Node | null;
  const walk = new Walk(file, expectation, lines, (alias) => alias.resolve(document));
  const value = isEmpty(contents) ? undefined : walk.valueOf(contents, []);
  const lineOf = (key: string) => walk.lines.get(key) ?? 1;
  return { value, problems: walk.problems, written: walk.written, lineOf };
}

/** From nodes to values, with everything that is wrong on the way. */
class Walk {
  readonly problems: string[] = [];
  readonly written: Written[] = [];
  /** Of the keys of the two upper levels, which make a stack file. */
  readonly lines = new Map<string, number>();
  private readonly open = new Set<Node>();
  /** To find one is to look through the whole document. */
  private readonly targets = new Map<Alias, Node>();
  private count = 0;

  constructor(
    private readonly file: string,
    private readonly expectation: Expectation,
    private readonly counter: LineCounter,
    private readonly resolve: (alias: Alias) => Node | undefined,
  ) {}

  valueOf(node: Node, path: Path, line = this.lineAt(node)): unknown {
    this.count += 1;
    if (this.count > mostValues) {
      if (this.count === mostValues + 1) this.problems.push(`${this.file}: holds more than ${mostValues} values`);
      return undefined;
    }
    if (isAlias(node)) return this.aliased(node, path, line);
    if (!this.mayHaveTag(node, path, line)) return undefined;
    if (isSeq(node)) return this.inside(node, path, line, () => this.listOf(node.items as Node[], path, line));
    if (isMap(node))
      return this.inside(node, path, line, () => this.setOf(node.items as Pair<Node, Node | null>[], path));
    return this.scalarOf(node as Scalar, path, line);
  }

  private aliased(node: Alias, path: Path, line: number): unknown {
    const target = this.targets.get(node) ?? this.resolve(node);
    if (target !== undefined) this.targets.set(node, target);
    if (target !== undefined) return this.valueOf(target, path, line);
    this.say(line, path, 'names with "*" what no "&" has named before it; write the value, or put it in quotes');
    return undefined;
  }

  /** A tag makes another value of the same text; `!!str` makes it what quotes make of it. */
  private mayHaveTag(node: Node, path: Path, line: number): boolean {
    const { tag } = node as Scalar;
    const own = isScalar(node) ? strTag : isSeq(node) ? seqTag : mapTag;
    if (tag === undefined || tag === own) return true;
    this.say(line, path, 'has a word with "!" before it, which not every reader knows; leave that word out');
    return false;
  }

  /** What holds itself has no end. */
  private inside<T>(node: Node, path: Path, line: number, read: () => T): T | undefined {
    if (this.open.has(node)) {
      this.say(line, path, 'holds itself; write the values');
      return undefined;
    }
    this.open.add(node);
    const value = read();
    this.open.delete(node);
    return value;
  }

  private listOf(items: readonly Node[], path: Path, line: number): unknown[] {
    return items.map((item, index) =>
      item === null ? null : this.valueOf(item, [...path, index], this.lineAt(item, line)),
    );
  }

  private setOf(items: readonly Pair<Node, Node | null>[], path: Path): Record<string, unknown> {
    const entries = items.flatMap(({ key, value }): [string, unknown][] => {
      const line = this.lineAt(key);
      const name = isScalar(key) && key.tag === undefined ? sourceOf(key) : undefined;
      if (name === undefined || (isPlain(key) && name === '')) {
        this.say(line, path, 'has a name that is no text; put it in quotes');
        return [];
      }
      if (isPlain(key) && name === '<<') {
        this.say(line, path, '"<<" is not known to every reader; write the lines that it stands for');
        return [];
      }
      const at = [...path, name];
      if (at.length < 3) this.lines.set(at.join('\n'), line);
      if (isPlain(key) && scalar(name).kind !== 'text') this.written.push({ path: at, text: name, isName: true, line });
      return [[name, value === null ? this.nothing(at, line) : this.valueOf(value, at, this.lineAt(value, line))]];
    });
    return Object.fromEntries(entries);
  }

  private scalarOf(node: Scalar, path: Path, line: number): unknown {
    const source = sourceOf(node);
    if (!isPlain(node) || node.tag === strTag) return source;
    const reading = scalar(source);
    if (reading.kind === 'text') return source;
    if (reading.kind === 'nothing') return this.nothing(path, line);
    if (this.expectation.isText(path)) {
      this.written.push({ path, text: source, isName: false, line });
      return source;
    }
    if (reading.kind === 'value') return reading.value;
    this.say(line, path, this.ambiguous(path, source, reading));
    return undefined;
  }

  private ambiguous(path: Path, source: string, { says }: Extract<ScalarReading, { kind: 'ambiguous' }>): string {
    const value = this.expectation.isShown(path) ? source : 'the value';
    return `${value} ${says}`;
  }

  /** The stack file and its `config` may be empty. */
  private nothing(path: Path, line: number): unknown {
    if (path.length < 2) return undefined;
    this.say(line, path, 'has no value; write one ("" for an empty text), or leave the key out');
    return undefined;
  }

  private say(line: number, path: Path, what: string): void {
    const place = path[0] === 'config' ? path.slice(1) : path;
    this.problems.push(`${this.file}, line ${line}: ${place.length === 0 ? '' : `${inPath(place)}: `}${what}`);
  }

  private lineAt(node: Node | null | undefined, otherwise = 1): number {
    const at = node?.range?.[0];
    return at === undefined ? otherwise : this.counter.linePos(at).line;
  }
}

const strTag = 'tag:yaml.org,2002:str';
const seqTag = 'tag:yaml.org,2002:seq';
const mapTag = 'tag:yaml.org,2002:map';

/** A place, such as `aipi-mqtt:devices[3].metadata.serial`. */
export function inPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

function isEmpty(node: Node | null): node is null {
  return node === null || (isScalar(node) && isPlain(node) && scalar(sourceOf(node)).kind === 'nothing');
}

function isPlain(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN';
}

function sourceOf(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}

/** Where a file of this kind begins, one of its two bytes is zero, or both say in which order they stand. */
function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return false;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || (first === 0) !== (second === 0);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, Math.max(offset, 0)).split(/\r\n|\r|\n/).length;
}

/** What stands in the file is not repeated: it may be a secret that has slipped out of its place. */
function inWords({ code, message, pos }: YAMLError, text: string): string {
  const [key = ''] = text.slice(pos[0]).match(/^["']?[\w:.-]{1,80}["']?(?=\s*:)/) ?? [];
  switch (code) {
    case 'DUPLICATE_KEY':
      return `${key === '' ? 'a key' : key} stands twice; put the lines of both under the first one`;
    case 'MULTIPLE_DOCS':
      return 'a second document begins; write one, without "---" or "..." behind it';
    case 'TAB_AS_INDENT':
      return 'begins with a tab; write spaces';
    case 'BAD_INDENT':
      if (/^config:[ \t]*\{[ \t]*\}/m.test(text)) {
        return 'stands below "config: {}", which is closed; write "config:" without "{}"';
      }
      return 'is not indented as the lines that it belongs to; begin it in the same column';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      if (/^(<{7}|={7}|>{7})/m.test(text)) return 'is a mark of a merge that was not finished; finish it';
      return 'is neither "key: value" nor a value alone; write a space after ":", one key a line, and quotes around a text with ": "';
    case 'BAD_SCALAR_START':
    case 'BAD_ALIAS':
      return 'begins with a character that means something in YAML; put the value in quotes';
    case 'BAD_DQ_ESCAPE':
      return 'holds a "\\" with a letter that has no meaning; write "\\\\", or single quotes';
    default:
      return `this is not YAML (${message}); correct it`;
  }
}

function refused(...problems: string[]): Reading {
  return { value: undefined, problems, written: [], lineOf: () => 1 };
}
