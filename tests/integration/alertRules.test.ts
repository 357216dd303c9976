/**
 * Proves with promtool that each alert fires for what it is about and for nothing else, and ends with it; that none fires
 * in a quiet hour, in an update with a live reload and a new exporter, or in planned restarts; and that Prometheus and
 * Alertmanager take the files.
 *
 * Does not prove that a broker's troubles look like the series that are played here.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { run } from '../../setup/processes';
import { alertmanagerConfiguration, alertmanagerFile } from '../../watching/alertmanager';
import { alertRules, alerts } from '../../watching/alerts';
import { prometheusConfiguration, prometheusFiles, scrapeConfiguration } from '../../watching/prometheus';
import { watched } from '../unit/watched';
import {
  always,
  away,
  between,
  devices,
  exporterAnew,
  faster,
  jump,
  metricOf,
  type Played,
  quietBroker,
  type Value,
} from './playedBroker';
import { prometheusTools, type Tools } from './prometheusTools';

const minute = 60;
const hour = 3_600;
const gibibyte = 2 ** 30;
const rules = alertRules(watched);
const labels = 'instance="aipi-mqtt-exporter:9234",job="aipi-mqtt",stack="prod"';

let tools: Tools;
let folder: string;

beforeAll(async () => {
  tools = await prometheusTools();
  folder = mkdtempSync(join(tmpdir(), 'aipi-rules-'));
  writeFileSync(join(folder, prometheusFiles.rules), rules);
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Play {
  played: Played;
  /** Seconds from one scrape to the next, and from one look at the rules to the next. */
  step: number;
  /** Seconds since the beginning. */
  end: number;
}

interface Expected {
  at: number;
  /** Names of the alerts that fire, each with how many of them. */
  firing: Record<string, number>;
  /** Labels of one alert, and the sentence that it says. */
  says?: { alert: string; labels?: string; summary: string };
}

/** Plays a broker to promtool, which fails where something else fires at one of the moments. */
async function play({ played, step, end }: Play, expected: readonly Expected[]): Promise<void> {
  const moments = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  const values = (value: Value) => moments.map((seconds) => value(seconds) ?? 'stale').join(' ');
  const file = join(mkdtempSync(join(folder, 'case-')), 'test.yml');
  writeFileSync(
    file,
    stringify({
      rule_files: [join(folder, prometheusFiles.rules)],
      evaluation_interval: `${step}s`,
      tests: [
        {
          interval: `${step}s`,
          input_series: Object.entries(played)
            .filter(([series]) => rules.includes(metricOf(series)))
            .map(([series, value]) => ({ series: withLabels(series), values: values(value) })),
          promql_expr_test: expected.map(({ at, firing }) => ({
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: `${at}s`,
            exp_samples: Object.entries(firing).map(([name, value]) => ({ labels: `{alertname="${name}"}`, value })),
          })),
          alert_rule_test: expected.flatMap(({ at, says }) => (says === undefined ? [] : [spoken(at, says)])),
        },
      ],
    }),
  );
  await run(tools.promtool, ['test', 'rules', file]);
}

function withLabels(series: string): string {
  return series.endsWith('}') ? series.replace(/\}$/, `,${labels}}`) : `${series}{${labels}}`;
}

function spoken(at: number, { alert: name, labels: own = labels, summary }: NonNullable<Expected['says']>) {
  const alert = alerts(watched).find((each) => each.name === name);
  if (alert === undefined) throw new Error(`no alert ${name}`);
  const pairs = [...own.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]);
  return {
    eval_time: `${at}s`,
    alertname: name,
    exp_alerts: [
      {
        exp_labels: { ...Object.fromEntries(pairs), severity: alert.severity },
        exp_annotations: { summary, description: alert.description, run: `npm run ${alert.run} -- prod` },
      },
    ],
  };
}

/** Nothing fires at any of these moments. */
function silence(end: number, step = 30): Expected[] {
  return Array.from({ length: end / step + 1 }, (_, index) => ({ at: index * step, firing: {} }));
}

describe('nothing fires', () => {
  const [step, end] = [15, 75 * minute];

  test('in a quiet hour', () => play({ played: quietBroker(), step, end }, silence(end)));

  test('in an hour of work: updates with a reload and a proof every four minutes, one with a new exporter', () => {
    const quiet = quietBroker();
    const updates = Array.from({ length: 12 }, (_, index) => (10 + 4 * index) * minute);
    const bursts = (series: string, by: number): Played => ({
      [series]: updates.reduce((value, at) => jump(at, by, value), quiet[series] ?? always(0)),
    });
    const at = 30 * minute;
    const played = exporterAnew(
      {
        ...quiet,
        ...bursts('mosquitto_connections_total', 400),
        ...bursts('mosquitto_disconnections_total{kind="client"}', 400),
        ...bursts('mosquitto_disconnections_total{kind="other"}', 20),
        ...bursts('mosquitto_disconnections_total{kind="protocol_error"}', 60),
        ...bursts('mosquitto_refused_logins_total{reason="not_authorised"}', 300),
        ...bursts('mosquitto_refused_logins_total{reason="certificate"}', 60),
        ...bursts('mosquitto_protocol_errors_total', 60),
        ...bursts('mosquitto_takeovers_total', 10),
        'mosquitto_certificate_matches{listener="mqtts-8883"}': between(at, at + 15 * minute, 0, 1),
        'mosquitto_configuration_info{digest="0123456789abcdef"}': between(at, end + 1, undefined, 1),
        'mosquitto_configuration_info{digest="fedcba9876543210"}': (seconds) => (seconds < at ? undefined : 1),
      },
      at + 45,
      at + 120,
    );
    return play({ played, step, end }, silence(end));
  });

  test('in planned restarts', () => {
    const restarts = [20, 40, 60].map((minutes) => minutes * minute);
    const played = restarts.reduce((before, at) => away(before, at, at + 30), quietBroker());
    return play({ played, step, end }, silence(end));
  });

  test('where half of the fleet is given up, or there was hardly one', async () => {
    const step = 30;
    const gone = {
      played: { ...quietBroker(), mosquitto_devices_connected: between(20 * minute, end, 3, 8) },
      step,
      end,
    };
    const declared = { mosquitto_devices_declared: between(20 * minute, end, 3, 8) };
    await play({ ...gone, played: { ...gone.played, ...declared } }, silence(end));
    const small = {
      mosquitto_devices_connected: between(20 * minute, end, 0, 2),
      mosquitto_devices_declared: always(2),
    };
    await play({ played: { ...quietBroker(), ...small }, step, end }, silence(end));
  });
});

interface Case extends Omit<Play, 'played'> {
  name: string;
  /** What differs from a quiet broker. */
  trouble: Played | ((quiet: Played) => Played);
  expected: Expected[];
}

/** From ten minutes on, for so many minutes. */
function gauge(series: string, inside: number, outside: number, minutes = 30): Played {
  return { [series]: between(10 * minute, (10 + minutes) * minute, inside, outside) };
}

/** Fires at one minute, has not done so before, and is over at the end. */
function once(
  alert: string,
  at: { notYet: number; fires: number; over?: number },
  says: { labels?: string; summary: string },
  others: Record<string, number> = {},
): Pick<Case, 'step' | 'end' | 'expected'> {
  const over = at.over ?? 90;
  return {
    step: 60,
    end: over * minute,
    expected: [
      { at: at.notYet * minute, firing: {} },
      { at: at.fires * minute, firing: { [alert]: 1, ...others }, says: { alert, ...says } },
      { at: over * minute, firing: {} },
    ],
  };
}

function withLabel(label: string, value: string): string {
  return `${labels},${label}="${value}"`;
}

const cases: Case[] = [
  {
    name: 'MosquittoDown',
    trouble: (quiet) => away(quiet, 10 * minute, 15 * minute),
    ...once('MosquittoDown', { notYet: 11, fires: 13, over: 30 }, { summary: 'The broker of prod does not answer' }),
  },
  {
    name: 'MosquittoMetricsMissing',
    trouble: (quiet) => ({ ...exporterAnew(quiet, 10 * minute, 20 * minute), up: between(600, 1_200, 0, 1) }),
    ...once(
      'MosquittoMetricsMissing',
      { notYet: 14, fires: 16, over: 30 },
      {
        labels: 'stack="prod"',
        summary: 'Nothing is known of the broker of prod: its exporter gives no metrics',
      },
    ),
  },
  {
    name: 'MosquittoMetricsMissing',
    trouble: (quiet) => Object.fromEntries(Object.keys(quiet).map((series) => [series, () => undefined])),
    step: 30,
    end: 10 * minute,
    expected: [
      { at: 4 * minute, firing: {} },
      { at: 6 * minute, firing: { MosquittoMetricsMissing: 1 } },
    ],
  },
  {
    name: 'MosquittoListenerDown',
    trouble: gauge('mosquitto_canary_up{listener="wss-9001"}', 0, 1, 10),
    ...once(
      'MosquittoListenerDown',
      { notYet: 11, fires: 13, over: 21 },
      {
        labels: withLabel('listener', 'wss-9001'),
        summary: 'Listener wss-9001 of prod gives no message back',
      },
    ),
  },
  {
    name: 'MosquittoRestarts',
    trouble: { broker_uptime: (seconds) => (seconds < 40 * minute ? seconds % (6 * minute) : seconds) },
    ...once(
      'MosquittoRestarts',
      { notYet: 30, fires: 38, over: 80 },
      { summary: 'The broker of prod started 6 times within an hour' },
    ),
  },
  {
    name: 'MosquittoRefusedLogins',
    trouble: { 'mosquitto_refused_logins_total{reason="not_authorised"}': faster(600, 2_400, 1 / 30) },
    ...once(
      'MosquittoRefusedLogins',
      { notYet: 19, fires: 30, over: 60 },
      {
        labels: 'stack="prod",reason="not_authorised"',
        summary: 'Logins are refused at prod, 4 in two minutes: not_authorised',
      },
    ),
  },
  {
    name: 'MosquittoProtocolErrors',
    trouble: { mosquitto_protocol_errors_total: faster(600, 2_400, 1) },
    ...once(
      'MosquittoProtocolErrors',
      { notYet: 19, fires: 30, over: 60 },
      { summary: 'prod gets what is no MQTT or no TLS: 120 times in two minutes' },
    ),
  },
  {
    name: 'MosquittoContestedClientIds',
    trouble: gauge('mosquitto_contested_client_ids', 2, 0),
    ...once(
      'MosquittoContestedClientIds',
      { notYet: 14, fires: 16, over: 60 },
      { summary: 'Clients of prod push each other out: 2 client ids are used twice' },
    ),
  },
  {
    name: 'MosquittoKeepaliveEvictions',
    trouble: (quiet) => ({
      mosquitto_keepalive_evictions_total: jump(600, 8, quiet.mosquitto_keepalive_evictions_total),
    }),
    ...once(
      'MosquittoKeepaliveEvictions',
      { notYet: 9, fires: 15, over: 60 },
      { summary: '8 clients of prod fell silent within a quarter of an hour' },
    ),
  },
  {
    name: 'MosquittoConnectionsFlapping',
    trouble: { 'mosquitto_disconnections_total{kind="network"}': faster(600, 3_000, 0.1) },
    ...once(
      'MosquittoConnectionsFlapping',
      { notYet: 20, fires: 40 },
      { labels: 'stack="prod"', summary: 'Connections of prod break: 12 within two minutes' },
    ),
  },
  {
    name: 'MosquittoDeviceFlapping',
    trouble: {
      'mosquitto_device_connected{device="pi-3"}': (seconds) =>
        seconds > 600 && seconds < 2_400 && seconds % 120 < 60 ? 0 : 1,
    },
    ...once(
      'MosquittoDeviceFlapping',
      { notYet: 14, fires: 25 },
      { labels: withLabel('device', 'pi-3'), summary: 'Device pi-3 of prod comes and goes: 14 times in half an hour' },
    ),
  },
  {
    name: 'MosquittoHighMessageRate',
    trouble: { broker_load_messages_received_5min: between(30 * minute, 50 * minute, 30_000, 600) },
    ...once(
      'MosquittoHighMessageRate',
      { notYet: 39, fires: 42 },
      { summary: 'prod receives 500 messages a second, three times its average and more' },
    ),
  },
  {
    name: 'MosquittoHighByteRate',
    trouble: { broker_load_bytes_received_5min: between(30 * minute, 50 * minute, 300_000_000, 1_200_000) },
    ...once(
      'MosquittoHighByteRate',
      { notYet: 39, fires: 42 },
      { summary: 'prod receives 5MB a second, three times its average and more' },
    ),
  },
  {
    name: 'MosquittoMessagesDropped',
    trouble: { broker_publish_messages_dropped: jump(600, 3) },
    ...once(
      'MosquittoMessagesDropped',
      { notYet: 9, fires: 16, over: 30 },
      { summary: 'prod dropped 3 messages within a quarter of an hour' },
    ),
  },
  {
    name: 'MosquittoQueuesFilling',
    trouble: gauge('broker_store_messages_count', 45_000, 60),
    ...once(
      'MosquittoQueuesFilling',
      { notYet: 19, fires: 21, over: 50 },
      { summary: '44950 messages wait at prod for clients that are away or slow' },
    ),
  },
  {
    name: 'MosquittoSlowClients',
    trouble: gauge('broker_packet_out_count', 5_000, 0),
    ...once(
      'MosquittoSlowClients',
      { notYet: 19, fires: 21, over: 50 },
      { summary: '5000 packets of prod wait for connected clients that take none' },
    ),
  },
  {
    name: 'MosquittoMemoryNearLimit',
    trouble: gauge('broker_heap_current', 0.85 * 512 * 2 ** 20, 30_000_000),
    ...once(
      'MosquittoMemoryNearLimit',
      { notYet: 14, fires: 16, over: 50 },
      { summary: 'The broker of prod uses 85% of the memory that it may use' },
    ),
  },
  {
    name: 'MosquittoMemoryAtLimit',
    trouble: gauge('broker_heap_current', 0.97 * 512 * 2 ** 20, 30_000_000),
    ...once(
      'MosquittoMemoryAtLimit',
      { notYet: 11, fires: 16, over: 50 },
      { summary: 'The broker of prod uses 97% of the memory that it may use' },
      { MosquittoMemoryNearLimit: 1 },
    ),
  },
  {
    name: 'MosquittoConnectionsNearLimit',
    trouble: gauge('broker_clients_connected', 9_000, 10),
    ...once(
      'MosquittoConnectionsNearLimit',
      { notYet: 14, fires: 16, over: 50 },
      { summary: '90% of the connections that prod allows are taken' },
    ),
  },
  {
    name: 'MosquittoDiskFilling',
    trouble: gauge('mosquitto_database_free_bytes', 3 * gibibyte, 20 * gibibyte, 60),
    ...once(
      'MosquittoDiskFilling',
      { notYet: 39, fires: 41 },
      { summary: 'The disk with the messages of prod fills: 10% is free' },
    ),
  },
  {
    name: 'MosquittoDiskFilling',
    // A gibibyte an hour, from two thirds on.
    trouble: { mosquitto_database_free_bytes: (seconds) => Math.max(9, 20 - seconds / hour) * gibibyte },
    step: 5 * minute,
    end: 20 * hour,
    expected: [
      { at: 7 * hour, firing: {} },
      { at: 10 * hour, firing: { MosquittoDiskFilling: 1 } },
      { at: 20 * hour, firing: {} },
    ],
  },
  {
    name: 'MosquittoDiskFull',
    trouble: gauge('mosquitto_database_free_bytes', 0.6 * gibibyte, 20 * gibibyte, 20),
    ...once(
      'MosquittoDiskFull',
      { notYet: 14, fires: 16, over: 50 },
      { summary: 'The disk with the messages of prod is nearly full: 2% is free' },
    ),
  },
  {
    name: 'MosquittoDevicesSilent',
    // Not said at every scrape: whoever comes or goes is known to the broker and the exporter at different moments.
    trouble: {
      'mosquitto_devices_silent{role="sensor"}': (seconds) =>
        seconds % 120 === 0 ? between(10 * minute, 40 * minute, 2, 0)(seconds) : undefined,
    },
    ...once(
      'MosquittoDevicesSilent',
      { notYet: 14, fires: 16, over: 50 },
      {
        labels: withLabel('role', 'sensor'),
        summary: '2 devices of prod are away for longer than their role sensor allows',
      },
    ),
  },
  {
    name: 'MosquittoFleetGone',
    trouble: gauge('mosquitto_devices_connected', 3, devices.length),
    ...once(
      'MosquittoFleetGone',
      { notYet: 14, fires: 16, over: 50 },
      { summary: 'More than half of the fleet of prod is gone: 3 devices are connected' },
    ),
  },
  {
    name: 'MosquittoCertificateEnds',
    trouble: gauge('mosquitto_certificate_remaining_days{listener="mqtts-8883"}', 14, 200, 65),
    ...once(
      'MosquittoCertificateEnds',
      { notYet: 69, fires: 71 },
      {
        labels: withLabel('listener', 'mqtts-8883'),
        summary: 'The certificate of mqtts-8883 at prod ends in 14 days',
      },
    ),
  },
  {
    name: 'MosquittoCertificateEndsSoon',
    trouble: gauge('mosquitto_certificate_remaining_days{listener="mqtts-8883"}', -1.5, 200),
    ...once(
      'MosquittoCertificateEndsSoon',
      { notYet: 19, fires: 21, over: 50 },
      {
        labels: withLabel('listener', 'mqtts-8883'),
        summary: 'The certificate of mqtts-8883 at prod ends in -1.5 days',
      },
    ),
  },
  {
    name: 'MosquittoCertificateDiffers',
    trouble: gauge('mosquitto_certificate_matches{listener="mqtts-8884"}', 0, 1),
    ...once(
      'MosquittoCertificateDiffers',
      { notYet: 29, fires: 31, over: 50 },
      {
        labels: withLabel('listener', 'mqtts-8884'),
        summary: 'Listener mqtts-8884 of prod serves another certificate than the deployed one',
      },
    ),
  },
  {
    name: 'MosquittoProofFailed',
    trouble: gauge('mosquitto_proof_failed_checks', 3, 0),
    ...once(
      'MosquittoProofFailed',
      { notYet: 19, fires: 21, over: 50 },
      { summary: '3 checks of the last proof of prod did not hold' },
    ),
  },
  {
    name: 'MosquittoProofOld',
    trouble: { mosquitto_proof_timestamp_seconds: (seconds) => (seconds < 28 * hour ? 0 : 28 * hour) },
    step: 5 * minute,
    end: 29 * hour,
    expected: [
      { at: 25 * hour, firing: {} },
      {
        at: 27 * hour,
        firing: { MosquittoProofOld: 1 },
        says: { alert: 'MosquittoProofOld', summary: 'prod was proved last 1d 3h 0m 0s ago' },
      },
      { at: 29 * hour, firing: {} },
    ],
  },
];

describe('for what it is about, and for nothing else, fires', () => {
  test.each(cases)('$name', async ({ trouble, expected, ...rest }) => {
    const quiet = quietBroker();
    const played = { ...quiet, ...(typeof trouble === 'function' ? trouble(quiet) : trouble) };
    await play({ ...rest, played }, expected);
  });

  test('every alert', () => {
    expect([...new Set(cases.map(({ name }) => name))].sort()).toEqual(
      alerts(watched)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('is taken', () => {
  test('by Prometheus, beside the broker and elsewhere', async () => {
    const configuration = join(folder, prometheusFiles.configuration);
    writeFileSync(configuration, prometheusConfiguration(watched));
    await run(tools.promtool, ['check', 'config', configuration]);
    writeFileSync(join(folder, 'scrape.yml'), scrapeConfiguration(watched));
    const other = join(folder, 'other.yml');
    writeFileSync(other, stringify({ scrape_config_files: ['scrape.yml'], rule_files: [prometheusFiles.rules] }));
    await run(tools.promtool, ['check', 'config', other]);
  });

  test('by Alertmanager, with every way to be told and none', async () => {
    const file = join(folder, alertmanagerFile);
    const email = { to: ['a@example.org', 'b@example.org'], from: 'c@example.org', smarthost: 'mail:25', username: '' };
    for (const settings of [
      undefined,
      { email: null, webhook: false },
      { email, webhook: false },
      { email: null, webhook: true },
    ]) {
      writeFileSync(file, alertmanagerConfiguration(watched, settings));
      await run(tools.amtool, ['check-config', file]);
    }
  });
});
