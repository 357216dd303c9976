/**
 * Generators of stacks with accounts, roles and devices, and of topics and filters that their rules often meet. Lines are
 * drawn freely; those that the settings refuse are left out, by the settings' own checks.
 */

import fc from 'fast-check';
import { subscriptionProblem, topicProblem } from '../../access/topic';
import { accountWith, type Config, problemsOf } from '../unit/rawConfig';

export interface Stack {
  /** Accounts, roles and devices. */
  config: Config;
  /** Topics that clients may send, those among them that nobody may write to. */
  topics: string[];
  /** Subscriptions that the broker grants, `GROUP` standing for the name of a group. */
  filters: string[];
}

/** Words of levels: of rules, of ids, and those that mean something elsewhere or are hard to read. */
const common = ['a', 'b', 'device', 'pi-1'];
const unusual = [
  '',
  '',
  '%u',
  '%c',
  '{id}',
  '{id}x',
  '$a',
  '$SYS',
  ' a',
  'a ',
  'A',
  'é温',
  'e\u0301',
  '😀',
  '\u200b',
  '\\',
  '"',
];
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...common) },
  { weight: 1, arbitrary: fc.constantFrom(...unusual, 'pi-10', 'aipi-verify', 'x'.repeat(64)) },
);
const first = fc.oneof(
  { weight: 12, arbitrary: word },
  { weight: 2, arbitrary: fc.constant('$SYS') },
  { weight: 1, arbitrary: fc.constantFrom('$SYSX', '$x', '$CONTROL', '$share') },
);

const ruleLevel = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: fc.constant('{id}') },
  { weight: 3, arbitrary: fc.constant('+') },
);

function filterOf(head: fc.Arbitrary<string>, level: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: head }, { weight: 1, arbitrary: fc.constant('+') }),
      fc.array(level, { maxLength: 3 }),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([beginning, levels, tail]) => [beginning, ...levels, ...(tail === 0 ? ['#'] : [])].join('/'));
}

const ruleTopic = fc.oneof(
  { weight: 12, arbitrary: filterOf(first, ruleLevel) },
  { weight: 2, arbitrary: fc.constantFrom('#', '+', '+/#', '$SYS/#', '$SYS/broker/+', '$SYS/broker/clients/#') },
);
const line = fc
  .tuple(fc.constantFrom('read', 'write', 'readwrite', 'readwrite', 'deny'), ruleTopic)
  .map(([access, topic]) => `${access} ${topic}`);

/** Text of a line to whether a role and an account may have it. */
const known = new Map<string, { role: boolean; account: boolean }>();

function accepted(text: string): { role: boolean; account: boolean } {
  const answer = known.get(text) ?? {
    role: problemsOf({ roles: [{ name: 'device', topics: [text] }] }).length === 0,
    account: problemsOf(accountWith(text)).length === 0,
  };
  known.set(text, answer);
  return answer;
}

const lines = fc.array(line, { maxLength: 7, size: 'max' });
const names = fc.uniqueArray(
  fc.constantFrom('a', 'b', 'A', 'pi-1', 'pi-10', 'pi.1', 'a.', '-', 'u', 'constructor', 'device', 'x'.repeat(64)),
  { minLength: 5, maxLength: 6 },
);

/** A topic from a filter, where one is meant: its wildcards become words. */
const recipe = fc.record({
  /** Which of the rules it comes from; beyond them it is drawn freely. */
  rule: fc.nat({ max: 40 }),
  words: fc.array(word, { minLength: 4, maxLength: 4 }),
  head: first,
  length: fc.integer({ min: 1, max: 4 }),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never;

function topicOf({ rule, words, head, length }: Recipe, rules: readonly string[], ids: readonly string[]): string {
  const filter = rules[rule];
  if (filter === undefined) return [head, ...words].slice(0, length).join('/');
  const left = [...words];
  return filter
    .split('/')
    .flatMap((level) => {
      if (level === '{id}') return [ids[words.join().length % ids.length] ?? ''];
      return level === '+' ? left.splice(0, 1) : level === '#' ? left.splice(0, length - 1) : [level];
    })
    .join('/');
}

const share = fc.constantFrom('', '', '', '$share/GROUP/');
const freeFilter = fc
  .oneof(
    { weight: 8, arbitrary: filterOf(first, fc.oneof(word, word, fc.constant('+'))) },
    { weight: 2, arbitrary: fc.constantFrom('#', '+/#', '+', '/#', '$SYS/#', '$SYS/broker/#', '$SYS/+/uptime') },
  )
  // A subscription to a share has a form of its own.
  .filter((filter) => !filter.startsWith('$share'));

/** A subscription: drawn freely, that of a rule, or a topic with wildcards in it. */
const subscription = fc.record({
  share,
  free: freeFilter,
  from: fc.constantFrom<('free' | 'rule' | 'topic')[]>('free', 'rule', 'topic', 'topic', 'topic'),
  which: fc.nat({ max: 100 }),
  /** Levels that become wildcards. */
  wildcards: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  /** Levels behind which all is meant; beyond the topic's own it ends as that does. */
  tail: fc.nat({ max: 3 }),
});
type Drawn = typeof subscription extends fc.Arbitrary<infer T> ? T : never;

function filterFrom(drawn: Drawn, topics: readonly string[], rules: readonly string[], ids: readonly string[]): string {
  const { from, free, which, wildcards, tail } = drawn;
  const [rule, topic] = [rules[which % rules.length], topics[which % topics.length]];
  if (from === 'rule' && rule !== undefined) return rule.replaceAll('{id}', ids[which % ids.length] ?? '');
  if (from === 'free' || topic === undefined) return free;
  const levels = topic.split('/').map((level, index) => (wildcards[index] && !level.startsWith('$') ? '+' : level));
  return tail < levels.length ? [...levels.slice(0, tail), '#'].join('/') : levels.join('/');
}

export const stack: fc.Arbitrary<Stack> = fc
  .record({
    names,
    accounts: fc.array(lines, { minLength: 2, maxLength: 3 }),
    roles: fc.array(lines, { minLength: 1, maxLength: 3 }),
    recipes: fc.array(recipe, { minLength: 1, maxLength: 24, size: 'max' }),
    subscriptions: fc.array(subscription, { minLength: 1, maxLength: 5, size: 'max' }),
  })
  .map((drawn) => {
    const roles = drawn.roles.map((each, index) => ({
      name: index === 0 ? 'device' : `role${index}`,
      topics: each.filter((text) => accepted(text).role),
    }));
    const accounts = drawn.accounts.map((each, index) => ({
      username: drawn.names[index],
      topics: each.filter((text) => accepted(text).account),
    }));
    const ids = drawn.names.slice(accounts.length);
    const devices = ids.map((id, index) => ({ id, role: roles[index % roles.length]?.name }));
    const config: Config = { accounts, roles, devices };
    const rules = [...roles, ...accounts].flatMap(({ topics }) =>
      topics.map((text) => text.split(' ').slice(1).join(' ')),
    );
    const topics = [...new Set(drawn.recipes.map((each) => topicOf(each, rules, ids)))];
    const filters = drawn.subscriptions.map((each) => `${each.share}${filterFrom(each, topics, rules, ids)}`);
    return {
      config,
      topics: topics.filter((topic) => topicProblem(topic) === undefined),
      filters: [...new Set(filters)]
        .filter((filter) => subscriptionProblem(filter) === undefined)
        // Users of one group would take messages from each other.
        .map((filter) => filter.replace(/^\$share\/[^/]*\//, '$share/GROUP/')),
    };
  })
  .filter(({ config }) => problemsOf(config).length === 0);
