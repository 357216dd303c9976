/** The difference of two lists of rules against a look at every topic that a small alphabet has. */

import fc from 'fast-check';
import { type Change, coversAll, difference, reachesOthers } from '../../access/difference';
import { fill } from '../../fleet/role';
import type { AclRule } from '../../mosquitto/acl';
import { matches as matchesNow } from '../../mosquitto/topics';

const levels = ['a', 'b', '$x', ''];

/** Every topic of one to four levels out of some. */
function topicsOf(words: readonly string[]): string[] {
  const all: string[] = [];
  let longest = words;
  for (let length = 1; length <= 4; length += 1) {
    all.push(...longest.filter((topic) => topic !== ''));
    longest = longest.flatMap((topic) => words.map((word) => `${topic}/${word}`));
  }
  return all;
}

/** `z` stands for all that no filter names. */
const topics = topicsOf([...levels, 'z']);

/** Filters of up to three levels, and `#` behind them; longer ones differ in nothing that four levels do not show. */
const filter = fc
  .tuple(fc.array(fc.constantFrom(...levels, 'a', '+', '+'), { maxLength: 3 }), fc.boolean())
  .map(([parts, tail]) => [...parts, ...(tail || parts.length === 0 ? ['#'] : [])].join('/'))
  .filter((written) => written !== '');

const known = new Map<string, Map<string, boolean>>();

/** The same question comes many thousand times. */
function matches(topicFilter: string, topic: string): boolean {
  const answers = known.get(topicFilter) ?? new Map<string, boolean>();
  known.set(topicFilter, answers);
  const answer = answers.get(topic) ?? matchesNow(topicFilter, topic);
  answers.set(topic, answer);
  return answer;
}

/** As `allows` of the product says it, which acl.test.ts and the broker itself hold. */
function allows(rules: readonly AclRule[], access: 'read' | 'write', topic: string): boolean {
  const words = rules.flatMap((each) => (matches(each.topic, topic) ? [each.access] : []));
  return !words.includes('deny') && (words.includes(access) || words.includes('readwrite'));
}

const accesses = fc.constantFrom<AclRule['access'][]>('read', 'write', 'readwrite', 'deny');
const rules = fc.array(fc.record({ access: accesses, topic: filter }), { maxLength: 6 });

/** Two lists of rules that have some in common. */
const pair = fc.tuple(rules, rules, rules).map(([both, before, after]) => ({
  before: [...both, ...before],
  after: [...after, ...both],
}));

/** What stands in the list for an access, tried with every topic. */
function expectExact(access: 'read' | 'write', from: AclRule[], to: AclRule[], changes: readonly Change[]): void {
  const own = changes.filter((each) => each.access === access);
  const isGained = (topic: string) => allows(to, access, topic) && !allows(from, access, topic);
  const all = topics.filter(isGained);
  expect(all.filter((topic) => !own.some((each) => matches(each.topic, topic)))).toEqual([]);
  const sets = own.map(({ topic, partly, example }) => {
    const matched = topics.filter((each) => matches(topic, each));
    expect({ topic, example, matches: matches(topic, example), gained: isGained(example) }).toEqual({
      topic,
      example,
      matches: true,
      gained: true,
    });
    expect({ topic, partly }).toEqual({ topic, partly: !matched.every(isGained) });
    // With the topic of no character, which is none: filters are compared as they are.
    return new Set([...matched, ...(matches(topic, '') ? [''] : [])]);
  });
  for (const [index, set] of sets.entries()) {
    const covering = sets.filter((other, place) => place !== index && [...set].every((topic) => other.has(topic)));
    expect({ topic: own[index]?.topic, covering: covering.length }).toEqual({ topic: own[index]?.topic, covering: 0 });
  }
}

it('what is gained and lost is so, and it is all', () => {
  fc.assert(
    fc.property(pair, ({ before, after }) => {
      const { gained, lost } = difference(before, after);
      for (const access of ['read', 'write'] as const) {
        expectExact(access, before, after, gained);
        expectExact(access, after, before, lost);
      }
    }),
    { numRuns: 300 },
  );
});

it('both lists are met often, empty and not, whole and in part', () => {
  const all = fc.sample(pair, { numRuns: 300, seed: 1 }).map(({ before, after }) => difference(before, after).gained);
  expect(all.filter((gained) => gained.length === 0).length).toBeGreaterThan(30);
  expect(all.filter((gained) => gained.some(({ partly }) => partly)).length).toBeGreaterThan(30);
  expect(all.filter((gained) => gained.some(({ partly }) => !partly)).length).toBeGreaterThan(30);
});

it('nothing is gained by other words for the same', () => {
  fc.assert(
    fc.property(rules, filter, (before, topic) => {
      const split = (rule: AclRule): AclRule[] =>
        rule.access === 'readwrite' ? (['read', 'write'] as const).map((access) => ({ ...rule, access })) : [rule];
      const parts =
        topic === '#'
          ? ['+/#']
          : topic.endsWith('/#')
            ? [topic, topic.slice(0, -2), `${topic.slice(0, -2)}/+/#`]
            : [topic];
      const [first, second] = [[...before, { access: 'read' as const, topic }], before.flatMap(split).reverse()];
      const after = [
        ...second,
        ...parts.filter((each) => each !== '').map((each) => ({ access: 'read' as const, topic: each })),
      ];
      expect(difference(first, after)).toEqual({ gained: [], lost: [] });
    }),
    { numRuns: 200 },
  );
});

it('everything is covered where each topic that is no "$" topic is allowed', () => {
  const wide = fc
    .tuple(rules, fc.constantFrom('#', '+/#', 'a/#'))
    .map(([list, topic]): AclRule[] => [
      ...list.filter(({ access }) => access !== 'deny').map(({ access, topic: each }) => ({ access, topic: each })),
      { access: 'read', topic },
      { access: 'read', topic: '+' },
      { access: 'read', topic: '+/+/#' },
    ]);
  fc.assert(
    fc.property(fc.oneof(rules, wide), (list) => {
      const all = topics.filter((topic) => !topic.startsWith('$'));
      for (const access of ['read', 'write'] as const) {
        expect(coversAll(list, access)).toBe(all.every((topic) => allows(list, access, topic)));
      }
    }),
    { numRuns: 200 },
  );
});

it('a device reaches others where it may use a topic that is one of theirs', () => {
  const topic = fc
    .tuple(fc.array(fc.constantFrom('a', 'b', '+', '{id}', '{id}'), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([parts, tail]) => [...parts, ...(tail ? ['#'] : [])].join('/'));
  const role = fc.array(fc.record({ access: accesses, topic: fc.oneof(topic, filter) }), { maxLength: 5 });
  const all = topicsOf([...levels, 'own', 'other', 'z']);
  fc.assert(
    fc.property(role, role, (list, others) => {
      const mine = list.map((rule) => ({ ...rule, topic: fill(rule.topic, 'own') }));
      const theirs = others
        .filter((rule) => rule.access !== 'deny' && rule.topic.includes('{id}'))
        .map((rule) => fill(rule.topic, 'other'));
      const own = all.filter((each) => theirs.some((their) => matches(their, each)));
      const reached = reachesOthers(list, others);
      for (const access of ['read', 'write'] as const) {
        const filters = reached.filter((each) => each.access === access);
        expect(filters.length > 0).toBe(own.some((each) => allows(mine, access, each)));
        for (const { topic: written, example } of filters) {
          expect(list.map((rule) => rule.topic)).toContain(written);
          expect(matches(fill(written, 'own'), example)).toBe(true);
          expect(allows(mine, access, example)).toBe(true);
          expect(theirs.some((their) => matches(their, example))).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});
