/** Lists of devices in YAML: a list of ids or of sets, at the top or under `devices`. */

import { closest } from 'fastest-levenshtein';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { quoted } from '../../mosquitto/quoted';
import type { DeviceList } from './listed';
import { addRow, type Row } from './row';

const remedy = 'write a list of ids, or of sets of id, generation, role and metadata';

/** Keys of a device. */
const keys = ['id', 'generation', 'role', 'metadata'];

/**
 * Reads a list of devices.
 *
 * Every value is the text that stands there: `0012` stays `0012`, as in CSV. Aliases are refused.
 *
 * @param file name of the file, as errors show it
 */
export function readYaml(text: string, file: string): DeviceList {
  const list: DeviceList = { entries: [], problems: [] };
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', prettyErrors: false, lineCounter: lines });
  const at = (offset = 0) => `${file}, line ${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error !== undefined) {
    list.problems.push(`${at(error.pos[0])}: ${inWords(error)}`);
    return list;
  }
  if (document.contents === null) {
    list.problems.push(`${file}: is empty; ${remedy}`);
    return list;
  }
  const items = itemsOf(document.contents as Node);
  if (typeof items === 'string') list.problems.push(`${at(document.contents.range?.[0])}: ${items}`);
  else for (const item of items) addItem(list, at(item.range?.[0]), item);
  return list;
}

function inWords({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'a key stands twice; use each once';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; write one';
  return `this is not YAML (${message}); correct it`;
}

/** The devices of a document, or what is wrong with its form. */
function itemsOf(top: Node): Node[] | string {
  if (isSeq(top)) return top.items as Node[];
  if (!isMap(top)) return `is no list; ${remedy}`;
  const unknown = top.items.map(({ key }) => textOf(key) ?? '').find((key) => key !== 'devices');
  if (unknown !== undefined) return `there is no key ${quoted(unknown)}; did you mean "devices"?`;
  const devices = top.get('devices', true);
  return isSeq(devices) ? (devices.items as Node[]) : `"devices" is no list; ${remedy}`;
}

function addItem(list: DeviceList, place: string, item: Node): void {
  const problems = shapeProblems(item);
  list.problems.push(...problems.map((problem) => `${place}: ${problem}`));
  if (problems.length === 0) addRow(list, place, rowOf(item));
}

function shapeProblems(item: Node): string[] {
  if (textOf(item) !== undefined) return [];
  if (!isMap(item)) return ['is no device; write an id, or a set of id, generation, role and metadata'];
  return item.items.flatMap(({ key, value }) => {
    const name = textOf(key);
    if (name === undefined) return ['a key is no text; write id, generation, role or metadata'];
    if (!keys.includes(name)) return [`there is no key ${quoted(name)}; did you mean "${closest(name, keys)}"?`];
    if (name !== 'metadata') return textOf(value) === undefined ? [`${name} is no text; write one`] : [];
    if (!isMap(value)) return ['metadata is no set; write "name: value" lines'];
    return value.items.flatMap((fact) =>
      textOf(fact.key) === undefined || textOf(fact.value) === undefined
        ? [`metadata ${quoted(textOf(fact.key) ?? '')} is no text; write one`]
        : [],
    );
  });
}

function rowOf(item: Node): Row {
  const fields = isMap(item) ? item : undefined;
  const text = (key: string) => textOf(fields?.get(key, true));
  const metadata = fields?.get('metadata', true);
  const facts = isMap(metadata) ? metadata.items : [];
  return {
    id: textOf(item) ?? text('id'),
    generation: text('generation'),
    role: text('role'),
    metadata: facts.map(({ key, value }) => [textOf(key) ?? '', textOf(value) ?? '']),
  };
}

function textOf(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}
