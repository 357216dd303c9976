import { DayHistory } from '../../exporter/history';

const step = 120_000;
const start = Date.parse('2026-01-01T00:00:00Z');

function sample(received: number | null, connected: number | null = 1) {
  const counters = {
    messagesReceived: received,
    messagesSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    refusedLogins: 0,
    dropped: 0,
  };
  return { connected, roundTripMilliseconds: 2, counters };
}

test('holds one value a step, and of counters how fast they rise', () => {
  const history = new DayHistory();
  history.add(start, sample(0));
  history.add(start + 10_000, sample(5));
  history.add(start + step, sample(240, 7));
  history.add(start + 2 * step, sample(240));
  const { series, start: first, stepSeconds } = history.told;
  expect(series.messagesReceived).toEqual([null, 2, 0]);
  expect(series.connected).toEqual([1, 7, 1]);
  expect([first, stepSeconds]).toEqual(['2026-01-01T00:00:00.000Z', 120]);
});

test('takes a counter that has gone back for one of a broker that has started anew', () => {
  const history = new DayHistory();
  history.add(start, sample(1_000));
  history.add(start + step, sample(120));
  expect(history.told.series.messagesReceived).toEqual([null, 1]);
});

test('knows nothing of steps in which nobody looked, and of a broker that did not answer', () => {
  const history = new DayHistory();
  history.add(start, sample(0));
  history.add(start + 3 * step, sample(120, null));
  history.add(start + 4 * step, sample(null));
  history.add(start + 5 * step, sample(120));
  expect(history.told.series.messagesReceived).toEqual([null, null, null, null, null, null]);
  expect(history.told.series.connected).toEqual([1, null, null, null, 1, 1]);
});

test('ends with a day', () => {
  const history = new DayHistory();
  for (let index = 0; index < 800; index += 1) history.add(start + index * step, sample(index));
  const { series, start: first } = history.told;
  expect(series.connected).toHaveLength(720);
  expect(Date.parse(first)).toBe(start + 80 * step);
});

test('goes on where another run has ended, and leaves out what is no day of this form', () => {
  const before = new DayHistory();
  before.add(start, sample(0));
  before.add(start + step, sample(10));
  const after = new DayHistory();
  after.restore({ ...before.told, stepSeconds: 60 });
  expect(after.told.series.connected).toEqual([]);
  after.restore(before.told);
  after.add(start + 2 * step, sample(500));
  expect(after.told.series.connected).toEqual([1, 1, 1]);
  expect(after.told.series.messagesReceived.at(-1)).toBeNull();
});
