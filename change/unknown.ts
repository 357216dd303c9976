/** What cannot be known yet, as a value of its own: never a guess, and never left out unnoticed. */

export const unknown = Symbol('unknown');
export type Unknown = typeof unknown;
export type Known<T> = T | Unknown;

export function isKnown<T>(value: Known<T>): value is T {
  return value !== unknown;
}

/** The value, or another one in the place of an unknown. */
export function knownOr<T>(value: Known<T>, other: T): T {
  return isKnown(value) ? value : other;
}
