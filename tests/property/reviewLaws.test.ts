/** Laws of reviews that are made from any two stack files: what is said agrees with itself, and with the rules of access. */

import fc from 'fast-check';
import { fill } from '../../fleet/role';
import { type AclRule, allows } from '../../mosquitto/acl';
import { matches, sampleTopic } from '../../mosquitto/topics';
import type { AccessChange } from '../../review/form';
import { reviewForm } from '../../review/form';
import { type Config, settingsOf } from '../unit/rawConfig';
import { reviewFrom } from '../unit/reviews';
import { config } from './arbitraries';

const uses = ['read', 'write'] as const;
const runs = { numRuns: 150 };

/** Two stack files, the second one often a change of a few keys of the first one. */
const pair = fc
  .tuple(config, config, fc.array(fc.nat(), { maxLength: 4 }))
  .map(([before, other, picks]): [Config, Config] => {
    const keys = Object.keys(before);
    const changed = picks.map((pick) => keys[pick % keys.length] ?? '');
    return [before, { ...before, ...Object.fromEntries(changed.map((key) => [key, (other as Config)[key]])) }];
  })
  .filter(([, after]) => isValid(after));

function isValid(after: Config): boolean {
  try {
    settingsOf(after);
    return true;
  } catch {
    return false;
  }
}

it('a stack against itself is no change', () => {
  fc.assert(
    fc.property(config, (stack) => {
      const { verdict, access, levels, settings, reach, irreversible, bundles } = reviewFrom(stack, stack);
      expect(verdict).toMatchObject({ isChange: false, disconnected: 'nobody', refused: [], who: [] });
      expect({ access, levels, settings, reach, irreversible, bundles }).toEqual({
        access: [],
        levels: [],
        settings: [],
        reach: [],
        irreversible: [],
        bundles: [],
      });
    }),
    runs,
  );
});

it('has its published form, and is the same each time', () => {
  fc.assert(
    fc.property(pair, ([before, after]) => {
      const review = reviewFrom(before, after);
      const text = JSON.stringify(review);
      expect(reviewForm.parse(JSON.parse(text))).toEqual(JSON.parse(text));
      expect(JSON.stringify(reviewFrom(before, after))).toBe(text);
    }),
    runs,
  );
});

/** Access of accounts and roles, what is gained apart from what is lost. */
function accessOf(changes: readonly AccessChange[], change: AccessChange['change']): unknown[] {
  return changes
    .filter((each) => each.change === change && each.kind !== 'devices')
    .map(({ change: _, ...others }) => others);
}

it('the way back loses what is gained, and gains what is lost', () => {
  fc.assert(
    fc.property(pair, ([before, after]) => {
      const [way, back] = [reviewFrom(before, after), reviewFrom(after, before)];
      expect(accessOf(back.access, 'lost')).toEqual(accessOf(way.access, 'gained'));
      expect(accessOf(back.access, 'gained')).toEqual(accessOf(way.access, 'lost'));
      expect(back.accounts.removed).toEqual(way.accounts.added);
      expect(back.listeners.removed).toEqual(way.listeners.added);
    }),
    runs,
  );
});

/** Topics that some of the rules may be about. */
function topicsOf(rules: readonly AclRule[]): string[] {
  return [...new Set(rules.flatMap(({ topic }) => ['x', 'device'].map((level) => sampleTopic(topic, level))))];
}

it('what it says of access is what the rules say', () => {
  fc.assert(
    fc.property(pair, ([before, after]) => {
      const [old, next] = [settingsOf(before), settingsOf(after)];
      const { access } = reviewFrom(before, after);
      const own = 'own-id';
      const holders = [...new Set([...old.accounts, ...next.accounts].map(({ username }) => username))].map((name) => {
        const rulesIn = (accounts: typeof old.accounts) =>
          accounts.find(({ username }) => username === name)?.rules ?? [];
        return { kind: 'account', name, was: rulesIn(old.accounts), is: rulesIn(next.accounts) };
      });
      const roles = [...new Set([...old.roles, ...next.roles].map(({ name }) => name))].map((name) => {
        const rulesIn = (all: typeof old.roles) =>
          (all.find((role) => role.name === name)?.rules ?? []).map(({ access: use, topic }) => ({
            access: use,
            topic: fill(topic, own),
          }));
        return { kind: 'role', name, was: rulesIn(old.roles), is: rulesIn(next.roles) };
      });
      for (const { kind, name, was, is } of [...holders, ...roles]) {
        const said = access
          .filter((each) => each.kind === kind && each.name === name)
          .map((each) => ({ ...each, topic: fill(each.topic, own), example: fill(each.example, own) }));
        for (const use of uses) {
          const fitting = said.filter((each) => each.access === use || each.access === 'readwrite');
          for (const topic of [...topicsOf([...was, ...is]), ...fitting.map(({ example }) => example)]) {
            const [could, can] = [allows(was, use, topic), allows(is, use, topic)];
            const about = fitting.filter((each) => matches(each.topic, topic));
            const change = can === could ? undefined : can ? 'gained' : 'lost';
            if (change !== undefined) expect(about.map((each) => each.change)).toContain(change);
            for (const each of about.filter(({ partly, example }) => !partly || example === topic)) {
              expect(each.change).toBe(change);
            }
          }
        }
      }
    }),
    runs,
  );
});
