/** The devices, and who is refused. */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Series } from '../alerts/alert';
import { bad, bands, good, lines, numbers, rows, warning } from './panel';
import { units } from './unit';

/** Rows by their titles. */
export function fleet(series: Series): Record<string, Array<Builder<Panel>>> {
  return {
    Now: now(series),
    'Over time': overTime(series),
    Logins: logins(series),
    'Devices, where the fleet is small': devices(series),
  };
}

function now(series: Series): Array<Builder<Panel>> {
  return [
    numbers({
      title: 'Declared',
      description: 'Devices of the deployed list.',
      width: 5,
      unit: units.count,
      queries: [{ expression: series('mosquitto_devices_declared') }],
    }),
    numbers({
      title: 'Connected',
      description: 'Of these, those that are connected.',
      width: 5,
      unit: units.count,
      queries: [{ expression: series('mosquitto_devices_connected') }],
    }),
    numbers({
      title: 'Share',
      description: 'Of the devices, the part that is connected.',
      width: 4,
      unit: units.share,
      queries: [{ expression: `${series('mosquitto_devices_connected')} / ${series('mosquitto_devices_declared')}` }],
      steps: {
        from: bad,
        at: [
          [0.5, warning],
          [0.9, good],
        ],
      },
      decimals: 0,
    }),
    numbers({
      title: 'Silent',
      description: 'Devices that are away for longer than their role allows.',
      width: 5,
      unit: units.count,
      queries: [{ expression: `sum(${series('mosquitto_devices_silent')})` }],
      steps: { from: good, at: [[1, warning]] },
    }),
    numbers({
      title: 'Contested client ids',
      description: 'Client ids that two clients take from each other.',
      width: 5,
      unit: units.count,
      queries: [{ expression: series('mosquitto_contested_client_ids') }],
      steps: { from: good, at: [[1, bad]] },
    }),
  ];
}

function overTime(series: Series): Array<Builder<Panel>> {
  return [
    lines({
      title: 'Devices',
      description: 'Declared and connected.',
      width: 12,
      unit: units.count,
      queries: [
        { expression: series('mosquitto_devices_declared'), legend: 'declared' },
        { expression: series('mosquitto_devices_connected'), legend: 'connected' },
      ],
    }),
    lines({
      title: 'Silent devices',
      description: 'Away for longer than their role allows, by role.',
      width: 12,
      unit: units.count,
      stacked: true,
      queries: [{ expression: series('mosquitto_devices_silent'), legend: '{{role}}' }],
    }),
  ];
}

function logins(series: Series): Array<Builder<Panel>> {
  const lately = (metric: string) => `increase(${series(metric)}[$__rate_interval])`;
  return [
    lines({
      title: 'Refused logins',
      description: 'By reason, within each step.',
      width: 12,
      unit: units.count,
      stacked: true,
      queries: [{ expression: lately('mosquitto_refused_logins_total'), legend: '{{reason}}' }],
    }),
    lines({
      title: 'Odd connections',
      description:
        'Take-overs of a client id, clients that fell silent, and packets that broke the protocol, within each step.',
      width: 12,
      unit: units.count,
      queries: [
        { expression: lately('mosquitto_takeovers_total'), legend: 'take-overs' },
        { expression: lately('mosquitto_keepalive_evictions_total'), legend: 'fell silent' },
        { expression: lately('mosquitto_protocol_errors_total'), legend: 'broke the protocol' },
      ],
    }),
  ];
}

function devices(series: Series): Array<Builder<Panel>> {
  const words = { one: 'connected', zero: 'away' };
  return [
    bands({
      title: 'Connected when',
      description: 'Each device over time; of large fleets there are no metrics of each.',
      width: 14,
      query: { expression: series('mosquitto_device_connected'), legend: '{{device}}' },
      words,
    }),
    rows({
      title: 'Devices now',
      description: 'Each device, and when it was connected last.',
      width: 10,
      label: 'device',
      columns: [
        { head: 'now', unit: units.count, expression: series('mosquitto_device_connected'), words },
        {
          head: 'seen last',
          unit: units.moment,
          expression: `1000 * ${series('mosquitto_device_last_seen_timestamp_seconds')}`,
        },
      ],
    }),
  ];
}
