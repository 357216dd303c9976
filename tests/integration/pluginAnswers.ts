/** What plug-ins answered, with words in the place of what differs from one run, machine or Docker engine to another. */

import type { Outcome } from './project';

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
type Properties = Record<string, Value>;

interface Resource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Properties;
  outputs?: Properties;
}

interface Step {
  urn: string;
  op: string;
  diffReasons?: string[];
  replaceReasons?: string[];
  detailedDiff?: Record<string, unknown>;
}

/** The word that stands for each text that no two runs have in common. */
export type Words = Map<string, string>;

const signature = '4dabf18193072939515e22adb298388d';
const secret = '1b47061264138c4ac30d75fd1eb44270';

/** Ids of random resources that say nothing but themselves, so that they are no random values to look for elsewhere. */
const plainIds = ['none'];

/** What random resources made, and the ids of all resources: whatever answers with one of these says which one. */
export function wordsOf(exported: string): Words {
  const words: Words = new Map();
  for (const { urn, type, outputs = {} } of resources(exported)) {
    if (!type.startsWith('random:')) continue;
    for (const [key, value] of Object.entries(outputs)) {
      const plain = String(readable(value));
      const made = !['id', 'length', 'min', 'max', 'keepers', 'prefix'].includes(key) && typeof value !== 'boolean';
      if (made && !key.startsWith('__') && plain.length > 4) words.set(plain, `<${nameOf(urn)}.${key}>`);
    }
  }
  for (const { urn, id, outputs = {} } of resources(exported)) {
    const name = nameOf(urn);
    if (id === undefined || plainIds.includes(id) || words.has(id)) continue;
    // What was given a name is called by it.
    if (id !== outputs.name || id.startsWith(name)) words.set(id, wordOfId(name, id));
  }
  return words;
}

/** Id, inputs, outputs and marks of each resource of a stack that was exported with readable secrets. */
export function state(exported: string, words: Words): Record<string, unknown> {
  const entries = resources(exported).map(({ urn, type, id, inputs = {}, outputs = {}, ...rest }) => {
    const marks = Object.fromEntries(marksOfInterest.filter((mark) => mark in rest).map((mark) => [mark, rest[mark]]));
    const said = type.startsWith('docker:') ? withoutEngine(inputs, outputs) : outputs;
    const answer = { id: id ?? null, inputs, outputs: said, ...(marks as Properties) };
    return [`${type} ${nameOf(urn)}`, general(answer, words)] as const;
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Which resource an id is of, and what it looks like. */
function wordOfId(name: string, id: string): string {
  if (id.startsWith(name)) return `<${name}${id.slice(name.length).replaceAll(/[0-9a-f]/g, 'x')}>`;
  const form = /^[0-9a-f]{40,}$/.test(id) ? `${id.length} digits` : 'id';
  return `<${form} of ${name}>`;
}

const marksOfInterest = ['additionalSecretOutputs', 'replaceOnChanges', 'external', 'protect'] as const;

/** What a preview intends for each resource that it would change. */
export function plan(preview: string): Record<string, unknown> {
  const { steps } = JSON.parse(preview.slice(preview.indexOf('{'))) as { steps: Step[] };
  const entries = steps
    .filter(({ op }) => op !== 'same')
    .map(({ urn, op, diffReasons = [], replaceReasons = [], detailedDiff = {} }) => {
      const reasons = { diffReasons: diffReasons.sort(), replaceReasons: replaceReasons.sort(), detailedDiff };
      return [`${nameOf(urn)} ${op}`, reasons] as const;
    });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The paragraph of each resource that changes in the text of `preview --diff`. */
export function paragraphs(text: string, words: Words): string[] {
  const [changes = ''] = text.split('\nResources:');
  const blocks = changes.split(/\n(?= {4}[~+-]{1,2} ?[a-z]+:\S+: \()/).slice(1);
  return blocks.map((block) => replaced(block, words)).sort();
}

/** The exit code, and what was said of each resource. What the engine adds is not of the plug-ins. */
export function complaints({ code, stdout }: Outcome): { code: number; diagnostics: string[] } {
  const text = stdout.match(/\nDiagnostics:\n([\s\S]*?)\n\nResources:/)?.[1] ?? '';
  const diagnostics = text.split(/\n\n(?= {2}\S)/).filter((part) => !part.startsWith('  pulumi:pulumi:Stack'));
  return { code, diagnostics: diagnostics.sort() };
}

function resources(exported: string): Array<Resource & Record<string, Value>> {
  const { deployment } = JSON.parse(exported) as { deployment: { resources: Array<Resource & Record<string, Value>> } };
  return deployment.resources;
}

function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}

/** A value as a person reads it, whether it is secret or not. */
function readable(value: Value): Value {
  return isSecret(value) ? (JSON.parse(value.plaintext as string) as Value) : value;
}

function isSecret(value: Value): value is Properties {
  return isObject(value) && value[signature] === secret;
}

function isObject(value: Value): value is Properties {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Of what the Docker engine says of itself, such as addresses and the names of its parts, only the kind. */
function withoutEngine(inputs: Properties, outputs: Properties): Properties {
  const entries = Object.entries(outputs).map(([key, value]): [string, Value] => {
    if (key.startsWith('__') || JSON.stringify(inputs[key]) === JSON.stringify(value)) return [key, value];
    return [key, isSecret(value) ? { '[secret]': kindOf(readable(value)) } : kindOf(value)];
  });
  return Object.fromEntries(entries.filter(([key]) => key !== '__pulumi_raw_state_delta'));
}

function kindOf(value: Value): string {
  return Array.isArray(value) ? '<list>' : `<${value === null ? 'nothing' : typeof value}>`;
}

function general(value: Value, words: Words): Value {
  if (isSecret(value)) return { '[secret]': general(readable(value), words) };
  if (Array.isArray(value)) return value.map((item) => general(item, words));
  if (isObject(value)) {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, generalOf(key, item, words)]));
  }
  if (typeof value === 'number') return words.get(String(value)) ?? value;
  return typeof value === 'string' ? replaced(value, words) : value;
}

function generalOf(key: string, value: Value, words: Words): Value {
  // Which version of Pulumi's library for plug-ins the command plug-in is made with.
  if (key === '__pulumi-go-provider-version') return '<version>';
  return general(value, words);
}

function replaced(text: string, words: Words): string {
  const exact = words.get(text);
  if (exact !== undefined) return exact;
  let result = text;
  for (const [value, word] of words) if (value.length > 7) result = result.replaceAll(value, word);
  return result
    .replaceAll(/-----BEGIN ([A-Z ]+)-----\n[\s\S]*?-----END \1-----\n?/g, '<$1>')
    .replaceAll(/-----BEGIN ([A-Z ]+)-----\\n[^"]*/g, '<$1>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<time>')
    .replaceAll(/\b([0-9a-f]{2}:){15}[0-9a-f]{2}\b/g, '<md5>')
    .replaceAll(/SHA256:[\w+/]{43}/g, 'SHA256:<digest>')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<sha1>')
    .replaceAll(/\b([a-z]+)-[0-9a-f]{7}\b/g, '<$1-xxxxxxx>')
    .replaceAll(/ecdsa-sha2-nistp256 \S+/g, '<public key>')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>');
}
