/**
 * Proves that the page on watching lists every metric and every alert, in the order and the words of the code, and every
 * file that is written for others.
 *
 * Does not prove that an event changes a metric: tests/integration has the broker do it.
 */

import { alerts } from '../../watching/alerts';
import { monitoringFiles } from '../../watching/files';
import { disconnectionKinds, type Metric, metrics, refusalReasons } from '../../watching/metrics';
import { watched } from '../unit/watched';
import { codeSpans } from './markdown';
import { languages, page, table } from './pages';

const watching = 'docs/watching.md';
const han = /\p{Script=Han}/u;

function rows(language: (typeof languages)[number], first: string): string[][] {
  return table(watching, language, first).rows;
}

describe.each(languages)('the page on watching in %s', (language) => {
  test('lists the metrics with their labels', () => {
    const listed = rows(language, 'Metric').map(([name = '', labels = '']) => [codeSpans(name), codeSpans(labels)]);
    expect(listed).toEqual(Object.entries<Metric>(metrics).map(([name, { labels }]) => [[name], [...labels]]));
  });

  test('lists the alerts with how long they wait, and which command is next', () => {
    const listed = rows(language, 'Alert').map(([name = '', , lasting, , run = '']) => [
      ...codeSpans(name),
      lasting,
      ...codeSpans(run),
    ]);
    expect(listed).toEqual(alerts(watched).map(({ name, lasting, run }) => [name, lasting, run]));
  });

  test('names the values of labels', () => {
    const text = page(watching, language).document.prose.join('\n');
    const spans = codeSpans(text);
    expect([...disconnectionKinds, ...refusalReasons].filter((value) => !spans.includes(value))).toEqual([]);
  });
});

test('the page in English has the words of the code', () => {
  expect(rows('english', 'Metric').map(([, , says]) => says)).toEqual(Object.values(metrics).map(({ help }) => help));
  expect(rows('english', 'Alert').map(([, severity, , means]) => [severity, means])).toEqual(
    alerts(watched).map(({ severity, description }) => [severity, description]),
  );
});

test('the page in Chinese translates them', () => {
  const words = [
    ...rows('chinese', 'Metric').map(([, , says = '']) => says),
    ...rows('chinese', 'Alert').map(([, , , means = '']) => means),
  ];
  expect(words.filter((text) => !han.test(text))).toEqual([]);
  const severities = rows('chinese', 'Alert').map(([, severity]) => severity);
  expect(severities).toEqual(alerts(watched).map(({ severity }) => (severity === 'critical' ? '严重' : '警告')));
});

test('the page names every file that is written for others', () => {
  const named = [...rows('english', 'In `FOLDER/monitoring-STACK`'), ...rows('english', 'Dashboard')].flatMap(
    ([first = '']) => codeSpans(first),
  );
  const files = Object.keys(monitoringFiles(watched)).map((path) => path.replace(/^grafana\//, ''));
  expect(files.filter((path) => !named.includes(path))).toEqual([]);
});
