import fc from 'fast-check';
import { allows } from '../../mosquitto/acl';
import { matches, sampleTopic, topicFilterProblem } from '../../mosquitto/topics';
import { nasty, rule, topicFilter, topicName } from './arbitraries';
import { isLiteral } from './literal';

/** MQTT 5.0, section 4.7, as a regular expression. */
function reference(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const pattern = filter
    .replace(/[.*?^${}()|[\]\\-]/g, '\\$&')
    .replace(/\+/g, '[^/]*')
    .replace(/^#$/, '.*')
    .replace(/\/#$/, '(/.*)?');
  return new RegExp(`^${pattern}$`, 's').test(topic);
}

/** A topic, and a filter made from it, so that they often match. */
const related = topicName.chain((topic) =>
  fc
    .tuple(
      fc.array(fc.constantFrom('same', 'same', '+', 'other'), { minLength: 4, maxLength: 4 }),
      fc.nat({ max: 4 }),
      fc.boolean(),
    )
    .map(([changes, length, tail]) => {
      const levels = topic
        .split('/')
        .slice(0, Math.max(1, length))
        .map((level, index) => ({ same: level, '+': '+', other: `${level}x` })[changes[index] ?? 'same']);
      return { topic, filter: [...levels, ...(tail ? ['#'] : [])].join('/') };
    }),
);

const unrelated = fc.record({ topic: topicName, filter: topicFilter });

it('a topic matches a filter as the reference says', () => {
  fc.assert(
    fc.property(fc.oneof(related, unrelated), ({ topic, filter }) => {
      expect(matches(filter, topic)).toBe(reference(filter, topic));
    }),
    { numRuns: 400 },
  );
});

it('both answers of the reference are met often', () => {
  const answers = fc.sample(related, 400).map(({ topic, filter }) => reference(filter, topic));
  expect(answers.filter(Boolean).length).toBeGreaterThan(40);
  expect(answers.filter((answer) => !answer).length).toBeGreaterThan(40);
});

it('rules allow what one of them grants and none denies, whatever their order', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          rule,
          related.map(({ filter }) => ({ access: 'deny' as const, topic: filter })),
        ),
        { maxLength: 5 },
      ),
      topicName,
      fc.constantFrom<('read' | 'write')[]>('read', 'write'),
      (rules, topic, access) => {
        const words = rules.filter((each) => reference(each.topic, topic)).map((each) => each.access);
        const expected = !words.includes('deny') && (words.includes(access) || words.includes('readwrite'));
        expect(allows(rules, access, topic)).toBe(expected);
        expect(allows([...rules].reverse(), access, topic)).toBe(expected);
      },
    ),
    { numRuns: 400 },
  );
});

it('a deny takes away exactly what it matches', () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), related, (rules, { filter, topic }) => {
      const before = allows(rules, 'read', topic);
      const after = allows([...rules, { access: 'deny', topic: filter }], 'read', topic);
      expect(after).toBe(before && !reference(filter, topic));
    }),
    { numRuns: 200 },
  );
});

it('a sample of a filter is a topic name that matches it', () => {
  fc.assert(
    fc.property(topicFilter, (filter) => {
      const sample = sampleTopic(filter, 'probe');
      expect(isLiteral(sample)).toBe(true);
      expect(reference(filter, sample)).toBe(true);
      expect(sample === filter).toBe(isLiteral(filter));
    }),
  );
});

it('a valid filter has no problem, and an empty, mixed or early wildcard level always has one', () => {
  fc.assert(
    fc.property(topicFilter, topicFilter, fc.constantFrom('', '#', 'a#', '+a', '##', 'a+', '\n'), (head, tail, bad) => {
      expect(topicFilterProblem(head)).toBeUndefined();
      expect(topicFilterProblem([...head.split('/'), bad, tail].join('/'))).toMatch(/.+; .+/);
    }),
    { numRuns: 200 },
  );
});

it('a filter that is accepted survives the way through a file', () => {
  fc.assert(
    fc.property(nasty, fc.boolean(), (text, around) => {
      const filter = around ? `a/${text}/b` : text;
      if (topicFilterProblem(filter) !== undefined) return;
      expect(Buffer.from(filter).toString()).toBe(filter);
      expect(filter).toBe(filter.replace(/^[ \t\r\n\v\f]+|[ \t\r\n\v\f]+$/g, ''));
      expect(filter).not.toMatch(/[\n\r\0]/);
    }),
    { numRuns: 500 },
  );
});
