/**
 * Proves that the pages list what the doctor may find and which lines the broker's log has, in the order and with the weight
 * of the code, and that the words of a line are read as its kind.
 *
 * Does not prove that the broker has no other lines.
 */

import { kinds } from '../../doctor/finding';
import { logLines, readLine } from '../../watching/logLines';
import { recordOf } from '../../watching/logRecord';
import { codeSpans } from './markdown';
import { type Language, languages, table } from './pages';

const weightWords: Record<Language, Record<string, string>> = {
  english: { critical: 'critical', warning: 'warning', note: 'note', error: 'error' },
  chinese: { critical: '严重', warning: '警告', note: '提示', error: '错误' },
};

const code = (cell = '') => codeSpans(cell)[0];

describe.each(languages)('the pages in %s', (language) => {
  test('list what may be found', () => {
    const listed = table('docs/doctor.md', language, 'Finding').rows.map(([kind, weight]) => [code(kind), weight]);
    expect(listed).toEqual(Object.entries(kinds).map(([kind, { weight }]) => [kind, weightWords[language][weight]]));
  });

  test('list the lines of the log', () => {
    const listed = table('docs/log.md', language, 'Kind').rows.map(([kind, level]) => [code(kind), level]);
    expect(listed).toEqual(Object.entries(logLines).map(([kind, { weight }]) => [kind, weightWords[language][weight]]));
  });
});

test('the words of each line are those of its kind, and mean what the code says', () => {
  const { rows } = table('docs/log.md', 'english', 'Kind');
  expect(rows.map(([, , words = '']) => readLine(code(words) ?? '').kind)).toEqual(Object.keys(logLines));
  expect(rows.map(([, , , means]) => means)).toEqual(Object.values(logLines).map(({ means }) => means));
});

test('the fields of a line are listed', () => {
  const listed = table('docs/log.md', 'english', 'Field').rows.map(([field]) => code(field));
  expect(listed).toEqual(Object.keys(recordOf(readLine(''), false)));
});
