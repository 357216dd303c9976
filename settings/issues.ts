/** The schema's issues in the words of this product: where, what is wrong, what to write. */

import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { unquoted } from '../mosquitto/quoted';
import { received } from './received';
import { schema } from './schema';

/** One issue of the schema in the words of this product. */
export function inWords(issue: z.core.$ZodIssue): string[] {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, issue.path, key));
  if (issue.code === 'invalid_union') return noneOf(path, issue);
  if (issue.code === 'invalid_value') return [`${path}: ${received(issue.input)}; write ${issue.values.join(' or ')}`];
  if (issue.code === 'invalid_type') {
    return [
      `${path}: ${received(issue.input)}; write ${issue.expected === 'boolean' ? 'true or false' : `${article(issue.expected)}`}`,
    ];
  }
  return [`${path}: ${issue.message}`];
}

/** Where a value may have several forms: what is wrong with the one that it has, or what forms there are. */
function noneOf(path: string, issue: z.core.$ZodIssueInvalidUnion): string[] {
  const meant = issue.errors.find((inner) => !inner.some((each) => each.code === 'invalid_type' && !each.path.length));
  if (meant !== undefined) return meant.flatMap((inner) => inWords({ ...inner, path: [...issue.path, ...inner.path] }));
  const remedy = 'write an id in quotes, such as "pi-001", or a set of id, generation, role and metadata';
  return [`${path}: ${received(issue.input)}; ${remedy}`];
}

function article(expected: string): string {
  return { string: 'a text', array: 'a list', object: 'a set of "key: value" lines' }[expected] ?? `a ${expected}`;
}

function unknownKey(path: string, parts: readonly PropertyKey[], key: string): string {
  const known = Object.keys(keysAt(parts));
  const place = `${path === '' ? '' : `${path}.`}${unquoted(key)}`;
  return `${place}: there is no such key; did you mean "${closest(key, known)}"?`;
}

/** The keys of the object that a path of the schema leads to. */
function keysAt(parts: readonly PropertyKey[]): Record<string, unknown> {
  let at: z.ZodType = schema;
  for (const part of parts) {
    at = at instanceof z.ZodArray ? (at.element as z.ZodType) : ((at as z.ZodObject).shape[String(part)] as z.ZodType);
    if (at instanceof z.ZodUnion) at = at.options.find((option) => option instanceof z.ZodObject) as z.ZodType;
  }
  return (at as z.ZodObject).shape;
}
