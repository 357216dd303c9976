/** Inputs in messages: whatever cannot be seen, or looks like something else, is named with its place. */

import { deviceIdProblem } from '../../fleet/device';
import { inQuotes, quoted, unquoted, visible } from '../../mosquitto/quoted';

test.each([
  ['plain text', 'pi-001', '"pi-001"'],
  ['what JSON shows by itself', 'a\n"b"\\\t\u0000\ud800', String.raw`"a\n\"b\"\\\t\u0000\ud800"`],
  ['a space at its end', 'pi-001 ', '"pi-001 "'],
  ['a zero-width space', 'pi-\u200b001', String.raw`"pi-\u200b001" (U+200B at character 4)`],
  ['a byte order mark', '\ufeffid', String.raw`"\ufeffid" (U+FEFF at character 1)`],
  ['a no-break space', 'read\u00a0a', String.raw`"read\u00a0a" (U+00A0 at character 5)`],
  ['a soft hyphen', 'pi\u00ad1', String.raw`"pi\u00ad1" (U+00AD at character 3)`],
  ['an umlaut in two characters', 'ku\u0308che', String.raw`"ku\u0308che" (U+0308 at character 3)`],
  ['one in one character', 'küche', '"küche"'],
  ['a Cyrillic letter', '\u0440i-001', '"\u0440i-001" (U+0440 at character 1)'],
  ['a Greek one', 'aisa_\u03bfld', '"aisa_\u03bfld" (U+03BF at character 6)'],
  ['a dash of a word processor', 'pi\u2013001', '"pi\u2013001" (U+2013 at character 3)'],
  ['full-width forms', 'pi\uff0d１', '"pi\uff0d１" (U+FF0D at character 3, U+FF11 at character 4)'],
  ['Chinese', '设备 1', '"设备 1"'],
  ['a word that is Cyrillic throughout', 'датчик', '"датчик"'],
  ['a change of direction', 'a\u202eb', String.raw`"a\u202eb" (U+202E at character 2)`],
  [
    'a delete and a control of C1',
    'a\u007f\u0085',
    String.raw`"a\u007f\u0085" (U+007F at character 2, U+0085 at character 3)`,
  ],
  ['a tag beyond 16 bits, counted as one', '\u{1f600}a\u{e0041}', String.raw`"😀a\u{e0041}" (U+E0041 at character 3)`],
  [
    'many of them',
    'a\u200b\u200b\u200b\u200b\u200b',
    String.raw`"a\u200b\u200b\u200b\u200b\u200b" (U+200B at character 2, U+200B at character 3, U+200B at character 4, and 2 more)`,
  ],
])('%s', (_, text, expected) => {
  expect(quoted(text)).toBe(expected);
  expect(visible(quoted(text))).toBe(quoted(text));
});

test('names what stands in the part that is not shown', () => {
  expect(quoted('sys_interval', 'sys_interval\u00a060')).toBe('"sys_interval" (U+00A0 at character 13)');
});

test('needs no quotes around a key', () => {
  expect(unquoted('im\u200bage')).toBe(String.raw`im\u200bage (U+200B at character 3)`);
  expect(inQuotes('\u200b')).toBe(String.raw`"\u200b"`);
});

test('leaves the lines and colours of a message alone', () => {
  expect(visible('a\n\t\u001b[31mb\u001b[0m \u200bc')).toBe('a\n\t\u001b[31mb\u001b[0m \\u200bc');
});

test('an id tells which character it is', () => {
  expect(deviceIdProblem('pi\u200b')).toBe(String.raw`contains "\u200b"; use letters, digits, "-", "_", "."`);
});

test('a name of plain letters is taken as it is, which is what a look at each of them gives, too', () => {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  for (const character of ascii) expect(unquoted(character)).toBe(inQuotes(character).slice(1, -1));
});
