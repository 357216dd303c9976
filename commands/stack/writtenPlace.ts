/** On which line of which file a value of the configuration stands. */

import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface Place {
  /** Such as `Pulumi.prod.yaml`. */
  file: string;
  /** From 1. */
  line: number;
  /** Whether it is what counts where no stack file sets the key. */
  isDefault: boolean;
}

/** A file with values, the one that counts first. */
export interface Source {
  file: string;
  text: string;
  isDefault: boolean;
}

/** `Pulumi.prod.yaml:31`, or `Pulumi.yaml:97 (default)`. */
export function placeWords({ file, line, isDefault }: Place): string {
  return `${file}:${line}${isDefault ? ' (default)' : ''}`;
}

/**
 * Where a value stands; of a list or set the line that names it.
 *
 * @param project name of the project, the namespace of its keys
 * @param path such as `accounts[1].topics[2]`
 * @returns undefined where it stands in none of the files
 */
export function placeIn(sources: readonly Source[], project: string, path: string): Place | undefined {
  const [key = '', ...parts] = path.match(/[^.[\]]+/g) ?? [];
  const steps = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (const { file, text, isDefault } of sources) {
    const lines = new LineCounter();
    const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent', lineCounter: lines });
    const start = startOf(document, project, key, isDefault);
    if (start === undefined) continue;
    const node = walk(document, start, steps);
    const offset = node?.range?.[0];
    return offset === undefined ? undefined : { file, line: lines.linePos(offset).line, isDefault };
  }
  return undefined;
}

/** A value, and what names it. */
interface Named {
  name: Node;
  value: Node;
}

function startOf(document: Document, project: string, key: string, isDefault: boolean): Named | undefined {
  const config = member(document, document.contents as Node | null, 'config')?.value;
  const found = member(document, config, `${project}:${key}`) ?? member(document, config, key);
  if (!isDefault || found === undefined) return found;
  const declared = member(document, found.value, 'default') ?? member(document, found.value, 'value');
  return declared ?? found;
}

function walk(document: Document, start: Named, steps: readonly (string | number)[]): Node | undefined {
  let { name, value } = start;
  for (const step of steps) {
    if (typeof step === 'string') {
      const next = member(document, value, step);
      if (next === undefined) return undefined;
      ({ name, value } = next);
      continue;
    }
    const list = resolved(document, value);
    const item = isSeq(list) ? (list.items[step] as Node | undefined) : undefined;
    if (item === undefined) return undefined;
    name = item;
    value = item;
  }
  const last = resolved(document, value);
  return isScalar(last) ? last : name;
}

function member(document: Document, node: Node | null | undefined, key: string): Named | undefined {
  const set = resolved(document, node);
  if (!isMap(set)) return undefined;
  const pair = set.items.find((each) => isScalar(each.key) && each.key.value === key);
  return pair === undefined ? undefined : { name: pair.key as Node, value: pair.value as Node };
}

function resolved(document: Document, node: Node | null | undefined): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) ?? undefined;
}
