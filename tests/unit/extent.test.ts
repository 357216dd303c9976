import fc from 'fast-check';
import { common, extent, withoutHeld } from '../../access/extent';
import { covers } from '../property/oracle';

describe('common', () => {
  test.each([
    ['#', 'a/b', 'a/b'],
    ['a/#', 'a', 'a'],
    ['a/#', '+/b', 'a/b'],
    ['a/+/#', 'a/#', 'a/+/#'],
    ['a/#', '+/#', 'a/#'],
    ['+', '#', '+'],
    ['/#', '+/+', '/+'],
    ['a/+', 'a/+/#', 'a/+'],
  ])('of %s and %s is %s', (a, b, both) => {
    expect(common(a, b)).toBe(both);
    expect(common(b, a)).toBe(both);
  });

  test.each([
    ['a', 'b'],
    ['a', 'a/b'],
    ['a/+', 'a'],
    ['#', '$SYS/#'],
    ['+/a', '$SYS/a'],
  ])('of %s and %s is nothing', (a, b) => {
    expect(common(a, b)).toBeUndefined();
    expect(common(b, a)).toBeUndefined();
  });
});

describe('extent', () => {
  test.each([
    ['a/#', ['a', 'a/+', 'a/+/+/#'], [], 'everything'],
    ['a/#', ['a/+', 'a/+/+/#'], [], 'part'],
    ['+/b', ['a/b'], [], 'part'],
    ['a/b', ['a/+'], ['+/b'], 'nothing'],
    ['a/+', ['a/+'], ['+/b'], 'part'],
    ['a/+', ['a/+'], ['+/b/#'], 'part'],
    ['#', ['#'], ['$SYS/#'], 'everything'],
    ['$SYS/#', ['#'], [], 'nothing'],
    ['$SYS/#', ['$SYS/#'], ['$SYS/broker/heap/#'], 'part'],
    ['a', [], [], 'nothing'],
    // A topic of nothing is none, so that one level is all that "+" means.
    ['+', ['+'], ['/#'], 'everything'],
    ['+/#', ['#'], ['+/+/#', '+'], 'nothing'],
  ] as const)('of %s by %j without %j is %s', (filter, grants, denies, extended) => {
    expect(extent(filter, grants, denies)).toBe(extended);
  });
});

test('withoutHeld leaves out what others hold, and one of two that are the same', () => {
  expect(withoutHeld(['a/b', 'a/+', 'a/b', 'c', 'a/+'])).toEqual(['a/+', 'c']);
});

const level = fc.constantFrom('a', 'b', '', '+');
const filter = fc
  .tuple(
    fc.oneof({ weight: 6, arbitrary: level }, { weight: 1, arbitrary: fc.constant('$SYS') }),
    fc.array(level, { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([first, levels, tail]) => [first, ...levels, ...(tail ? ['#'] : [])].join('/'))
  .filter((each) => each !== '');

/** Every topic of up to four levels of the words of the filters, and one more. */
const topics = (() => {
  const words = ['a', 'b', 'c', ''];
  const longer = (all: string[]) => all.flatMap((topic) => words.map((word) => `${topic}/${word}`));
  const first = [...words, '$SYS'];
  const second = longer(first);
  const third = longer(second);
  return [...first, ...second, ...third, ...longer(third)].filter((topic) => topic !== '');
})();

test('what two filters share is what both match', () => {
  fc.assert(
    fc.property(filter, filter, (a, b) => {
      const both = common(a, b);
      const expected = topics.filter((topic) => covers(a, topic) && covers(b, topic));
      expect(topics.filter((topic) => both !== undefined && covers(both, topic))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('the extent is that of every single topic', () => {
  fc.assert(
    fc.property(
      filter,
      fc.array(filter, { maxLength: 4 }),
      fc.array(filter, { maxLength: 2 }),
      (each, grants, denies) => {
        const held = (topic: string) =>
          grants.some((grant) => covers(grant, topic)) && !denies.some((deny) => covers(deny, topic));
        const matching = topics.filter((topic) => covers(each, topic));
        const part = matching.filter(held);
        const expected = part.length === 0 ? 'nothing' : part.length === matching.length ? 'everything' : 'part';
        expect(extent(each, grants, denies)).toBe(expected);
      },
    ),
    { numRuns: 1_000 },
  );
});
