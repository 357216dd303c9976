import fc from 'fast-check';
import { allows, type UserAcl } from '../../mosquitto/acl';
import { aipiTopics, guideTest } from '../../mosquitto/aipi';
import { matches } from '../../mosquitto/topics';
import { literalTopics, markerTopic, probeTopics, witnessAcl } from '../../mosquitto/witness';
import { accountWith, problemsOf, settingsOf } from '../unit/rawConfig';
import { topicFilter, username } from './arbitraries';
import { isLiteral } from './literal';

/** Topics of an operator, also those that look like a probe. */
const topics = fc.oneof(
  { weight: 6, arbitrary: topicFilter },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'device/aipi-verify/data',
      'device/aipi-verify/#',
      'aipi-verify/foreign',
      'aipi-verify/marker',
      'aipi-verify',
      'test/topic',
      '+/topic',
      '+/marker',
      '$SYS/#',
    ),
  },
);

/** Accounts with those of their topics that the settings accept. */
const accepted: fc.Arbitrary<UserAcl[]> = fc
  .uniqueArray(fc.record({ username, topics: fc.array(topics, { maxLength: 5 }) }), {
    selector: (account) => account.username,
    minLength: 1,
    maxLength: 3,
  })
  .map((accounts) => {
    const possible = accounts.map((account) => ({
      username: account.username,
      topics: account.topics
        .map((topic) => `read ${topic}`)
        .filter((text) => problemsOf(accountWith(text)).length === 0),
    }));
    return settingsOf({ accounts: possible }).accounts;
  });

it('the generated topics are accepted, apart from those that look like a probe', () => {
  fc.assert(
    fc.property(topicFilter, (topic) => {
      expect(problemsOf(accountWith(`read ${topic}`))).toEqual([]);
    }),
  );
});

function filtersOf(users: readonly UserAcl[]): string[] {
  return [...aipiTopics, ...users.flatMap(({ rules }) => rules.map(({ topic }) => topic))];
}

it('no probe is a topic that a real client may listen to by name', () => {
  fc.assert(
    fc.property(accepted, (users) => {
      const literal = filtersOf(users).filter((filter) => isLiteral(filter) && filter !== guideTest.topic);
      expect(probeTopics(users).filter((topic) => literal.includes(topic))).toEqual([]);
      expect(literal).not.toContain(markerTopic);
    }),
    { numRuns: 200 },
  );
});

it('every probe is one topic, and none is of the broker', () => {
  fc.assert(
    fc.property(accepted, (users) => {
      expect(probeTopics(users).filter((topic) => !isLiteral(topic) || topic.startsWith('$'))).toEqual([]);
    }),
  );
});

it('every rule is proved: by a probe where it has a wildcard, by its own topic where it has none', () => {
  fc.assert(
    fc.property(accepted, (users) => {
      const proved = [...probeTopics(users), ...literalTopics(users)];
      const unproved = filtersOf(users).filter(
        (filter) => !filter.startsWith('$') && !proved.some((topic) => matches(filter, topic)),
      );
      expect(unproved).toEqual([]);
    }),
  );
});

it('the witness may use every probe and the marker, and of a real device read its status and nothing else', () => {
  const device = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(accepted, device, (users, id) => {
      const { rules } = witnessAcl(users);
      for (const topic of [...probeTopics(users), markerTopic]) {
        expect(allows(rules, 'read', topic) && allows(rules, 'write', topic)).toBe(true);
      }
      for (const filter of aipiTopics) {
        const topic = filter.replace('+', id);
        expect(allows(rules, 'read', topic)).toBe(filter === 'device/+/status');
        expect(allows(rules, 'write', topic)).toBe(false);
      }
    }),
  );
});

it('the order of accounts and rules changes no probe', () => {
  fc.assert(
    fc.property(accepted, (users) => {
      const mixed = [...users].reverse().map((user) => ({ ...user, rules: [...user.rules].reverse() }));
      expect(probeTopics(mixed)).toEqual(probeTopics(users));
      expect(literalTopics(mixed)).toEqual(literalTopics(users));
    }),
  );
});
