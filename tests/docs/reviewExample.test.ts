/** The example on the page of reviews is what the program says of these two stack files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownOf } from '../../review/markdown';
import type { Config } from '../unit/rawConfig';
import { lasting, reviewFrom } from '../unit/reviews';

const listeners = (firewall: string[]) => [
  { port: 1883, bindAddress: '127.0.0.1' },
  { port: 8883, bindAddress: '0.0.0.0', tls: true, firewall },
  { port: 8884, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
];
const rpi = (...topics: string[]) => ({ username: 'aisa_rpi', topics: ['read device/control', ...topics] });
const before: Config = {
  listeners: listeners(['10.0.0.0/8']),
  dnsNames: ['mqtt.example.org'],
  accounts: [{ username: 'aisa_server', topics: ['readwrite #'] }, rpi('write device/+/data')],
  devices: ['pi-001', 'pi-002', 'pi-003', 'pi-004', 'pi-005', 'pi-006'],
  review: { failOn: ['access-widened'] },
};
const after: Config = {
  ...before,
  listeners: listeners(['10.0.0.0/8', '203.0.113.0/24']),
  accounts: [{ username: 'aisa_server', topics: ['readwrite #'] }, rpi('write device/#')],
  devices: ['pi-001', 'pi-002', 'pi-003', 'pi-004', 'pi-005', 'pi-007', 'pi-008'],
};

test.each(['docs/review.md', 'docs/review.zh-CN.md'])('the example of %s', (page) => {
  const review = reviewFrom(before, after, {
    terms: { ...lasting('ca-1', 3_000), ...lasting('server', 240, 'update') },
    engine: [
      {
        operation: 'update',
        type: 'command:local:Command',
        name: 'mqtt-configuration-delivery',
        properties: ['stdin'],
        protected: false,
      },
      {
        operation: 'update',
        type: 'command:local:Command',
        name: 'mqtt-firewall-table',
        properties: ['stdin'],
        protected: false,
      },
    ],
    unknown: ['what others have changed on the machine of the broker'],
  });
  const [, example] = readFileSync(join(__dirname, '../..', page), 'utf8').match(/^~~~markdown\n(.*?)^~~~$/ms) ?? [];
  expect(example).toBe(markdownOf(review));
});
