import { pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { hashCredential, parsePasswords, renderPasswords } from '../../mosquitto/passwords';
import { shuffled, username } from './arbitraries';

const password = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 43 });
const credentials = fc.uniqueArray(fc.record({ username, password }), {
  selector: (credential) => credential.username,
  minLength: 1,
  maxLength: 4,
});

/** PBKDF2-SHA512 from the parts of a line, as the broker computes it. */
function logsIn(line: string, secret: string): boolean {
  const [, kind, rounds, salt = '', hash] = line.slice(line.indexOf(':')).split('$');
  const derived = pbkdf2Sync(secret, Buffer.from(salt, 'base64'), Number(rounds), 64, 'sha512');
  return kind === '7' && derived.toString('base64') === hash;
}

it('each line logs its user in with the right password, and with no other', () => {
  fc.assert(
    fc.property(credentials, password, (list, other) => {
      const lines = renderPasswords(list).trimEnd().split('\n');
      expect(lines).toHaveLength(list.length);
      for (const each of list) {
        const line = lines.find((text) => text.startsWith(`${each.username}:`)) ?? '';
        expect(logsIn(line, each.password)).toBe(true);
        expect(logsIn(line, other)).toBe(other === each.password);
      }
    }),
    { numRuns: 50 },
  );
});

it('parsePasswords undoes renderPasswords', () => {
  fc.assert(
    fc.property(credentials, (list) => {
      const entries = parsePasswords(renderPasswords(list));
      const expected = list.map(hashCredential).sort((a, b) => (a.username < b.username ? -1 : 1));
      expect(entries).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});

it('the order of credentials changes nothing', () => {
  const pairs = credentials.chain((list) => fc.tuple(fc.constant(list), shuffled(list)));
  fc.assert(
    fc.property(pairs, ([list, mixed]) => {
      expect(renderPasswords(mixed)).toBe(renderPasswords(list));
    }),
    { numRuns: 50 },
  );
});

it('no two users share a salt, not even with one password', () => {
  fc.assert(
    fc.property(fc.uniqueArray(username, { minLength: 2, maxLength: 4 }), password, (names, secret) => {
      const salts = names.map((name) => hashCredential({ username: name, password: secret }).salt);
      expect(new Set(salts).size).toBe(names.length);
    }),
    { numRuns: 50 },
  );
});

it('a file that lost its end is never taken for a whole one', () => {
  fc.assert(
    fc.property(credentials, fc.nat(), (list, cut) => {
      const text = renderPasswords(list);
      const shorter = text.slice(0, cut % text.length);
      if (shorter === '' || !shorter.endsWith('\n')) expect(() => parsePasswords(shorter)).toThrow();
      else expect(parsePasswords(shorter).length).toBeLessThan(list.length);
    }),
    { numRuns: 50 },
  );
});
