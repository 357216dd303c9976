import fc from 'fast-check';
import { formatRule, parseAcl, parseRule, renderAcl, type UserAcl } from '../../mosquitto/acl';
import { rule, shuffled, users } from './arbitraries';
import { brokerReadsAcl } from './broker';

function normal(list: readonly UserAcl[]): Map<string, string[]> {
  return new Map(list.map((user) => [user.username, user.rules.map(formatRule).sort()]));
}

it('parseRule undoes formatRule', () => {
  fc.assert(
    fc.property(rule, (each) => {
      expect(parseRule(formatRule(each))).toEqual(each);
    }),
  );
});

it('parseAcl undoes renderAcl, and the broker reads the same', () => {
  fc.assert(
    fc.property(users, fc.array(rule, { maxLength: 4 }), (list, patterns) => {
      const text = renderAcl(list, patterns);
      const parsed = parseAcl(text);
      expect(normal(parsed.users)).toEqual(normal(list));
      expect(parsed.patterns.map(formatRule)).toEqual(patterns.map(formatRule).sort());
      expect(brokerReadsAcl(text).users).toEqual(normal(list));
      expect(brokerReadsAcl(text).patterns).toEqual(patterns.map(formatRule).sort());
      expect(renderAcl(parsed.users, parsed.patterns)).toBe(text);
    }),
  );
});

it('the order of users and rules changes nothing', () => {
  const pairs = users.chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc
        .tuple(...list.map((user) => shuffled(user.rules).map((rules) => ({ ...user, rules }))))
        .chain((mixed) => shuffled(mixed)),
    ),
  );
  fc.assert(
    fc.property(pairs, ([list, mixed]) => {
      expect(renderAcl(mixed)).toBe(renderAcl(list));
    }),
  );
});

it('users come in one order, whatever their names', () => {
  fc.assert(
    fc.property(users, (list) => {
      const names = parseAcl(renderAcl(list)).users.map(({ username }) => username);
      expect(names).toEqual(list.map(({ username }) => username).sort());
    }),
  );
});
