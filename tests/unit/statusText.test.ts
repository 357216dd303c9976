/** Proves what `npm run status` writes, for people and line by line, and that nothing of it moves a terminal. */

import { isCritical, sparkline, statusLine, statusText } from '../../commands/statusText';
import { follow, type Screen } from '../../commands/statusWatch';
import type { Facts } from '../../watching/findings';
import { flat, history, now, soundFacts, statusOf } from './statuses';

const { broker, fleet } = soundFacts();
const down = statusOf({
  broker: { ...broker, up: false, reason: 'nothing listens there', version: null, since: null },
});
const worst = statusOf({
  contested: ['pi-\u202e1'],
  fleet: { ...fleet, silent: 1, devices: fleet.devices.map((each) => ({ ...each, silent: each.id === 'pi-003' })) },
  proof: { time: now, checks: 84, failed: ['a', 'b'] },
});

test('all that is known of a sound broker', () => {
  expect(
    statusText(statusOf()),
  ).toBe(`● mosquitto-prod (stack prod) is up, Mosquitto 2.1.2, since 2026-02-20T08:00:00.000Z; nothing needs a hand

clients   6 of 1000 (1 %)
memory    20.0 MiB of 256 MiB (8 %)
disk      37.3 GiB of 93.1 GiB (40 %)
database  303 KiB
proof     2026-03-04T03:00:00.000Z, 84 checks hold
deployed  2026-02-20T08:00:00.000Z, 4f2a9c01d3
counted   2 refused logins, 0 take-overs, 0 protocol errors, 1 fell silent, 0 dropped

The last day, from left to right
                                                                  now        most
connected       ████████████████████████████████████████████████  6          6
messages in     ████████████████████████████████████████████████  12/s       12/s
messages out    ████████████████████████████████████████████████  20/s       20/s
bytes in        ████████████████████████████████████████████████  2.40 kB/s  2.40 kB/s
bytes out       ████████████████████████████████████████████████  5.10 kB/s  5.10 kB/s
round trip      ████████████████████████████████████████████████  1.40 ms    1.40 ms
refused logins  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0          0
dropped         ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0          0

listener    port  state    round trip  certificate
mqtt-1883   1883  answers  1.10 ms     none
mqtts-8883  8883  answers  4.20 ms     271 days left

Devices: 5 of 5 connected, 0 silent
device  state      since                     address     role
pi-001  connected  2026-03-04T06:30:00.000Z  192.0.2.17  device
pi-002  connected  2026-03-04T06:30:00.000Z  192.0.2.17  device
pi-003  connected  2026-03-04T06:30:00.000Z  192.0.2.17  device
pi-004  connected  2026-03-04T06:30:00.000Z  192.0.2.17  device
pi-005  connected  2026-03-04T06:30:00.000Z  192.0.2.17  device

Accounts that are connected: aisa_server 1`);
});

test('what needs a hand comes first, with the command to run', () => {
  const lines = statusText(worst).split('\n');
  expect(lines[0]).toMatch(/is up, .*; 1 critical, 2 warnings$/);
  expect(lines[2]).toBe('✗ 2 of 84 checks failed in the last proof: a, b.');
  expect(lines[3]).toBe('    $ npm run verify -- prod');
  expect(lines[6]).toContain('"pi-\\u202e1"');
  expect(lines.find((line) => line.startsWith('pi-'))).toMatch(/^pi-003\s+silent/);
});

test('a broker that is down, and why', () => {
  expect(statusText(down).split('\n')[0]).toBe('✗ mosquitto-prod (stack prod) is down: nothing listens there');
  expect(statusLine(down)).toBe(`${now} mosquitto-prod is down: nothing listens there`);
});

test('one line for whoever follows it', () => {
  expect(statusLine(statusOf())).toBe(
    `${now} up; 6 of 1000 clients; 5 of 5 devices, 0 silent; in 12/s, out 20/s; nothing needs a hand`,
  );
});

test('critical is a broker that is down, and what the exporter calls so', () => {
  expect([statusOf(), worst, down, statusOf({ contested: ['a'] })].map(isCritical)).toEqual([false, true, true, false]);
});

test('what is not known is said, and breaks nothing', () => {
  const text = statusText(
    statusOf({
      broker: { ...broker, version: null, since: null },
      listeners: [],
      clients: { connected: null, limit: 0 },
      fleet: { declared: 0, connected: null, silent: null, devices: [] },
      accounts: [],
      memory: { bytes: null, limitBytes: 1 },
      disk: { databaseBytes: null, freeBytes: null, diskBytes: null },
      proof: null,
      history: history({ connected: [], dropped: flat(null) }),
    }),
  );
  expect(text).toContain('clients   unknown');
  expect(text).toContain('proof     never');
  expect(text).not.toMatch(/NaN|Infinity|null|undefined/);
});

test('a younger exporter knows the end of the day alone', () => {
  const line = statusText(statusOf({ history: history({ connected: [3, 6] }) }))
    .split('\n')
    .find((each) => each.startsWith('connected'));
  expect(line).toMatch(/^connected {8,}█ {2}6/);
});

test.each<[Array<number | null>, string]>([
  [[0, 0, 0, 0], '▁▁▁▁'],
  [[0, 1, 100, 50], '▁▂█▅'],
  [[null, 1, null, 1], ' █ █'],
  [[5], '████'],
  [[], '    '],
  [[1, 9, 9, 1, 1, 1, null, null], '██▂ '],
])('sparks of %j', (values, expected) => {
  expect(sparkline(values, 4)).toBe(expected);
});

test('no line is longer than the terminal, with colours and without', () => {
  const hostile = statusOf({
    accounts: [{ username: `${'a\u001b[2J'.repeat(500)}`, connections: 1 }],
    broker: { ...broker, version: '\u001b]0;title\u0007' },
  } as Partial<Facts>);
  const plain = statusText(hostile, { width: 40 });
  expect(Math.max(...plain.split('\n').map((line) => Array.from(line).length))).toBe(40);
  expect(plain).not.toContain('\u001b');
  const coloured = statusText(hostile, { width: 40, colour: true });
  const codes = coloured.split('\u001b').slice(1);
  expect(codes.every((part) => /^\[(0|1|2|31|32|33)m/.test(part))).toBe(true);
  expect(coloured.replaceAll(/\p{Cc}\[\d+m/gu, '')).toBe(plain);
});

/** What is written until as many answers were asked for. */
async function followed(answers: Array<ReturnType<typeof statusOf> | Error>, screen: Partial<Screen>, json = false) {
  const ending = new AbortController();
  const written: string[] = [];
  const left = [...answers];
  const ask = async () => {
    const next = left.shift();
    if (next === undefined) {
      ending.abort();
      throw new Error('nobody asks any more');
    }
    if (next instanceof Error) throw next;
    return next;
  };
  const stream = { ...screen, write: (text: string) => written.push(text) };
  const code = await follow(ask, { json, screen: stream, ending: ending.signal, pauseMilliseconds: 0 });
  return { code, written };
}

describe('a status that is followed', () => {
  let said: jest.SpyInstance;
  beforeEach(() => {
    said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    said.mockRestore();
  });

  test('is one line each where lines cannot be drawn over', async () => {
    const { code, written } = await followed([statusOf(), new Error('gone; run: npm run up'), down], {});
    expect(written).toEqual([`${statusLine(statusOf())}\n`, `${statusLine(down)}\n`]);
    expect(said.mock.calls).toEqual([['gone; run: npm run up\n']]);
    expect(code).toBe(0);
  });

  test('is JSON, one a line', async () => {
    const { written } = await followed([statusOf(), down], { isTTY: true }, true);
    expect(written.map((line) => JSON.parse(line))).toEqual([statusOf(), down]);
  });

  test('leaves the terminal as it was', async () => {
    const { written } = await followed([statusOf(), new Error('gone')], { isTTY: true, columns: 60, rows: 10 });
    expect(written[0]).toBe('\u001b[?1049h\u001b[?25l');
    expect(written.at(-1)).toBe('\u001b[?25h\u001b[?1049l');
    const [, first = '', second = ''] = written;
    const unsized = await followed([statusOf()], { isTTY: true, columns: 0, rows: 0 });
    expect(unsized.written[1]).toContain('Mosquitto 2.1.2');
    expect(first.split('\r\n')).toHaveLength(10);
    expect(first).toContain('more lines');
    expect(second).toContain('gone');
    expect(second).toContain(`What was so at ${now}:`);
  });
});
