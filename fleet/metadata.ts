/** Facts about a device that are the operator's own. */

import { lostName } from '../mosquitto/accounts';

const maxCharacters = 1_024;

/** What is wrong with the name of a fact, or `undefined` when it is valid. */
export function metadataNameProblem(name: string): string | undefined {
  if (name === lostName) return 'is lost in the outputs of a stack; choose another name';
  return /^[A-Za-z0-9_-]{1,64}$/.test(name)
    ? undefined
    : 'is not the name of a fact; write 1 to 64 letters, digits, "-", "_"';
}

/**
 * What is wrong with the value of a fact, or `undefined` when it is valid. A cell of a CSV file cannot say that a value
 * is there and empty, so none is.
 */
export function metadataValueProblem(value: string): string | undefined {
  if (value === '') return 'is empty; write a text, or leave the fact out';
  if (value.length > maxCharacters) return `is longer than ${maxCharacters} characters; shorten it`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) return 'contains a control character; remove it';
  return /\p{Surrogate}/u.test(value) ? 'contains half a character; write whole ones' : undefined;
}
