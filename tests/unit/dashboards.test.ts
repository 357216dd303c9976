/**
 * Proves that alerts and dashboards name metrics that exist, that each panel has the unit of what it shows and
 * a sentence and a place of its own.
 *
 * Does not prove that Grafana shows them: they were made with its own types, and tests/integration runs their queries.
 */

import { alerts } from '../../watching/alerts';
import { dashboardFiles } from '../../watching/dashboards';
import { metrics, systemMetric } from '../../watching/metrics';
import { type Dashboard, panelsOf } from './dashboardPanels';
import { systemTopics } from './systemTopics';
import { watched } from './watched';

const files = dashboardFiles(watched);
const known = [...Object.keys(metrics), ...systemTopics.flatMap((topic) => systemMetric(topic)?.name ?? [])];

function metricsIn(expression: string): string[] {
  return expression.match(/\b(?:mosquitto|broker)_\w+/g) ?? [];
}

describe.each(Object.entries(files))('%s', (_, text) => {
  const dashboard = JSON.parse(text) as Dashboard;
  const panels = panelsOf(dashboard);

  test('asks for metrics that there are', () => {
    const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr)));
    expect(asked).not.toHaveLength(0);
    expect(asked.filter((metric) => !known.includes(metric))).toEqual([]);
  });

  test('says in a sentence what each panel shows', () => {
    expect(panels.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  });

  test('gives what it shows its unit', () => {
    const shown = panels.flatMap(({ title, fieldConfig: { defaults, overrides }, targets }) =>
      targets.map(({ refId, expr }) => {
        const own = overrides.find(({ matcher }) => matcher.options === `Value #${refId}`);
        const unit = own?.properties.find(({ id }) => id === 'unit')?.value ?? defaults.unit;
        return { title, expr, unit, fits: unitsOf(expr).includes(unit) };
      }),
    );
    expect(shown.filter(({ fits }) => !fits)).toEqual([]);
  });

  test('puts no panel onto another one', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test('is known by a name that Grafana takes', () => {
    expect(dashboard.uid).toMatch(/^[\w-]{1,40}$/);
    const other = Object.values(dashboardFiles({ ...watched, stack: 'x'.repeat(100) })).map(
      (each) => (JSON.parse(each) as Dashboard).uid,
    );
    expect(other.every((uid) => uid.length <= 40 && uid !== dashboard.uid)).toBe(true);
  });
});

/** What a value of an expression may be shown as, from the names of its metrics and what is done with them. */
function unitsOf(expression: string): Array<string | undefined> {
  if (/_timestamp_seconds/.test(expression)) return expression.startsWith('time() -') ? ['s'] : ['dateTimeAsIso'];
  if (/ \/ /.test(expression)) return ['percentunit'];
  const isBytes = /_bytes(_|\b|\{)|_heap_/.test(expression);
  if (expression.startsWith('rate(')) return [isBytes ? 'Bps' : 'cps'];
  if (isBytes) return ['bytes'];
  if (/_seconds\{|broker_uptime/.test(expression)) return ['s'];
  if (/_days\{/.test(expression)) return ['d'];
  // A band has words in place of numbers.
  return /mosquitto_device_connected/.test(expression) ? ['short', undefined] : ['short'];
}

describe('the alerts', () => {
  test('ask for metrics that there are', () => {
    const asked = alerts(watched).flatMap(({ expression }) => metricsIn(expression));
    expect(asked.filter((metric) => !known.includes(metric))).toEqual([]);
  });

  test('are of this stack alone', () => {
    const picked = alerts(watched).map(({ expression }) => [
      metricsIn(expression).length,
      expression.match(/\{stack="prod"/g)?.length,
    ]);
    expect(picked.filter(([named, own]) => named !== own)).toEqual([]);
  });

  test('have names of their own', () => {
    const names = alerts(watched).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('ask for certificates by the time in which they are renewed', () => {
    const ends = alerts({ ...watched, certificateRenewalDays: 3 }).filter(({ name }) => /CertificateEnds/.test(name));
    expect(ends.map(({ expression }) => expression)).toEqual([
      'mosquitto_certificate_remaining_days{stack="prod"} < 2.1',
      'mosquitto_certificate_remaining_days{stack="prod"} < 0.7',
    ]);
  });
});
