import { changeProblems, type FleetRecord, fleetChange, fleetRecord } from '../../fleet/change';
import type { Device } from '../../fleet/device';
import { problemWords } from '../../mosquitto/problem';

const secretId = 'one';

function device(id: string, generation = 1, role = 'device'): Device {
  return { id, generation, role, metadata: {} };
}

function deployed(...devices: Device[]): FleetRecord {
  return fleetRecord(undefined, devices, secretId);
}

function many(count: number): Device[] {
  return Array.from({ length: count }, (_, index) => device(`pi-${index}`));
}

describe('fleetChange', () => {
  it('only adds to nothing', () => {
    expect(fleetChange(undefined, [device('b'), device('a')], secretId)).toEqual({
      added: ['a', 'b'],
      revoked: [],
      rotated: [],
      reassigned: [],
    });
  });

  it('tells added, revoked, rotated and reassigned devices apart', () => {
    const before = deployed(device('same'), device('gone'), device('turned'), device('moved'));
    const after = [device('same'), device('new'), device('turned', 2), device('moved', 1, 'gateway')];
    expect(fleetChange(before, after, secretId)).toEqual({
      added: ['new'],
      revoked: ['gone'],
      rotated: ['turned'],
      reassigned: ['moved'],
    });
  });

  it('rotates every known device with the root secret', () => {
    const before = deployed(device('a'), device('b'));
    expect(fleetChange(before, [device('a'), device('c')], 'two')).toMatchObject({ rotated: ['a'], added: ['c'] });
  });

  it.each(['constructor', '__proto__', 'toString'])('takes %s for the id that it is', (id) => {
    expect(fleetChange(deployed(device('a')), [device('a'), device(id)], secretId).added).toEqual([id]);
    expect(fleetChange(deployed(device(id)), [device(id, 2)], secretId).rotated).toEqual([id]);
    expect(fleetRecord(deployed(device(id)), [], secretId).revoked).toEqual([[id, 1]]);
  });
});

describe('fleetRecord', () => {
  it('remembers revoked devices, until they come back', () => {
    const first = fleetRecord(deployed(device('a', 3), device('b')), [device('b')], secretId);
    expect(first.revoked).toEqual([['a', 3]]);
    expect(fleetRecord(first, [device('b')], secretId).revoked).toEqual([['a', 3]]);
    expect(fleetRecord(first, [device('a', 4), device('b')], secretId).revoked).toEqual([]);
  });

  it('forgets them with the root secret', () => {
    expect(fleetRecord(deployed(device('a')), [device('b')], 'two').revoked).toEqual([]);
  });

  it('is the same for any order of the devices', () => {
    expect(fleetRecord(undefined, [device('b'), device('a')], secretId)).toEqual(
      fleetRecord(undefined, [device('a'), device('b')], secretId),
    );
  });
});

describe('changeProblems', () => {
  const problems = (before: FleetRecord, after: Device[], percent = 20, id = secretId) =>
    changeProblems(before, after, id, percent).map(problemWords);

  it('has nothing against a first fleet', () => {
    expect(changeProblems(undefined, many(3), secretId, 0)).toEqual([]);
  });

  it('lets one device go, however few there are', () => {
    expect(problems(deployed(...many(2)), many(1))).toEqual([]);
    expect(problems(deployed(...many(2)), many(1), 0)).toEqual([]);
  });

  it('lets no more than the share go', () => {
    expect(problems(deployed(...many(10)), many(8))).toEqual([]);
    expect(problems(deployed(...many(10)), many(7))).toEqual([
      'devices: this would revoke 3 of 10 deployed devices (pi-7, pi-8, pi-9), and maxRevokedDevicesPercent is 20; ' +
        'put them back, or allow it for this once with maxRevokedDevicesPercent: 30',
    ]);
    expect(problems(deployed(...many(10)), many(7), 30)).toEqual([]);
  });

  it('lets all of them go at 100 only, a single one too', () => {
    expect(problems(deployed(...many(10)), [], 99)).toEqual([expect.stringContaining('all 10 deployed devices')]);
    expect(problems(deployed(...many(1)), [], 99)).toEqual([expect.stringContaining('maxRevokedDevicesPercent: 100')]);
    expect(problems(deployed(...many(10)), [], 100)).toEqual([]);
  });

  it('lets all be exchanged at 100 only', () => {
    expect(problems(deployed(device('a')), [device('b')])).toHaveLength(1);
    expect(problems(deployed(device('a')), [device('b')], 100)).toEqual([]);
  });

  it('has nothing against an empty fleet that was empty', () => {
    expect(problems(deployed(), [])).toEqual([]);
  });

  it('refuses a generation that goes back', () => {
    expect(problems(deployed(device('a', 3)), [device('a', 2)])).toEqual([
      'devices: a: generation 2 is behind the deployed 3, and a replaced password must not come back; ' +
        'write generation: 3 or more',
    ]);
  });

  it('refuses a revoked password that comes back', () => {
    const before = fleetRecord(deployed(device('a', 3), device('b')), [device('b')], secretId);
    expect(problems(before, [device('a', 3), device('b')])).toEqual([
      'devices: a: was revoked at generation 3, and its password must not come back; write generation: 4',
    ]);
    expect(problems(before, [device('a', 4), device('b')])).toEqual([]);
  });

  it('takes any generation with another root secret', () => {
    expect(problems(deployed(device('a', 3)), [device('a', 1)], 20, 'two')).toEqual([]);
  });
});
