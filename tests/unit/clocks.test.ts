import { apart } from '../../operate/clocks';

test.each([
  ['a little behind', 1_000, 100_000, 100_400, undefined],
  ['within the time of the answer', 500_000, 0, 900_000, undefined],
  ['that says nothing', Number.NaN, 0, 1, undefined],
  ['behind', 0, 600_000, 600_200, /^the clock of there is 600 seconds behind that of this machine, .*timedatectl/],
  ['ahead', 1_000_000, 600_000, 600_000, /^the clock of there is 400 seconds ahead of that of this machine, /],
])('a clock %s', (_, there, before, after, words) => {
  const said = apart('there', there, before, after);
  if (words === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(words);
});
