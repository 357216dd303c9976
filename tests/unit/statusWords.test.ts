/** Proves that the page says in both languages what was found, with its names and numbers, and in the reader's own way. */

import { bytes, duration, moment, percent, traffic, zone } from '../../exporter/page/format';
import { languages, preferred, words } from '../../exporter/page/words';
import { findingsOf } from '../../watching/findings';
import { shown } from '../../watching/shown';
import { findingKinds, type Status } from '../../watching/status';
import { flat, history, now, soundFacts } from './statuses';

const { listeners, fleet, disk, memory, broker } = soundFacts();
const [plain, tls] = listeners as [Status['listeners'][number], Status['listeners'][number]];

const worst = soundFacts({
  listeners: [
    { ...plain, up: false, reason: 'timeout of 5 s' },
    { ...tls, certificate: { notAfter: now, remainingDays: 3, matches: false } },
  ],
  clients: { connected: 0, limit: 9 },
  fleet: { ...fleet, silent: 17, devices: fleet.devices.map((device) => ({ ...device, silent: true })) },
  contested: ['pi-001'],
  history: history({ dropped: flat(1), refusedLogins: flat(1), connected: flat(29) }),
  queue: { messages: 999, limit: 1000 },
  disk: { ...disk, freeBytes: 4e9 },
  memory: { ...memory, bytes: memory.limitBytes },
  proof: { time: '2026-03-01T12:00:00.000Z', checks: 31, failed: ['a check'] },
});
const down = soundFacts({ broker: { ...broker, up: false, reason: 'nothing listens there.' } });
const found = [worst, down].flatMap((facts) =>
  findingsOf(facts).map((finding) => ({ finding, status: { ...facts, findings: [] } })),
);

/** What has to be in the sentence, in whatever language. */
const told: Record<(typeof findingKinds)[number], string[]> = {
  'broker-down': ['mosquitto-prod', 'nothing listens there'],
  'listener-down': ['mqtt-1883', 'timeout of 5 s'],
  'certificate-ends': ['mqtts-8883', '3'],
  'certificate-differs': ['mqtts-8883'],
  'devices-silent': ['17', 'pi-001'],
  'fleet-gone': ['29'],
  'contested-client-id': ['pi-001'],
  'messages-dropped': ['900'],
  'refused-logins': ['900'],
  'queue-filling': ['999'],
  'disk-filling': ['4'],
  'memory-near-limit': ['100'],
  'proof-failed': ['31', '1', 'a check'],
  'proof-old': ['72'],
};

test.each(languages)('in %s each finding is a sentence with its names and numbers', (language) => {
  const { says } = words[language];
  const sentences = found.map(({ finding, status }) => {
    const named = finding.of.join(words[language].separator);
    return [finding.kind, says[finding.kind](finding, named, status)] as const;
  });
  expect(new Set(sentences.map(([kind]) => kind))).toEqual(new Set(findingKinds));
  for (const [kind, sentence] of sentences) {
    for (const part of told[kind]) expect(sentence).toContain(part);
    expect(sentence).toMatch(language === 'en' ? /[^.]\.$/ : /[^。.]。$/);
    expect(sentence).not.toMatch(/NaN|Infinity|null|undefined|\?/);
  }
});

test('Chinese is written with its own marks', () => {
  const all = JSON.stringify(words.zh, (_, value) => (typeof value === 'function' ? String(value) : value));
  expect(all.match(/[\u4e00-\u9fff][,:;!?.][\u4e00-\u9fff]/g)).toBeNull();
});

test('a reader gets a language of the browser, or English', () => {
  expect(preferred(['zh-TW', 'en'])).toBe('zh');
  expect(preferred(['de', 'zh-CN'])).toBe('zh');
  expect(preferred(['en-GB', 'zh'])).toBe('en');
  expect(preferred(['de'])).toBe('en');
  expect(preferred([])).toBe('en');
});

test('numbers have the units that help', () => {
  expect([0, 1_023, 1_536, 268_435_456, 1e13].map((value) => bytes('en', value))).toEqual([
    '0 B',
    '1,023 B',
    '1.5 KiB',
    '256 MiB',
    '9.09 TiB',
  ]);
  expect([0, 0.25, 999, 1_000, 2_345_678].map((value) => traffic('en', value))).toEqual([
    '0 B',
    '0.25 B',
    '999 B',
    '1 kB',
    '2.35 MB',
  ]);
  expect([0, 0.006, 0.5, 1].map((share) => percent('en', share))).toEqual(['0%', '0.6%', '50%', '100%']);
  expect([-3, 0, 59, 60, 7_200, 200_000].map((seconds) => duration('en', seconds))).toEqual([
    '0 seconds',
    '0 seconds',
    '59 seconds',
    '1 minute',
    '2 hours',
    '2 days',
  ]);
});

test('a time is as short as it can be', () => {
  const here = new Date(2026, 2, 4, 15, 0);
  expect(moment('en', new Date(2026, 2, 4, 9, 5).toISOString(), here)).toBe('09:05');
  expect(moment('en', new Date(2026, 1, 28, 9, 5).toISOString(), here)).toBe('Feb 28, 09:05');
  expect(moment('zh', new Date(2025, 11, 31, 9, 5).toISOString(), here)).toBe('2025年12月31日 09:05');
  expect(moment('en', '\u202eno time', here)).toBe('\\u202eno time');
  expect(zone('en')).toContain(Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test('a name is shown as what it is', () => {
  expect(shown('pi-001')).toBe('pi-001');
  expect(shown('a\u202eb\n\u001b[31m\u200b')).toBe('a\\u202eb\\n\\u001b[31m\\u200b');
  expect(shown('温室')).toBe('温室');
  expect(shown('x'.repeat(70_000))).toBe(`${'x'.repeat(96)}…`);
});
