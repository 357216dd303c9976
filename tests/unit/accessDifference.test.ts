/** What is said of a change of rules, case by case; that it is exact is tried in tests/property. */

import { type Change, coversAll, difference, reachesOthers } from '../../access/difference';
import { type AclRule, allows, parseRule } from '../../mosquitto/acl';

function rulesOf(...lines: string[]): AclRule[] {
  return lines.map((line) => parseRule(line) as AclRule);
}

function told({ access, topic, partly, example }: Change): string {
  const part =
    partly === false ? '' : partly === true ? ` in part, such as ${example}` : ` perhaps, such as ${example}`;
  return `${access} ${topic}${part}`;
}

function change(before: string[], after: string[]): { gained: string[]; lost: string[] } {
  const { gained, lost } = difference(rulesOf(...before), rulesOf(...after));
  return { gained: gained.map(told), lost: lost.map(told) };
}

describe('nothing is gained or lost', () => {
  it.each<[string, string[], string[]]>([
    ['by nothing', [], []],
    ['by the same rules in another order', ['read a', 'write b'], ['write b', 'read a']],
    ['by a rule below #', ['readwrite #'], ['readwrite #', 'write device/+/data', 'read a']],
    ['by readwrite in two rules', ['readwrite a/#'], ['write a/#', 'read a/#']],
    ['by a rule below a deny', ['deny a/#'], ['deny a/#', 'readwrite a/b']],
    ['by a deny of what nobody may', ['read a'], ['read a', 'deny b/#']],
    ['by a deny below another one', ['read #', 'deny a/#'], ['read #', 'deny a/#', 'deny a/+/c']],
    ['by # in its parts', ['read a/#'], ['read a', 'read a/+', 'read a/+/#']],
    ['by a topic of no character, which is none', ['read /+/#'], ['read /#']],
    ['by +/# for #', ['read #'], ['read +/#']],
    [
      'by a + where all that it matches and is not denied is said',
      ['read a', 'read b'],
      ['read a', 'read b', 'read b'],
    ],
  ])('%s', (_, before, after) => {
    expect(change(before, after)).toEqual({ gained: [], lost: [] });
  });
});

describe('what is gained', () => {
  it.each<[string, string[], string[], string[], string[]]>([
    ['a new rule', ['read a'], ['read a', 'write b'], ['write b'], []],
    ['everything by #', ['read device/control'], ['readwrite #'], ['read # in part, such as x/x', 'write #'], []],
    ['a literal instead of another', ['read a/b'], ['read a/c'], ['read a/c'], ['read a/b']],
    ['a wildcard instead of literals', ['read a/b', 'read a/c'], ['read a/+'], ['read a/+ in part, such as a/x'], []],
    ['literals instead of a wildcard', ['read a/+'], ['read a/b'], [], ['read a/+ in part, such as a/x']],
    ['a deny that is taken away', ['read #', 'deny a/b'], ['read #'], ['read a/b'], []],
    ['a deny that is narrowed', ['read #', 'deny a/+'], ['read #', 'deny a/b'], ['read a/+ in part, such as a/x'], []],
    ['a deny that is added', ['readwrite #'], ['readwrite #', 'deny a/#'], [], ['read a/#', 'write a/#']],
    [
      'what a deny and a rule have in common',
      ['read device/#', 'deny +/secret'],
      ['read device/#'],
      ['read device/secret'],
      [],
    ],
    ['the parent of #', ['read a/+', 'read a/+/#'], ['read a/#'], ['read a/# in part, such as a'], []],
    ['the topics of the broker, which # leaves out', ['read #'], ['read #', 'read $SYS/#'], ['read $SYS/#'], []],
    ['only what no other one covers', [], ['read a/#', 'read a/b', 'read a/+/c'], ['read a/#'], []],
    ['one access of two', ['read a'], ['readwrite a'], ['write a'], []],
    ['a rule in spite of a deny', [], ['write a/#', 'deny a/b'], ['write a/# in part, such as a/x'], []],
    ['what was denied, as it was', ['read a', 'read a/+/#', 'deny a/#'], ['read a', 'read a/+/#'], ['read a/#'], []],
    [
      'the wider one of two that were denied',
      ['read a/b/#', 'read +/b/#', 'deny a/+/c', 'deny a/b/+'],
      ['read a/b/#', 'read +/b/#', 'deny a/b/z'],
      ['read a/b/+ in part, such as a/b/x'],
      [],
    ],
    ['a name that is free', ['read x/x'], ['read x/+'], ['read x/+ in part, such as x/x2'], []],
  ])('%s', (_, before, after, gained, lost) => {
    expect(change(before, after)).toEqual({ gained, lost });
    expect(change(after, before)).toEqual({ gained: lost, lost: gained });
  });
});

describe('access to everything', () => {
  it.each<[string[], boolean]>([
    [['read #'], true],
    [['readwrite #', 'read $SYS/#', 'deny $SYS/#'], true],
    [['read +', 'read +/+/#'], true],
    [['read +/#'], true],
    [['write #'], false],
    [['read #', 'deny a'], false],
    [['read +/+/#'], false],
    [[], false],
  ])('%j: %s', (rules, expected) => {
    expect(coversAll(rulesOf(...rules), 'read')).toBe(expected);
  });
});

describe('a device reaches others', () => {
  const own = [
    'write device/{id}/data',
    'write device/{id}/status',
    'read langchain/process/{id}',
    'read device/control',
  ];

  function reached(rules: string[], owners?: string[]): string[] {
    const found =
      owners === undefined ? reachesOthers(rulesOf(...rules)) : reachesOthers(rulesOf(...rules), rulesOf(...owners));
    return found.map(({ access, topic, example }) => `${access} ${topic}: ${example}`);
  }

  it.each<[string, string[], string[]]>([
    ['not by rules of its own', own, []],
    ['by a wildcard in the place of its id', [...own, 'read device/+/data'], ['read device/+/data: device/other/data']],
    ['by #', [...own, 'read #'], ['read #: device/other/data']],
    [
      'for what it may do',
      [...own, 'readwrite device/#'],
      ['read device/#: device/other/data', 'write device/#: device/other/data'],
    ],
    ['not where it is denied', [...own, 'read device/+/data', 'deny device/+/data'], []],
    ['not by a wildcard elsewhere', [...own, 'read device/{id}/#', 'read langchain/+'], []],
    ['by a rule below its own id', [...own, 'read +/{id}/#', 'deny device/{id}/#', 'deny langchain/#'], []],
    ['not by the topic of one device', [...own, 'write device/pi-007/data'], []],
    ['in the way of another id', ['read a/{id}/{id}', 'read a/+/{id}'], []],
    ['also where a rule names the example', ['write a/{id}', 'deny a/other', 'write a/+'], ['write a/+: a/other2']],
  ])('%s', (_, rules, expected) => {
    expect(reached(rules)).toEqual(expected);
  });

  it('through the topics of another role', () => {
    expect(reached(['read device/+/data'])).toEqual([]);
    expect(reached(['read device/+/data'], own)).toEqual(['read device/+/data: device/other/data']);
  });
});

describe('many rules', () => {
  const words = ['a', 'b', 'c', '+', '+', '+'];

  /** Rules that meet each other in many places, the same ones each time. */
  function many(seed: number): AclRule[] {
    let state = seed;
    const next = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
    return Array.from({ length: 300 }, (_, index) => ({
      access: index % 30 === 0 ? 'deny' : index % 2 === 0 ? 'read' : 'write',
      topic: [...Array.from({ length: 9 }, () => words[next(words.length)]), next(9) === 0 ? '#' : 'a'].join('/'),
    }));
  }

  it('are compared to the end', () => {
    const { gained, lost } = difference(many(3), many(5));
    expect(gained.length).toBeGreaterThan(50);
    expect(lost.length).toBeGreaterThan(50);
    for (const { access, example } of gained) {
      expect([allows(many(3), access, example), allows(many(5), access, example)]).toEqual([false, true]);
    }
  });

  it('say of one that was added that it was', () => {
    const added = [...many(3), ...rulesOf('read new/topic')];
    expect(difference(many(3), added)).toMatchObject({ gained: [{ topic: 'new/topic', partly: false }], lost: [] });
  });
});
