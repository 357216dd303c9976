/** Reviews as data, of any size, in which every text that could be somebody's own tries to leave its place in Markdown. */

import fc from 'fast-check';
import type { Review } from '../../review/form';
import { levels } from '../../review/levelNames';

/** Stands in every text that is drawn, so that it can be found again. */
export const mark = 'zqxj';

const trick = fc.constantFrom(
  '`',
  '``',
  '```\n',
  '~~~',
  '@team',
  '#1',
  'GH-1',
  '<script>alert(1)</script>',
  '<!-- ',
  '</details>',
  '](http://x.example)',
  '![x](http://x.example/y.png)',
  'http://x.example',
  'www.example.com',
  'someone@example.com',
  '<http://x.example>',
  '**bold**',
  '_it_',
  '| a | b |',
  '\n\n# heading\n\n',
  '\r\n- item',
  '\n---\n',
  '\n    code',
  '- ',
  '1. ',
  '&lt;b&gt;',
  '&#96;',
  '\\`',
  '\\',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u0000',
  '\u0085',
  '\u2028',
  '\ud800',
  '😀',
  '温室',
  ' ',
  '+/#',
  '{id}',
);

/** Some are as long as a topic may be. */
const text = fc
  .tuple(fc.array(trick, { maxLength: 4 }), fc.array(trick, { maxLength: 4 }), fc.constantFrom(1, 1, 1, 1, 200, 20_000))
  .map(([before, after, times]) => `${before.join('')}${mark.repeat(times)}${after.join('')}`.slice(0, 65_535));

/** A list that is as long as it is said, made from few texts: to draw each would only take time. */
function many<T>(each: fc.Arbitrary<T>, ...lengths: number[]): fc.Arbitrary<T[]> {
  return fc
    .tuple(fc.array(each, { minLength: 1, maxLength: 4 }), fc.constantFrom(0, 1, 3, ...lengths))
    .map(([few, length]) => Array.from({ length }, (_, index) => few[index % few.length] as T));
}

/** Names of many that are told apart. */
const names = (...lengths: number[]) =>
  many(text, ...lengths).map((all) => all.map((name, index) => (index < 4 ? name : `${name.slice(0, 64)}${index}`)));

const lines = many(text, 50, 5_000);
const orNull = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: null });
const change = { before: orNull(text), after: orNull(text) };

export const hostileReview: fc.Arbitrary<Review> = fc.record({
  version: fc.constant(1 as const),
  stack: text,
  against: fc.record({
    source: fc.constantFrom<Review['against']['source'][]>('state', 'base', 'nothing'),
    base: orNull(text),
    isBaseDeployed: orNull(fc.boolean()),
  }),
  verdict: fc.record({
    sentence: text,
    isChange: fc.boolean(),
    refused: many(text, 20),
    disconnected: fc.constantFrom<Review['verdict']['disconnected'][]>('nobody', 'some', 'everybody'),
    seconds: orNull(fc.constant(2)),
    because: many(text, 500),
    who: names(10_000, 100_000),
  }),
  access: many(
    fc.record({
      kind: fc.constantFrom<Review['access'][number]['kind'][]>('account', 'role', 'devices'),
      name: text,
      change: fc.constantFrom<Review['access'][number]['change'][]>('gained', 'lost'),
      access: fc.constantFrom<Review['access'][number]['access'][]>('read', 'write', 'readwrite'),
      topic: text,
      partly: fc.boolean(),
      example: text,
    }),
    100,
    10_000,
  ),
  accounts: fc.record({ added: names(10_000), removed: names(10_000), rotated: names(10_000) }),
  devices: orNull(
    fc.record({
      before: orNull(fc.nat(100_000)),
      after: fc.nat(100_000),
      added: names(100_000),
      revoked: names(100_000),
      rotated: names(100_000),
      reassigned: many(fc.record({ id: text, from: text, to: text }), 100, 100_000),
    }),
  ),
  reach: lines,
  listeners: fc.record({
    added: names(300),
    removed: names(300),
    changed: many(fc.record({ name: text, what: many(text, 6) }), 300),
  }),
  certificates: fc.record({
    list: many(
      fc.record({
        name: text,
        daysLeft: orNull(fc.integer({ min: -1_000, max: 40_000 })),
        outcome: fc.constantFrom<Review['certificates']['list'][number]['outcome'][]>(
          'stays',
          'made',
          'renewed',
          'replaced',
          'retired',
        ),
        warning: orNull(text),
      }),
      500,
    ),
    steps: lines,
  }),
  image: orNull(fc.record(change)),
  settings: many(fc.record({ key: text, ...change }), 60),
  live: lines,
  irreversible: lines,
  bundles: lines,
  levels: fc
    .subarray([...levels])
    .chain((some) =>
      fc.tuple(
        ...some.map((level) => fc.record({ level: fc.constant(level), because: many(text, 500), fails: fc.boolean() })),
      ),
    ),
  unknown: lines,
  drift: orNull(lines),
  engine: fc.oneof(
    fc.record({ steps: fc.constant(null), why: orNull(text) }),
    fc.record({
      steps: many(
        fc.record({ operation: text, type: text, name: text, properties: many(text, 20), protected: fc.boolean() }),
        100,
        10_000,
      ),
      why: fc.constant(null),
    }),
  ),
});
