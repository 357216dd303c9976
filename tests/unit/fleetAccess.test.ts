import { deviceAcl } from '../../fleet/access';
import type { Device } from '../../fleet/device';
import { pack, unpack } from '../../fleet/packing';
import { probeAcls, probeDevices } from '../../fleet/probe';
import { type Role, roleNameProblem, roleTopicProblem, rulesFor } from '../../fleet/role';
import { formatRule, parseRule } from '../../mosquitto/acl';

function role(name: string, ...rules: string[]): Role {
  return { name, rules: rules.flatMap((rule) => parseRule(rule) ?? []) };
}

function device(id: string, name = 'device'): Device {
  return { id, generation: 1, role: name, metadata: {} };
}

function words(roles: Role[], devices: Device[]) {
  const { patterns, users } = deviceAcl(roles, devices);
  return {
    patterns: patterns.map(formatRule),
    users: Object.fromEntries(users.map(({ username, rules }) => [username, rules.map(formatRule)])),
  };
}

const own = role('device', 'write device/{id}/data', 'read device/control');
const gateway = role('gateway', 'write device/{id}/data', 'read device/+/data');

describe('deviceAcl', () => {
  it('takes the same few lines for any number of devices of one role', () => {
    const expected = { patterns: ['write device/%u/data', 'read device/control'], users: {} };
    expect(words([own, gateway], [device('a')])).toEqual(expected);
    expect(words([own, gateway], [device('a'), device('b')])).toEqual(expected);
  });

  it('gives everybody only what all roles in use allow', () => {
    expect(words([own, gateway], [device('a'), device('g', 'gateway')])).toEqual({
      patterns: ['write device/%u/data'],
      users: { a: ['read device/control'], g: ['read device/+/data'] },
    });
  });

  it('shares nothing between roles where one denies, because a pattern could lose against a line of a user', () => {
    const careful = role('careful', 'write device/{id}/data', 'deny device/{id}/secret');
    expect(words([own, careful], [device('a'), device('c', 'careful')])).toEqual({
      patterns: [],
      users: {
        a: ['write device/a/data', 'read device/control'],
        c: ['write device/c/data', 'deny device/c/secret'],
      },
    });
    expect(words([careful], [device('c', 'careful')]).users).toEqual({});
  });

  it('has no lines for nobody', () => {
    expect(words([own], [])).toEqual({ patterns: [], users: {} });
  });
});

describe('probeDevices', () => {
  it('play each role in use, and another device of the first', () => {
    const probes = probeDevices([own, gateway], [device('a'), device('g', 'gateway')]);
    expect(probes.map(({ id, role: name }) => [id, name])).toEqual([
      ['aipi-verify', 'device'],
      ['aipi-verify.device', 'device'],
      ['aipi-verify.gateway', 'gateway'],
    ]);
  });

  it('play the first role for a fleet without devices', () => {
    expect(probeAcls([own, gateway], []).map(({ username }) => username)).toEqual([
      'aipi-verify',
      'aipi-verify.device',
    ]);
  });
});

describe('roleTopicProblem', () => {
  it.each(['device/{id}/data', '{id}', 'a/+/{id}/#', 'device/control'])('accepts %s', (topic) => {
    expect(roleTopicProblem(topic)).toBeUndefined();
  });

  it.each([
    ['device/%u/data', 'contains %u; write {id}'],
    ['device/%c', 'contains %c; write {id}'],
    ['device/pi-{id}', 'has a level "pi-{id}"; {id} must be alone'],
    ['device/{ID}', 'has a level "{ID}"'],
    ['a/#/b', '"#" must be alone in the last level'],
  ])('refuses %s', (topic, problem) => {
    expect(roleTopicProblem(topic)).toContain(problem);
  });
});

it('roleNameProblem refuses what cannot stand in the name of a probe', () => {
  expect(roleNameProblem('gateway_2')).toBeUndefined();
  for (const name of ['', 'a b', 'a.b', 'a/b', 'x'.repeat(33)]) expect(roleNameProblem(name)).toContain('1 to 32');
});

it('rulesFor puts the id in the place of whole levels', () => {
  expect(rulesFor(role('r', 'read {id}/{id}/x'), '$&').map(formatRule)).toEqual(['read $&/$&/x']);
});

describe('pack', () => {
  it.each<[string, Device[]]>([
    ['nobody', []],
    ['one plain device', [device('a')]],
    [
      'devices with every fact',
      [device('a', 'gateway'), { ...device('[b'.slice(1)), generation: 9, metadata: { k: 'v\n' } }],
    ],
  ])('keeps %s', (_, devices) => {
    expect(unpack(pack(devices) ?? '')).toEqual(devices);
  });

  it('refuses what is too long for the outputs of a stack', () => {
    const devices = Array.from({ length: 20_000 }, (_, index) => device(`${createId(index)}${createId(index + 1e6)}`));
    expect(pack(devices)).toBeNull();
  });
});

/** Forty characters that do not compress. */
function createId(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 20 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state.toString(36).slice(-2);
  }).join('');
}
