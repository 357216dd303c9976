import { claims } from '../../operate/checks/access';

const topics = ['a', 'b', 'c'];
const may = (topic: string) => topic !== 'c';
const proved = (arrived: readonly string[], mayUse = may) =>
  claims('mqtt: pi', 'read', mayUse, { topics, arrived: new Set(arrived), ms: 7 });

describe('claims', () => {
  it('hold where exactly the allowed topics have arrived', () => {
    expect(proved(['a', 'b'])).toEqual([
      { check: 'mqtt: pi may read', ok: true, detail: '2 of 2 delivered: a, b', ms: 7 },
      { check: 'mqtt: pi may not read', ok: true, detail: '1 of 1 withheld: c', ms: 7 },
    ]);
  });

  it('are disproved by an allowed topic that has not arrived', () => {
    const [allowed, forbidden] = proved(['a']);
    expect(allowed).toMatchObject({ ok: false, detail: '1 of 2 delivered, not b' });
    expect(forbidden?.ok).toBe(true);
  });

  it('are disproved by a forbidden topic that has arrived', () => {
    const [allowed, forbidden] = proved(topics);
    expect(allowed?.ok).toBe(true);
    expect(forbidden).toMatchObject({ ok: false, detail: '0 of 1 withheld, not c' });
  });

  it('say nothing of what there is none of', () => {
    expect(proved(topics, () => true).map(({ check }) => check)).toEqual(['mqtt: pi may read']);
    expect(proved([], () => false).map(({ check }) => check)).toEqual(['mqtt: pi may not read']);
  });

  it('are none without topics', () => {
    expect(claims('mqtt: pi', 'publish', may, { topics: [], arrived: new Set(), ms: 0 })).toEqual([]);
  });
});
