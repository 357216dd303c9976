/**
 * Topic filters as sets of topics.
 *
 * There is no end of names for a level, so that some filters together match all that another one does only where they do
 * so for names that none of them has: to know it, one such name in the place of each wildcard is enough to try.
 */

/**
 * The levels of a filter. The filter `#` is kept as `+/#`, which matches the same topics, so that `#` always stands for
 * any number of levels, none included.
 */
export type Filter = readonly string[];

/** Reads a filter as it is written. */
export function filterOf(written: string): Filter {
  const levels = written.split('/');
  return levels[0] === '#' ? ['+', ...levels] : levels;
}

/** A filter as it is written. */
export function writtenAs(filter: Filter): string {
  return (filter[0] === '+' && filter[1] === '#' ? filter.slice(1) : filter).join('/');
}

/** Whether all that `inner` matches is matched by `outer`. */
export function covers(outer: Filter, inner: Filter): boolean {
  for (let position = 0; ; position += 1) {
    const [out, within] = [outer[position], inner[position]];
    if (out === '#' || (out === undefined && within === undefined)) return true;
    if (out === undefined || within === undefined || within === '#') return false;
    if (!coversLevel(out, within, position)) return false;
  }
}

/** What two filters have in common, which is one filter; undefined where there is nothing. */
export function common(a: Filter, b: Filter): Filter | undefined {
  const levels: string[] = [];
  for (let position = 0; ; position += 1) {
    const [left, right] = [a[position], b[position]];
    if (left === '#') return [...levels, ...b.slice(position)];
    if (right === '#') return [...levels, ...a.slice(position)];
    if (left === undefined && right === undefined) return levels;
    if (left === undefined || right === undefined) return undefined;
    if (coversLevel(left, right, position)) levels.push(right);
    else if (coversLevel(right, left, position)) levels.push(left);
    else return undefined;
  }
}

/**
 * A topic that one filter matches and none of the others does; undefined where there is none.
 *
 * @param unnamed a level that none of the filters has
 */
export function topicIn(within: Filter, outside: readonly Filter[], unnamed: string): string | undefined {
  const isOpen = within.at(-1) === '#';
  const stem = isOpen ? within.slice(0, -1) : within;
  const sample = stem.map((level) => (level === '+' ? unnamed : level));
  // The topic of no character is none. Source: [MQTT-4.7.3-1].
  const isTopic = sample.join('/') !== '';
  if (!isOpen) return isTopic && !outside.some((each) => covers(each, within)) ? sample.join('/') : undefined;
  /** How many further levels the topic may not have, and from which number on. */
  const [closed, closedFrom] = [new Set<number>(isTopic ? [] : [0]), { least: Number.POSITIVE_INFINITY }];
  for (const each of outside) {
    const from = each.indexOf('#');
    if (from !== -1 && from <= stem.length && covers(each, within)) return undefined;
    if (from !== -1 && from <= stem.length) continue;
    const rest = each.slice(stem.length);
    if (!covers(each.slice(0, stem.length), stem) || rest.some((level) => level !== '+' && level !== '#')) continue;
    if (from === -1) closed.add(rest.length);
    else closedFrom.least = Math.min(closedFrom.least, rest.length - 1);
  }
  let further = 1;
  while (closed.has(further)) further += 1;
  if (further >= closedFrom.least) further = 0;
  if (further === 0 && (closed.has(0) || closedFrom.least === 0)) return undefined;
  return [...sample, ...Array<string>(further).fill(unnamed)].join('/');
}

/** A level that no filter names, so that only wildcards match it. */
export function unnamedIn(filters: readonly Filter[]): string {
  const levels = new Set(filters.flat());
  let level = 'x';
  for (let number = 2; levels.has(level); number += 1) level = `x${number}`;
  return level;
}

/** A wildcard in the first level does not match what begins with `$`. Source: [MQTT-4.7.2-1]. */
function coversLevel(outer: string, inner: string, position: number): boolean {
  return outer === inner || (outer === '+' && !(position === 0 && inner.startsWith('$')));
}
