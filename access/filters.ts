/**
 * Topic filters as sets of topics: what two of them share, and how much of one others hold.
 *
 * Source: MQTT 5.0, section 4.7. Mosquitto matches a filter as it is written there, also against empty levels, and `#`
 * also against the level above it.
 */

/** How much of a filter's topics something holds. */
export type Extent = 'everything' | 'part' | 'nothing';

/** The filter of all topics that match both; undefined where there are none. */
export function common(a: string, b: string): string | undefined {
  const [left, right] = [a.split('/'), b.split('/')];
  if (hides(left, right) || hides(right, left)) return undefined;
  const levels: string[] = [];
  for (let at = 0; ; at += 1) {
    const [one, other] = [left[at], right[at]];
    // "#" stands for any number of levels, none included.
    if (one === '#') return [...levels, ...right.slice(at)].join('/');
    if (other === '#') return [...levels, ...left.slice(at)].join('/');
    if (one === undefined || other === undefined) return one === other ? levels.join('/') : undefined;
    if (one !== other && one !== '+' && other !== '+') return undefined;
    levels.push(one === '+' ? other : one);
  }
}

/** A wildcard in the first level matches no topic that begins with `$`. Source: [MQTT-4.7.2-1]. */
function hides([wildcard = '']: readonly string[], [level = '']: readonly string[]): boolean {
  return level.startsWith('$') && (wildcard === '#' || wildcard === '+');
}

/**
 * How much of a filter's topics others hold together: a topic is held where one of `grants` matches it, and none of
 * `denies` does.
 *
 * Every filter is read level by level at once. Of all words that could stand in a level those of the filters count, and
 * one that none of them knows.
 */
export function extent(filter: string, grants: readonly string[], denies: readonly string[] = []): Extent {
  const all = [filter, ...grants, ...denies].map((each) => each.split('/'));
  const seen = new Set<string>();
  const open: Place[] = [{ at: all.map(() => 0), depth: 0, isEmpty: false }];
  const met = new Set<boolean>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    // A topic has a level, and a topic of nothing is none.
    if (place.depth > 0 && !place.isEmpty && isMatch(all[0], place.at[0]))
      met.add(isHeld(all, place.at, grants.length));
    if (met.size === 2) return 'part';
    for (const word of wordsAt(all, place.at)) {
      const at = all.map((levels, index) => step(levels, place.at[index] ?? dead, word, place.depth));
      const next = { at, depth: place.depth + 1, isEmpty: place.depth === 0 && word === '' };
      const key = `${next.isEmpty ? 'empty' : ''} ${at.join(' ')}`;
      if (at[0] === dead || seen.has(key)) continue;
      seen.add(key);
      open.push(next);
    }
  }
  return met.has(true) ? 'everything' : 'nothing';
}

/** Filters that say the same without those that others hold. */
export function withoutHeld(filters: readonly string[]): string[] {
  const unique = [...new Set(filters)];
  return unique.filter(
    (filter) => !unique.some((other) => other !== filter && extent(filter, [other]) === 'everything'),
  );
}

interface Place {
  /** How many levels of each filter are read; `dead` where it can match no more, `free` behind a "#". */
  at: readonly number[];
  depth: number;
  /** Whether what was read is one level without a letter. */
  isEmpty: boolean;
}

const dead = -1;
const free = -2;

/** A word that no filter holds. */
const unheard = undefined;

function wordsAt(all: ReadonlyArray<readonly string[]>, at: readonly number[]): Array<string | undefined> {
  const words = all.flatMap((levels, index) => {
    const level = levels[at[index] ?? dead];
    return level === undefined || level === '+' || level === '#' ? [] : [level];
  });
  return [...new Set(words), unheard];
}

function step(levels: readonly string[], at: number, word: string | undefined, depth: number): number {
  const level = levels[at];
  if (at === free) return free;
  if (level === undefined) return dead;
  if (level !== '#' && level !== '+') return level === word ? at + 1 : dead;
  if (depth === 0 && word?.startsWith('$')) return dead;
  return level === '#' ? free : at + 1;
}

function isMatch(levels: readonly string[] = [], at = dead): boolean {
  return at === free || at === levels.length || levels[at] === '#';
}

function isHeld(all: ReadonlyArray<readonly string[]>, at: readonly number[], grants: number): boolean {
  const matching = (from: number, to: number) =>
    all.slice(from, to).some((levels, index) => isMatch(levels, at[from + index]));
  return matching(1, 1 + grants) && !matching(1 + grants, all.length);
}
