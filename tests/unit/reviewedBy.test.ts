/** Whose word counts for what a pipeline fails by: never that of the change itself, where another one is known. */

import { type Base, type Recorded, reviewByRecord } from '../../commands/stack/reviewed';
import { recordIn, recordText } from '../../review/record';
import { sideOf } from '../../settings/side';
import { type Config, settingsOf } from './rawConfig';
import { now } from './reviews';

const strict = { failOn: ['everybody-disconnected'] };
const deployed = (config: Config): Recorded => ({
  record: recordIn(recordText(sideOf(settingsOf(config)))),
  terms: {},
  container: undefined,
});
const fails = (base: Base | undefined, recorded: Recorded | undefined) =>
  reviewByRecord({
    stack: 'prod',
    head: settingsOf({ maxConnections: 500 }),
    base,
    recorded,
    engine: [],
    unknown: [],
    now,
  }).levels.map(({ fails: fail }) => fail);

const untold: Recorded = {
  record: undefined,
  terms: {},
  container: { id: 'a', options: sideOf(settingsOf()).container, image: '', restartDigest: '', madeAt: undefined },
};

it('does not call a deployment that came to no end one of an earlier version', () => {
  expect(() => fails(undefined, untold)).toThrow(
    /^The state of the stack "prod" does not say what was deployed, as after a first update that failed/,
  );
});

it('is that of the base', () => {
  expect(fails({ commit: 'a', settings: settingsOf({ review: strict }) }, deployed({}))).toEqual([true]);
  expect(fails({ commit: 'a', settings: settingsOf() }, deployed({ review: strict }))).toEqual([false]);
});

it('is that of what is deployed where no base can be read', () => {
  expect(fails(undefined, deployed({ review: strict }))).toEqual([true]);
  expect(fails(undefined, deployed({}))).toEqual([false]);
});
