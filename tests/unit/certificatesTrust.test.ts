/**
 * Changes of trust: which are refused whatever devices say, which ask the devices, and whom they would cut off.
 *
 * It does not prove that a device tells the truth about its bundle.
 */

import {
  asksDevices,
  type BundleReport,
  namedBy,
  reachProblems,
  type Trust,
  trustChanges,
  trustProblems,
} from '../../certificates/trust';
import { problemWords } from '../../mosquitto/problem';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

function trust(signer: string | null, trusted: string[], clients: string[] = []): Trust {
  return { signer, trusted, clients };
}

function report(trusted: string[] | null, issuer: string | null = null): BundleReport {
  return { generation: 1, trusted, issuer, certificateExpires: null };
}

const beforehand: [string, Trust | undefined, Trust][] = [
  ['without anything before', undefined, trust(b, [b])],
  ['where TLS begins', trust(null, []), trust(a, [a])],
  ['where TLS ends', trust(a, [a]), trust(null, [])],
  ['where there is no TLS', trust(null, []), trust(null, [])],
  ['where nothing changes', trust(a, [a]), trust(a, [a])],
];

describe('trustProblems', () => {
  it.each([
    ...beforehand,
    ['where the next authority is trusted, too', trust(a, [a]), trust(a, [a, b])],
    ['where the next one begins to sign', trust(a, [a, b]), trust(b, [b, a])],
    ['where the old one is retired', trust(b, [a, b]), trust(b, [b])],
    ['on the way back', trust(b, [b, a]), trust(a, [a, b])],
    ['where an authority is retired that did not sign', trust(a, [a, c]), trust(a, [a])],
    ['where the signer stays, whatever else is trusted', trust(a, [b]), trust(a, [c])],
    ['where one signs that was trusted among others', trust(a, [a, b, c]), trust(c, [a, c])],
  ] as typeof beforehand)('are none %s', (_, before, next) => {
    expect(trustProblems(before, next)).toEqual([]);
  });

  it('forbid a signer that no bundle holds yet', () => {
    for (const next of [trust(b, [b]), trust(b, [b, a])]) {
      expect(trustProblems(trust(a, [a]), next).map(problemWords)).toEqual([
        expect.stringMatching(/b{64}.*no bundle holds.*; .*"trustedCaGenerations" or "trustedCertificates"/),
      ]);
    }
  });

  it('forbid to retire the old signer in the step in which the new one begins', () => {
    for (const next of [trust(b, [b]), trust(b, [b, c])]) {
      expect(trustProblems(trust(a, [a, b]), next).map(problemWords)).toEqual([
        expect.stringMatching(/old certificate authority \(a{64}\).*; keep it .*"trustedCaGenerations"/),
      ]);
    }
  });
});

describe('asksDevices', () => {
  it.each([
    ...beforehand,
    ['where the next authority is trusted, too', trust(a, [a]), trust(a, [a, b])],
    ['where another order is written', trust(a, [a, b], [a, c]), trust(a, [b, a], [c, a])],
    ['where a further authority of clients is accepted', trust(a, [a], [b]), trust(a, [a], [b, c])],
    ['where certificates of clients are no longer asked for', trust(a, [a], [b, c]), trust(a, [a])],
  ] as typeof beforehand)('is not needed %s', (_, before, next) => {
    expect(asksDevices(before, next)).toBe(false);
  });

  it.each<[string, Trust, Trust]>([
    ['another authority signs', trust(a, [a, b]), trust(b, [a, b])],
    ['an authority is retired', trust(b, [a, b]), trust(b, [b])],
    ['an authority is retired that did not sign', trust(a, [a, c]), trust(a, [a])],
    ['one is retired and another one comes', trust(a, [a, b]), trust(a, [a, c])],
    ['an authority of clients is retired', trust(a, [a], [b, c]), trust(a, [a], [c])],
    ['the only authority of clients is exchanged', trust(a, [a], [b]), trust(a, [a], [c])],
    ['an authority of clients is retired where the server has no TLS', trust(null, [], [b, c]), trust(null, [], [c])],
  ])('is needed where %s', (_, before, next) => {
    expect(asksDevices(before, next)).toBe(true);
  });
});

describe('reachProblems', () => {
  const next = trust(b, [b, a]);
  const withClients = trust(b, [b], [c]);
  const reached = report([a, b]);

  function of(target: Trust, reports: Record<string, BundleReport>, percent = 0, ids = Object.keys(reports)): string[] {
    return reachProblems(target, ids, new Map(Object.entries(reports)), percent).map(problemWords);
  }

  it('are none where every device trusts the signer, by its full name or by the beginning of it', () => {
    expect(of(next, { one: reached, two: report([b]), three: report([b.slice(0, 16)]) })).toEqual([]);
    expect(of(next, {})).toEqual([]);
  });

  it.each<[string, Trust, BundleReport]>([
    ['another authority', next, report([a])],
    ['nothing', next, report([])],
    ['no list at all', next, report(null)],
    ['too short a beginning', next, report([b.slice(0, 15), b.slice(0, 17), ''])],
    ['no certificate of its own', withClients, report([b])],
    ['a certificate of another authority', withClients, report([b], a)],
    ['a certificate of the next authority, but no trust', withClients, report([a], c)],
    ['too short a beginning of its issuer', withClients, report([b], c.slice(0, 15))],
  ])('name a device that reported %s', (_, target, said) => {
    expect(of(target, { 'pi-7': said })).toEqual([
      expect.stringMatching(/1 of 1 .*1 reported another bundle \(pi-7\)/),
    ]);
  });

  it('are none where every certificate comes from one of the accepted authorities', () => {
    const target = trust(b, [b], [a, c]);
    expect(of(target, { one: report([b], a), two: report([b], c), three: report([b], c.slice(0, 16)) })).toEqual([]);
  });

  it('ask for no certificate where the broker does not', () => {
    expect(of(next, { one: report([b], null), two: report([b], 'unknown') })).toEqual([]);
  });

  it('ask for the certificate alone where the server has no TLS', () => {
    expect(of(trust(null, [], [c]), { one: report(null, c) })).toEqual([]);
    expect(of(trust(null, [], [c]), { one: report(null, a) })).toHaveLength(1);
  });

  it('tell those that never reported from those that reported another bundle', () => {
    const [problem = ''] = of(next, { one: reached, two: report([a]) }, 0, ['one', 'two', 'three', 'four']);
    expect(problem).toMatch(/3 of 4 devices/);
    expect(problem).toMatch(/1 reported another bundle \(two\)/);
    expect(problem).toMatch(/2 never reported one \(three, four\)/);
  });

  it('name a handful of many', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `pi-${index}`);
    const [problem = ''] = of(next, {}, 0, ids);
    expect(problem).toMatch(/500 of 500 .*500 never reported one \(pi-0, /);
    expect(problem).not.toContain('pi-9,');
    expect(problem.length).toBeLessThan(600);
  });

  it('do not count reports of devices that are no longer in the fleet', () => {
    expect(of(next, { one: reached, gone: report([a]) }, 0, ['one'])).toEqual([]);
    expect(of(next, { gone: reached }, 50, ['one'])).toHaveLength(1);
  });

  it.each<[number, number, number, boolean]>([
    [10, 1, 9, false],
    [10, 1, 10, true],
    [10, 2, 19, false],
    [10, 2, 20, true],
    [3, 1, 33, false],
    [3, 1, 34, true],
    [7, 7, 99, false],
    [7, 7, 100, true],
    [100, 29, 28, false],
    [100, 29, 29, true],
    [1, 1, 99, false],
  ])('of %d devices let %d be cut off at %d percent: %s', (all, unreached, percent, allowed) => {
    const ids = Array.from({ length: all }, (_, index) => `pi-${index}`);
    const reports = new Map(ids.slice(unreached).map((id) => [id, reached]));
    expect(reachProblems(next, ids, reports, percent)).toHaveLength(allowed ? 0 : 1);
  });

  it('give the percentage that would be needed', () => {
    const of3 = of(next, { one: reached, two: reached }, 0, ['one', 'two', 'three']);
    expect(of3).toEqual([expect.stringContaining('maxUnreachedDevicesPercent: 34')]);
    expect(of(next, {}, 0, ['one'])).toEqual([expect.stringContaining('maxUnreachedDevicesPercent: 100')]);
  });
});

describe('trustChanges', () => {
  it('are none without anything before, and where nothing changes', () => {
    expect(trustChanges(undefined, trust(a, [a]))).toEqual([]);
    expect(trustChanges(trust(a, [a, b], [c]), trust(a, [b, a], [c]))).toEqual([]);
  });

  it.each<[string, Trust, Trust, RegExp[]]>([
    ['a further authority', trust('A', ['A']), trust('A', ['A', 'B']), [/B; hand them out, it does not sign yet/]],
    ['another signer', trust('A', ['A', 'B']), trust('B', ['A', 'B']), [/signed by B \(now A\)/]],
    ['a retired authority', trust('B', ['A', 'B']), trust('B', ['B']), [/authority A is retired/]],
    ['a retired authority of clients', trust('A', ['A'], ['B', 'C']), trust('A', ['A'], ['C']), [/from B .*no longer/]],
    ['all in one', trust('A', ['A'], ['C']), trust('B', ['B'], ['D']), [/hold .*B/, /by B/, /A is retired/, /from C/]],
  ])('tell %s, one line each', (_, before, next, words) => {
    expect(trustChanges(before, next)).toEqual(words.map((each) => expect.stringMatching(each)));
  });
});

describe('namedBy', () => {
  it('puts names in the place of fingerprints', () => {
    const name = namedBy({ [a]: 'generation 1', [b]: 'generation 2', [c]: 'devices 1' });
    expect([a, b, c].map(name)).toEqual(['generation 1', 'generation 2', 'devices 1']);
  });

  it('shortens those that have none', () => {
    expect([a, b].map(namedBy({ [a]: 'one' }))).toEqual(['one', `${b.slice(0, 16)}…`]);
  });

  it('names authorities in what is said of a change, and leaves a missing signer out', () => {
    const name = namedBy({ [a]: 'ca-1', [b]: 'ca-2' });
    expect(trustProblems(trust(a, [a]), trust(b, [b]), name)).toEqual([
      expect.objectContaining({ says: expect.stringContaining('(ca-2)') }),
    ]);
    expect(trustChanges(trust(a, [a]), trust(a, [a, b]), name)).toEqual([expect.stringContaining('authority ca-2;')]);
    expect(trustChanges(trust(a, [a]), trust(null, []), name)).toEqual([]);
  });
});
