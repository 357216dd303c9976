import { companionDrift } from '../../change/companions';

const deployed = [{ name: 'broker-exporter', id: 'one' }];

test('a container beside the broker that runs is no drift', () => {
  expect(companionDrift({ 'broker-exporter': { id: 'one', state: 'running' } }, deployed)).toMatchObject({
    words: [],
    refresh: false,
    wake: [],
  });
});

test.each([
  ['gone', undefined],
  ['another one of the name', { id: 'two', state: 'running' as const }],
])('one that is %s is made again, and the broker is left alone', (_, seen) => {
  const drift = companionDrift({ 'broker-exporter': seen }, deployed);
  expect(drift).toMatchObject({ refresh: true, replace: false, away: false, wake: [] });
  expect(drift.words).toEqual(['The container broker-exporter, which watches the broker, is gone; it is made again']);
});

test.each([
  ['stopped', [{ container: 'broker-exporter', how: 'start' }]],
  ['paused', [{ container: 'broker-exporter', how: 'unpause' }]],
  ['restarting', []],
] as const)('one that is %s is woken as far as that helps', (state, wake) => {
  const drift = companionDrift({ 'broker-exporter': { id: 'one', state } }, deployed);
  expect([drift.refresh, drift.wake]).toEqual([false, wake]);
  expect(drift.words[0]).toContain(`is ${state}`);
});
