/** Proves which values of a broker need a hand, from where on, in which order, and with which command. */

import { type Facts, findingsOf, mostNamed } from '../../watching/findings';
import { findingKinds } from '../../watching/status';
import { flat, history, now, soundFacts, stepSeconds } from './statuses';

function kinds(changed: Partial<Facts>): string[] {
  return findingsOf(soundFacts(changed)).map(({ kind, weight }) => `${weight} ${kind}`);
}

const { broker, listeners, fleet, disk, memory } = soundFacts();
const [plain, tls] = listeners as [Facts['listeners'][number], Facts['listeners'][number]];

function ending(remainingDays: number, matches = true): Partial<Facts> {
  return { listeners: [plain, { ...tls, certificate: { notAfter: now, remainingDays, matches } }] };
}

/** A day with these values at its end. */
function lately(value: number, ...last: number[]): number[] {
  return [...(flat(value).slice(last.length) as number[]), ...last];
}

const down: Partial<Facts> = { broker: { ...broker, up: false, reason: 'nothing listens there' } };
const hours = (count: number) => new Date(Date.parse(now) - count * 3_600_000).toISOString();

test('a sound broker needs no hand', () => {
  expect(findingsOf(soundFacts())).toEqual([]);
});

test.each<[string, Partial<Facts>, string[]]>([
  ['no broker', down, ['critical broker-down']],
  ['a listener', { listeners: [plain, { ...tls, up: false, reason: 'timeout' }] }, ['critical listener-down']],
  ['no listener of a broker that is down', { ...down, listeners: [{ ...tls, up: false }] }, ['critical broker-down']],
  ['three weeks', ending(21), []],
  ['less than three weeks', ending(20.9), ['warning certificate-ends']],
  ['less than a week', ending(6.9), ['critical certificate-ends']],
  ['a certificate of two days', { ...ending(0.5), earlyRenewalDays: 0.66 }, []],
  ['another certificate', ending(90, false), ['critical certificate-differs']],
  ['silent devices', { fleet: { ...fleet, silent: 2 } }, ['warning devices-silent']],
  [
    'more than half gone',
    { clients: { connected: 4, limit: 9 }, history: history({ connected: lately(9, 4) }) },
    ['critical fleet-gone'],
  ],
  ['just half gone', { clients: { connected: 5, limit: 9 }, history: history({ connected: flat(10) }) }, []],
  ['three of three gone', { clients: { connected: 0, limit: 9 }, history: history({ connected: flat(3) }) }, []],
  [
    'an hour ago',
    { clients: { connected: 4, limit: 9 }, history: history({ connected: lately(9, ...Array(12).fill(4)) }) },
    [],
  ],
  ['two with one id', { contested: ['pi-001'] }, ['warning contested-client-id']],
  [
    'a dropped message',
    { history: history({ dropped: lately(0, 1 / stepSeconds, 0, 0) }) },
    ['warning messages-dropped'],
  ],
  ['one of earlier', { history: history({ dropped: lately(0, 1 / stepSeconds, 0, 0, 0) }) }, []],
  ['nine refusals', { history: history({ refusedLogins: lately(0, 9 / stepSeconds) }) }, []],
  ['ten refusals', { history: history({ refusedLogins: lately(0, 10 / stepSeconds) }) }, ['warning refused-logins']],
  ['a queue that fills', { queue: { messages: 800, limit: 1000 } }, ['warning queue-filling']],
  ['a queue without a limit', { queue: { messages: 800, limit: 0 } }, []],
  ['a disk that fills', { disk: { ...disk, freeBytes: 14e9 } }, ['warning disk-filling']],
  ['a full disk', { disk: { ...disk, freeBytes: 4e9 } }, ['critical disk-filling']],
  ['memory', { memory: { ...memory, bytes: memory.limitBytes * 0.8 } }, ['warning memory-near-limit']],
  ['all memory', { memory: { ...memory, bytes: memory.limitBytes * 0.95 } }, ['critical memory-near-limit']],
  ['a check that failed', { proof: { time: now, checks: 3, failed: ['a'] } }, ['critical proof-failed']],
  ['an old proof', { proof: { time: hours(27), checks: 3, failed: [] } }, ['warning proof-old']],
  ['a proof of yesterday', { proof: { time: hours(25), checks: 3, failed: [] } }, []],
  ['no proof', { proof: null }, ['warning proof-old']],
  [
    'nothing known',
    {
      clients: { connected: null, limit: 9 },
      fleet: { ...fleet, connected: null, silent: null },
      memory: { ...memory, bytes: null },
      disk: { databaseBytes: null, freeBytes: null, diskBytes: null },
      queue: { messages: null, limit: 9 },
      history: history({ connected: flat(null), dropped: flat(null), refusedLogins: [] }),
    },
    [],
  ],
])('%s', (_, changed, expected) => {
  expect(kinds(changed)).toEqual(expected);
});

/** Everything at once, as far as it goes together. */
const worst: Partial<Facts> = {
  listeners: [
    { ...plain, up: false, reason: 'timeout' },
    { ...tls, certificate: { notAfter: now, remainingDays: 3, matches: false } },
  ],
  clients: { connected: 0, limit: 9 },
  fleet: { ...fleet, silent: 5, devices: fleet.devices.map((device) => ({ ...device, silent: true })) },
  contested: ['pi-001'],
  history: history({ dropped: flat(1), refusedLogins: flat(1) }),
  queue: { messages: 1000, limit: 1000 },
  disk: { ...disk, freeBytes: 14e9 },
  memory: { ...memory, bytes: memory.limitBytes },
  proof: { time: hours(100), checks: 3, failed: ['a'] },
};

test('the gravest come first, and every kind can be found', () => {
  const found = kinds(worst);
  expect(found.map((each) => each.split(' ')[0])).toEqual([...Array(6).fill('critical'), ...Array(7).fill('warning')]);
  const all = [...found, ...kinds(down)].map((each) => each.split(' ')[1]);
  expect(new Set(all)).toEqual(new Set(findingKinds));
});

test('each says one sentence, and which command comes next', () => {
  for (const { says, run } of [...findingsOf(soundFacts(worst)), ...findingsOf(soundFacts(down))]) {
    expect(says).toMatch(/^\S.*[^.]\.$/);
    expect(run).toMatch(/^npm run (doctor|verify|up|devices) -- prod$/);
  }
});

test('few are named, and all are counted', () => {
  const ids = Array.from({ length: 400 }, (_, index) => `pi-${index}`);
  const devices = ids
    .slice(0, 200)
    .map((id) => ({ ...fleet.devices[0], id, silent: true })) as Facts['fleet']['devices'];
  const [found] = findingsOf(soundFacts({ fleet: { ...fleet, declared: 500, silent: 400, devices } }));
  expect(found?.count).toBe(400);
  expect(found?.of).toEqual(ids.slice(0, mostNamed));
  expect(found?.says).toBe('400 devices are away for longer than the role allows: pi-0, pi-1, pi-2 and 397 more.');
});

test('a client id is shown as what it is, and not for what it may do', () => {
  const [found] = findingsOf(soundFacts({ contested: ['a\u202eb\u001b[31m', 'x'.repeat(70_000)] }));
  expect(found?.of[0]).toBe('a\u202eb\u001b[31m');
  expect(found?.says).toContain('"a\\u202eb\\u001b[31m"');
  expect(found?.says.length).toBeLessThan(250);
});
