/**
 * Proves against a Prometheus that scrapes every metric: each query of each panel gives series, with the labels that its
 * legend names, and each rule can be evaluated.
 *
 * Does not prove how Grafana draws them: there is none here.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { alertRules, alerts } from '../../watching/alerts';
import { dashboardFiles } from '../../watching/dashboards';
import { metrics, systemMetric } from '../../watching/metrics';
import { prometheusConfiguration, prometheusFiles } from '../../watching/prometheus';
import { type Dashboard, panelsOf } from '../unit/dashboardPanels';
import { systemTopics } from '../unit/systemTopics';
import { watched } from '../unit/watched';
import { always, metricOf, quietBroker } from './playedBroker';
import { freePorts } from './project';
import { prometheusTools } from './prometheusTools';

const counters = [
  ...Object.entries(metrics).flatMap(([name, { type }]) => (type === 'counter' ? [name] : [])),
  ...systemTopics.flatMap((topic) => {
    const metric = systemMetric(topic);
    return metric?.type === 'counter' ? [metric.name] : [];
  }),
];

let folder: string;
let exporter: Server;
let prometheus: ChildProcess;
let address: string;

beforeAll(async () => {
  const { prometheus: program } = await prometheusTools();
  folder = mkdtempSync(join(tmpdir(), 'aipi-prometheus-'));
  const target = await servePlayedBroker();
  const [port] = await freePorts(1);
  address = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, prometheusFiles.rules), alertRules(watched));
  const configuration = join(folder, prometheusFiles.configuration);
  writeFileSync(configuration, faster(target));
  prometheus = spawn(
    program,
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  await until(async () => {
    const samples = await query('count_over_time(mosquitto_up[1m]) >= 4');
    return samples.length > 0;
  });
}, 30_000);

afterAll(async () => {
  if (prometheus?.exitCode === null) {
    prometheus.kill();
    await once(prometheus, 'exit');
  }
  exporter?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Serves a broker that works, as the exporter does. */
async function servePlayedBroker(): Promise<string> {
  const now = Date.now() / 1_000;
  const played = {
    ...quietBroker(),
    mosquitto_proof_timestamp_seconds: always(now - 3_600),
    mosquitto_configuration_timestamp_seconds: always(now - 7_200),
  };
  exporter = createServer((_, response) => {
    const seconds = Date.now() / 1_000 - now + 3_600;
    const lines = Object.entries(played).map(([series, value]) => {
      const name = metricOf(series);
      return `# TYPE ${name} ${counters.includes(name) ? 'counter' : 'gauge'}\n${series} ${value(seconds)}\n`;
    });
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(lines.join(''));
  });
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  return `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
}

/** The configuration of the stack, with another target and in a hurry. */
function faster(target: string): string {
  const { scrape_configs: configs, ...rest } = parse(prometheusConfiguration(watched));
  const [own] = configs;
  own.static_configs[0].targets = [target];
  const global = { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' };
  return stringify({ ...rest, alerting: {}, global, scrape_configs: [own] });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo().catch(() => false))) {
    if (prometheus.exitCode !== null) throw new Error(`Prometheus ended with ${prometheus.exitCode}`);
    await wait(100);
  }
}

interface Series {
  metric: Record<string, string>;
}

/** @throws Error with what Prometheus says */
async function ask(path: string, values: Record<string, string> = {}) {
  const response = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(values)}`);
  const { status, data, error } = (await response.json()) as { status: string; data: never; error?: string };
  if (status !== 'success') throw new Error(error);
  return data;
}

async function query(expression: string): Promise<Series[]> {
  const { result } = (await ask('query', { query: expression })) as { result: Series[] };
  return result;
}

async function queryRange(expression: string): Promise<Series[]> {
  const now = Date.now() / 1_000;
  const range = { start: `${now - 10}`, end: `${now}`, step: '1' };
  const { result } = (await ask('query_range', { query: expression, ...range })) as { result: Series[] };
  return result;
}

describe.each(Object.entries(dashboardFiles(watched)))('%s', (_, text) => {
  const asked = panelsOf(JSON.parse(text) as Dashboard).flatMap(({ title, targets }) =>
    targets.map((target) => ({ title, ...target })),
  );

  test('gets series for each query, with the labels of its legend', async () => {
    const found = await Promise.all(
      asked.map(async ({ title, expr, legendFormat = '', instant = false }) => {
        const expression = expr.replaceAll('$__rate_interval', '5s');
        const series = await (instant ? query(expression) : queryRange(expression));
        const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
        const legends = new Set(series.map(({ metric }) => labels.map((label) => metric[label]).join()));
        return {
          title,
          expr,
          some: series.length > 0,
          labelled: series.every(({ metric }) => labels.every((label) => metric[label] !== undefined)),
          // Two lines with one name could not be told apart.
          distinct: legends.size === series.length || instant,
        };
      }),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter(({ some, labelled, distinct }) => !some || !labelled || !distinct)).toEqual([]);
  });
});

test('each rule can be evaluated, and none fires', async () => {
  interface Rule {
    name: string;
    health: string;
    state: string;
    lastError?: string;
  }
  const { groups } = (await ask('rules')) as { groups: Array<{ rules: Rule[] }> };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.map(({ name }) => name).sort()).toEqual(
    alerts(watched)
      .map(({ name }) => name)
      .sort(),
  );
  expect(rules.filter(({ health, state }) => health !== 'ok' || state !== 'inactive')).toEqual([]);
});
