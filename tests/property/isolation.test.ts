/**
 * Proves for generated roles and devices that the files of the broker let each device do what its role says with its own
 * id, and nothing else. The files are read here the way Mosquitto's source reads them; that the broker itself does so is
 * asked by tests/integration/isolationLaw.test.ts.
 */

import { pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { deviceFiles } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import { type Fleet, fleet, rulesOfDevice, topicsOf } from './fleets';
import { covers, may, type PlainRule, rulesOf } from './oracle';

const rootSecret = Buffer.alloc(32, 7).toString('base64');

interface Acl {
  users: Map<string, PlainRule[]>;
  patterns: PlainRule[];
}

/** A file of `user`, `topic` and `pattern` lines; whatever else stands in it is an error. */
function readAcl(text: string): Acl {
  const acl: Acl = { users: new Map(), patterns: [] };
  let own: PlainRule[] | undefined;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, keyword, rest = ''] = line.match(/^(user|topic|pattern) (.+)$/) ?? [];
    if (keyword === 'user') {
      own = acl.users.get(rest) ?? [];
      acl.users.set(rest, own);
    }
    if (keyword === 'pattern') acl.patterns.push(...rulesOf([rest]));
    if (keyword === 'topic') own?.push(...rulesOf([rest]));
    if (keyword === undefined || (keyword === 'topic' && own === undefined))
      throw new Error(`the broker ends on ${JSON.stringify(line)}`);
  }
  return acl;
}

/** The user's own lines are asked first, then the patterns; in each list whatever denies comes before whatever grants. */
function listsFor(acl: Acl, user: string): PlainRule[][] {
  const patterns = acl.patterns.map((rule) => ({ ...rule, topic: rule.topic.replaceAll('%u', user) }));
  return [acl.users.get(user) ?? [], patterns];
}

function brokerLets(lists: readonly PlainRule[][], access: 'read' | 'write', topic: string): boolean {
  for (const rules of lists) {
    const met = rules.filter((rule) => covers(rule.topic, topic)).map((rule) => rule.access);
    if (met.includes('deny')) return false;
    if (met.includes(access) || met.includes('readwrite')) return true;
  }
  return false;
}

/** What the files let the devices do, beside what their roles say. */
function compare(each: Fleet) {
  const files = deviceFiles(each.roles, each.devices, rootSecret, undefined);
  const acl = readAcl(files['device-acl'] ?? '');
  const topics = topicsOf(each).flatMap((topic) => [topic, `$SYS/${topic}`]);
  return each.devices.flatMap((device) => {
    const rules = rulesOfDevice(each, device);
    const lists = listsFor(acl, device.id);
    return topics.flatMap((topic) =>
      (['read', 'write'] as const).map((access) => ({
        probe: `${device.id} (${device.role}) ${access} ${topic}`,
        expected: may(rules, access, topic),
        seen: brokerLets(lists, access, topic),
      })),
    );
  });
}

it('a device may do exactly what its role says with its own id', () => {
  fc.assert(
    fc.property(fleet, (each) => {
      const wrong = compare(each).filter(({ expected, seen }) => expected !== seen);
      expect(wrong.slice(0, 5)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('both answers are met often', () => {
  const all = fc.sample(fleet, { numRuns: 20, seed: 1 }).flatMap(compare);
  const granted = all.filter(({ expected }) => expected).length;
  expect(granted).toBeGreaterThan(all.length / 20);
  expect(all.length - granted).toBeGreaterThan(all.length / 20);
});

it('each device logs in with its own password of its own generation, and with no other', () => {
  fc.assert(
    fc.property(fleet, (each) => {
      const { 'device-passwords': text = '' } = deviceFiles(each.roles, each.devices, rootSecret, undefined);
      const lines = new Map(text.split('\n').map((line) => [line.split(':')[0], line]));
      const opens = (id: string, password: string) => {
        const [, rounds = '', salt = '', hash] = lines.get(id)?.match(/\$7\$(\d+)\$([^$]+)\$(.+)$/) ?? [];
        return (
          pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 64, 'sha512').toString('base64') === hash
        );
      };
      for (const { id, generation } of each.devices) {
        expect(opens(id, devicePassword(rootSecret, { id, generation }))).toBe(true);
        expect(opens(id, devicePassword(rootSecret, { id, generation: generation + 1 }))).toBe(false);
        for (const other of each.devices.filter((device) => device.id !== id))
          expect(opens(id, devicePassword(rootSecret, other))).toBe(false);
      }
      const devices = each.devices.map(({ id }) => id);
      const strangers = [...lines.keys()].filter((id) => id !== '' && !devices.includes(id ?? ''));
      // Those that verification plays; nobody else's name begins so.
      expect(strangers.filter((id) => !/^aipi-verify(\.|$)/.test(id ?? ''))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
