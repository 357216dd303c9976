import { quoted } from '../mosquitto/quoted';

/** What was found in the place of a value. Lists and sets are not shown: they may hold a secret. */
export function received(input: unknown): string {
  if (input === undefined) return 'is missing';
  if (typeof input === 'object')
    return `${Array.isArray(input) ? 'a list' : 'a set of "key: value" lines'} cannot be used`;
  return `${typeof input === 'string' ? quoted(input) : JSON.stringify(input)} cannot be used`;
}
