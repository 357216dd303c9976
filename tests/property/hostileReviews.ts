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

const text = fc
  .tuple(fc.array(trick, { maxLength: 4 }), fc.array(trick, { maxLength: 4 }))
  .map(([before, after]) => `${before.join('')}${mark}${after.join('')}`);

const many = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 3 });
const names = many(text);
const lines = many(text);
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
    refused: many(text),
    disconnected: fc.constantFrom<Review['verdict']['disconnected'][]>('nobody', 'some', 'everybody'),
    seconds: orNull(fc.constant(2)),
    because: many(text),
    who: names,
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
  ),
  accounts: fc.record({ added: names, removed: names, rotated: names }),
  devices: orNull(
    fc.record({
      before: orNull(fc.nat(100_000)),
      after: fc.nat(100_000),
      added: names,
      revoked: names,
      rotated: names,
      reassigned: many(fc.record({ id: text, from: text, to: text })),
    }),
  ),
  reach: lines,
  listeners: fc.record({
    added: names,
    removed: names,
    changed: many(fc.record({ name: text, what: many(text) })),
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
    ),
    steps: lines,
  }),
  image: orNull(fc.record(change)),
  settings: many(fc.record({ key: text, ...change })),
  live: lines,
  irreversible: lines,
  bundles: lines,
  levels: fc
    .subarray([...levels])
    .chain((some) =>
      fc.tuple(
        ...some.map((level) => fc.record({ level: fc.constant(level), because: many(text), fails: fc.boolean() })),
      ),
    ),
  unknown: lines,
  drift: orNull(lines),
  engine: fc.oneof(
    fc.record({ steps: fc.constant(null), why: orNull(text) }),
    fc.record({
      steps: many(
        fc.record({ operation: text, type: text, name: text, properties: many(text), protected: fc.boolean() }),
      ),
      why: fc.constant(null),
    }),
  ),
});

/** How large a review becomes: so many times as many of everything, and texts with so many characters more. */
export interface Growth {
  times: number;
  characters: number;
}

export const growth: fc.Arbitrary<Growth> = fc.constantFrom(
  { times: 1, characters: 0 },
  { times: 1, characters: 65_000 },
  { times: 15, characters: 60 },
  { times: 60, characters: 150 },
);

/** The same review with more of everything; what is drawn stays small, so that a counter-example is readable. */
export function grown(review: Review, { times, characters }: Growth): Review {
  const of = (value: unknown, most: number): unknown => {
    if (typeof value === 'string') return value.replace(mark, mark.repeat(1 + Math.floor(characters / mark.length)));
    if (typeof value !== 'object' || value === null) return value;
    if (!Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, of(each, most)]));
    }
    const all = value.map((each) => of(each, Math.min(most, 20)));
    return Array.from({ length: all.length * Math.min(times, most) }, (_, index) => all[index % all.length]);
  };
  // Each level is told once, and the engine names its resources and their properties itself.
  const [levelsOnce, steps] = [review.levels.map((each) => of(each, 1)), review.engine.steps];
  const engine = steps === null ? review.engine : { ...review.engine, steps: repeated(steps, times) };
  return { ...(of(review, Number.POSITIVE_INFINITY) as Review), levels: levelsOnce as Review['levels'], engine };
}

function repeated<T>(all: readonly T[], times: number): T[] {
  return Array.from({ length: all.length * times }, (_, index) => all[index % all.length] as T);
}
