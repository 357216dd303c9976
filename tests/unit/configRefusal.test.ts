import { configRefusal, configWords } from '../../commands/engineOptions';

const words =
  'is refused here: its value would pass by whoever reads the configuration; write it into Pulumi.STACK.yaml, under "config:", or for one update behind "npm run up -- STACK" as --config KEY=VALUE';

it.each([
  ['--config', ['up', '--config', 'a=b']],
  ['--config', ['up', '--config=a=b']],
  ['-c', ['up', '-c', 'a=b']],
  ['-c', ['preview', '-ca=b']],
  ['-c', ['up', '-yc', 'a=b']],
  ['-c', ['up', '-fyca=b']],
  ['-c', ['destroy', '--target', 'urn:a', '-c', 'a=b']],
  ['--config-path', ['up', '--yes', '--config-path']],
])('%s in %j', (name, asked) => {
  expect(configRefusal(asked, {})).toBe(`${name} ${words}`);
});

it.each([
  ['up', '--config-file', 'x'],
  ['up', '--message', '-c'],
  ['up', '-m', '--config'],
  ['up', '-mc'],
  ['up', '-tc', '-y'],
  ['up', '--target', 'a', '--diff'],
  ['c'],
  ['-'],
])('leaves %s %s %s', (...asked) => {
  expect(configRefusal(asked, { PULUMI_OPTION_CONFIG: '', PULUMI_OPTION_REFRESH: 'true' })).toBeUndefined();
});

it.each(['PULUMI_OPTION_CONFIG', 'PULUMI_OPTION_CONFIG_PATH'])('%s in the environment', (name) => {
  expect(configRefusal(['up'], { [name]: 'a=b' })).toBe(`${name} ${words}`);
});

it.each([
  [['--config', 'a=1', '--diff'], ['a=1'], ['--diff']],
  [['--diff', '--config=b=2', '-c', 'c=3'], ['b=2', 'c=3'], ['--diff']],
  [['--config-path', 'x'], [], ['--config-path', 'x']],
  [['-yc', 'a=1'], [], ['-yc', 'a=1']],
  [['--config'], [], ['--config']],
])('of %j the values for once are %j', (words, once, others) => {
  expect(configWords(words)).toEqual({ once, others });
});
