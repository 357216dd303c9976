/** How much of a filter's topics rules hold, by filters as they are written. */

import { common as commonOf, covers, type Filter, filterOf, topicIn, unnamedIn, writtenAs } from './filter';

export type Extent = 'everything' | 'part' | 'nothing';

/** The filter of all topics that match both; undefined where there are none. */
export function common(a: string, b: string): string | undefined {
  const both = commonOf(filterOf(a), filterOf(b));
  return both && writtenAs(both);
}

/**
 * How much of a filter's topics others hold together: a topic is held where one of `grants` matches it, and none of
 * `denies` does.
 */
export function extent(filter: string, grants: readonly string[], denies: readonly string[] = []): Extent {
  const [whole, granting, denying] = [filterOf(filter), grants.map(filterOf), denies.map(filterOf)];
  const unnamed = unnamedIn([whole, ...granting, ...denying]);
  const isThere = (within: Filter, outside: readonly Filter[]) => topicIn(within, outside, unnamed) !== undefined;
  const shared = (others: readonly Filter[], outside: readonly Filter[]) =>
    others.some((other) => {
      const both = commonOf(whole, other);
      return both !== undefined && isThere(both, outside);
    });
  if (!shared(granting, denying)) return 'nothing';
  return isThere(whole, granting) || shared(denying, []) ? 'part' : 'everything';
}

/** Filters that say the same without those that others hold. */
export function withoutHeld(filters: readonly string[]): string[] {
  const unique = [...new Set(filters)];
  return unique.filter(
    (filter) => !unique.some((other) => other !== filter && covers(filterOf(other), filterOf(filter))),
  );
}
