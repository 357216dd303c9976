import { matches, sampleTopic, topicFilterProblem } from '../../mosquitto/topics';

describe('topicFilterProblem accepts', () => {
  it.each([
    'device/control',
    'device/+/data',
    '#',
    '+',
    '+/+/#',
    'a/#',
    '$SYS/broker/version',
    'with space inside/b',
    'Gerät/温度',
    'a'.repeat(65_535),
    'a'.concat('/a'.repeat(200)),
  ])('%j', (filter) => {
    expect(topicFilterProblem(filter)).toBeUndefined();
  });
});

describe('topicFilterProblem refuses', () => {
  it.each([
    ['', 'is empty; write a topic such as "device/control"'],
    ['a/#/b', '"#" must be alone in the last level; write "a/#" or use "+" for one level'],
    ['a#', '"#" must be alone in the last level; write "a/#" or use "+" for one level'],
    ['a/b#', '"#" must be alone in the last level; write "a/#" or use "+" for one level'],
    ['#/a', '"#" must be alone in the last level; write "a/#" or use "+" for one level'],
    ['##', '"#" must be alone in the last level; write "a/#" or use "+" for one level'],
    ['a+/b', '"+" must be alone in its level; write "a/+/b"'],
    ['+a', '"+" must be alone in its level; write "a/+/b"'],
    ['++', '"+" must be alone in its level; write "a/+/b"'],
    ['/a', 'has an empty level; remove the extra "/"'],
    ['a/', 'has an empty level; remove the extra "/"'],
    ['a//b', 'has an empty level; remove the extra "/"'],
    ['/', 'has an empty level; remove the extra "/"'],
    ['a\nb', 'contains a control character; remove it'],
    ['a\u0000', 'contains a control character; remove it'],
    ['a\tb', 'contains a control character; remove it'],
    ['a\u007f', 'contains a control character; remove it'],
    ['a\u0085', 'contains a control character; remove it'],
  ])('%j', (filter, problem) => {
    expect(topicFilterProblem(filter)).toBe(problem);
  });

  it('a filter of more than 65535 bytes, counted in UTF-8', () => {
    expect(topicFilterProblem('a'.repeat(65_536))).toMatch(/65535 bytes; shorten/);
    expect(topicFilterProblem('é'.repeat(32_768))).toMatch(/65535 bytes; shorten/);
  });

  it.each([
    ['a space at the beginning, which the broker drops', ' a'],
    ['a space at the end, which the broker drops', 'a/b '],
    ['half a surrogate pair, which no MQTT text may hold', 'a/\ud800'],
    ['more than 201 levels, on which the broker ends', 'a'.concat('/a'.repeat(201))],
  ])('%s', (_, filter) => {
    expect(topicFilterProblem(filter)).toMatch(/.+; .+/);
  });
});

describe('matches', () => {
  it.each([
    ['device/control', 'device/control', true],
    ['device/control', 'device/controls', false],
    ['device/control', 'device', false],
    ['device', 'device/control', false],
    ['Device', 'device', false],
    ['device/+/data', 'device/pi-1/data', true],
    ['device/+/data', 'device/pi-1/status', false],
    ['device/+/data', 'device/a/b/data', false],
    ['device/+', 'device', false],
    ['a/+/#', 'a', false],
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/tennis/player1/#', 'sport/tennis/player10', false],
    ['+', 'finance', true],
    ['+', 'finance/today', false],
    ['+/+', 'finance/today', true],
    ['#', 'a/b/c', true],
    ['#', '$SYS/broker/uptime', false],
    ['+/broker/uptime', '$SYS/broker/uptime', false],
    ['+/#', '$SYS/broker', false],
    ['$SYS/#', '$SYS/broker/uptime', true],
    ['$SYS/broker/+', '$SYS/broker/uptime', true],
    ['a/#', 'a/$b', true],
    ['a/+', 'a/$b', true],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });
});

describe('sampleTopic', () => {
  it.each([
    ['device/+/data', 'device/x/data'],
    ['+/+/#', 'x/x/x'],
    ['#', 'x'],
    ['device/control', 'device/control'],
  ])('of %s is %s', (filter, sample) => {
    expect(sampleTopic(filter, 'x')).toBe(sample);
  });
});
