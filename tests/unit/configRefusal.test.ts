import { configRefusal } from '../../commands/engineOptions';

const words =
  'is refused: its value would count for this one command, and no other would know of it; write it into Pulumi.STACK.yaml, under "config:"';

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
