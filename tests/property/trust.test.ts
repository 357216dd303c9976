/**
 * Laws of a rollover: step by step nobody is cut off, and no step can be left out.
 *
 * They do not prove that a device which reported a bundle uses it.
 */

import fc from 'fast-check';
import { asksDevices, type BundleReport, reachProblems, type Trust, trustProblems } from '../../certificates/trust';
import { shuffled } from './arbitraries';

const authority = fc.stringMatching(/^[0-9a-f]{64}$/);
const authorities = (least: number, most: number) =>
  fc.uniqueArray(authority, { minLength: least, maxLength: most, selector: (each) => each.slice(0, 16) });
const ids = fc.uniqueArray(fc.stringMatching(/^[a-z0-9_-]{1,8}$/), { minLength: 1, maxLength: 30 });

/** What a device with the bundle of a trust reports, by full names or by the beginnings of them. */
function reportOf({ trusted, clients }: Trust, short: boolean): BundleReport {
  const said = (name: string) => (short ? name.slice(0, 16) : name);
  const [issuer] = clients;
  return {
    generation: 1,
    trusted: trusted.map(said),
    issuer: issuer === undefined ? null : said(issuer),
    certificateExpires: null,
  };
}

function reportsOf(devices: readonly string[], trust: Trust, short: boolean): Map<string, BundleReport> {
  return new Map(devices.map((id) => [id, reportOf(trust, short)]));
}

/** The phases of a rollover from one authority to the next, among others that stay. */
function phases(old: string, next: string, others: readonly string[], clients: string[]): Trust[] {
  const of = (signer: string, trusted: string[]): Trust => ({ signer, trusted: [...trusted, ...others], clients });
  return [of(old, [old]), of(old, [old, next]), of(next, [next, old]), of(next, [next])];
}

/** The same for the authorities that issue the certificates of devices: the first one issues. */
function clientPhases(old: string, next: string, server: string): Trust[] {
  const of = (...clients: string[]): Trust => ({ signer: server, trusted: [server], clients });
  return [of(old), of(next, old), of(next)];
}

const rollovers = fc
  .tuple(authorities(3, 6), fc.boolean())
  .map(([[old = '', next = '', client = '', ...others], isAsked]) =>
    phases(old, next, others, isAsked ? [client] : []),
  );

const paths = fc.oneof(
  rollovers,
  rollovers.map((steps) => [...steps].reverse()),
  // There, half-way, and back again.
  rollovers.map((steps) => [...steps.slice(0, 3), ...steps.slice(0, 2).reverse()]),
  authorities(3, 3).map(([old = '', next = '', server = '']) => clientPhases(old, next, server)),
);

/** Each step of a path. */
function stepsOf(path: readonly Trust[]): [Trust, Trust][] {
  return path.slice(1).map((next, index) => [path[index] as Trust, next]);
}

it('a rollover in its phases, each reported by every device, meets no problem', () => {
  fc.assert(
    fc.property(paths, ids, fc.boolean(), (path, devices, short) => {
      for (const [before, next] of stepsOf(path)) {
        expect(trustProblems(before, next)).toEqual([]);
        if (asksDevices(before, next)) {
          expect(reachProblems(next, devices, reportsOf(devices, before, short), 0)).toEqual([]);
        }
      }
    }),
  );
});

it('a chain of rollovers meets none either', () => {
  const chains = fc.tuple(authorities(2, 5), ids).map(([names, devices]) => ({
    devices,
    path: names.slice(1).flatMap((next, index) => phases(names[index] ?? '', next, [], [])),
  }));
  fc.assert(
    fc.property(chains, ({ path, devices }) => {
      for (const [before, next] of stepsOf(path)) {
        expect(trustProblems(before, next)).toEqual([]);
        expect(reachProblems(next, devices, reportsOf(devices, before, true), 0)).toEqual([]);
      }
    }),
  );
});

it('a step that leaves a phase out is refused, whatever devices report', () => {
  fc.assert(
    fc.property(rollovers, (path) => {
      const [first, both, signed, last] = path as [Trust, Trust, Trust, Trust];
      // By new before bundles hold it; old retired at once; and the same on the way back.
      for (const [before, next] of [
        [first, signed],
        [first, last],
        [both, last],
        [last, both],
        [last, first],
        [signed, first],
      ] as const) {
        expect(trustProblems(before, next)).not.toEqual([]);
      }
    }),
  );
});

it('a step that the devices must have followed is refused while one of them has not', () => {
  fc.assert(
    fc.property(rollovers, ids, fc.nat(), fc.boolean(), ([first, both, signed], devices, index, silent) => {
      if (first === undefined || both === undefined || signed === undefined) throw new Error('a phase is missing');
      const late = devices[index % devices.length] ?? '';
      const reports = reportsOf(devices, both, true);
      if (silent) reports.delete(late);
      else reports.set(late, reportOf(first, true));
      expect(asksDevices(both, signed)).toBe(true);
      const [problem, ...more] = reachProblems(signed, devices, reports, 0);
      expect(more).toEqual([]);
      expect(problem?.says).toContain(`1 of ${devices.length} devices`);
      expect(problem?.says).toContain(`(${late})`);
    }),
  );
});

it('a change of the authority that devices come from asks them, and refuses those that have the old one', () => {
  fc.assert(
    fc.property(authorities(3, 3), ids, ([old = '', next = '', server = ''], devices) => {
      const [first, both, last] = clientPhases(old, next, server) as [Trust, Trust, Trust];
      expect(asksDevices(first, both)).toBe(false);
      for (const before of [first, both]) expect(asksDevices(before, last)).toBe(true);
      expect(reachProblems(last, devices, reportsOf(devices, first, false), 99)).not.toEqual([]);
    }),
  );
});

/** Any devices with any bundle, or without a report. */
const fleets = authorities(4, 4).chain((names) => {
  const some = fc.subarray(names);
  const report = fc.record({
    generation: fc.constant(1),
    trusted: fc.oneof(
      fc.constant(null),
      some,
      some.map((list) => list.map((each) => each.slice(0, 16))),
    ),
    issuer: fc.constantFrom(null, ...names, ...names.map((each) => each.slice(0, 16))),
    certificateExpires: fc.constant(null),
  });
  return fc.record({
    next: fc.record({ signer: fc.constantFrom(...names, null), trusted: some, clients: some }),
    reports: fc.array(fc.option(report, { nil: undefined }), { minLength: 1, maxLength: 40 }),
    percent: fc.integer({ min: 0, max: 100 }),
  });
});

type Fleet = typeof fleets extends fc.Arbitrary<infer T> ? T : never;

function devicesOf({ reports }: Fleet): [string[], Map<string, BundleReport>] {
  const entries = reports.map((report, index) => [`pi-${index}`, report] as const);
  const known = entries.flatMap(([id, report]) => (report === undefined ? [] : [[id, report] as const]));
  return [entries.map(([id]) => id), new Map(known)];
}

/** Whether a device goes on working, in the words of docs/certificates.md. */
function works(report: BundleReport | undefined, { signer, clients }: Trust): boolean {
  if (report === undefined) return false;
  const names = (full: string) => [full, full.slice(0, 16)];
  const trusts = signer === null || names(signer).some((each) => report.trusted?.includes(each));
  const isKnown = clients.length === 0 || clients.flatMap(names).includes(report.issuer ?? 'none');
  return trusts && isKnown;
}

it('at 0 percent there is no problem exactly when every device goes on working', () => {
  fc.assert(
    fc.property(fleets, (fleet) => {
      const [devices, reports] = devicesOf(fleet);
      const all = devices.every((id) => works(reports.get(id), fleet.next));
      expect(reachProblems(fleet.next, devices, reports, 0).length === 0).toBe(all);
    }),
    { numRuns: 500 },
  );
});

it('no more devices are cut off than the percentage allows, and those are not refused', () => {
  fc.assert(
    fc.property(fleets, (fleet) => {
      const [devices, reports] = devicesOf(fleet);
      const off = devices.filter((id) => !works(reports.get(id), fleet.next)).length;
      const isAllowed = off * 100 <= fleet.percent * devices.length;
      expect(reachProblems(fleet.next, devices, reports, fleet.percent)).toHaveLength(isAllowed ? 0 : 1);
    }),
    { numRuns: 500 },
  );
});

it('the percentage of the remedy is enough, and the least that is', () => {
  fc.assert(
    fc.property(fleets, (fleet) => {
      const [devices, reports] = devicesOf(fleet);
      const [problem] = reachProblems(fleet.next, devices, reports, 0);
      fc.pre(problem !== undefined);
      const needed = Number(problem?.remedy.match(/maxUnreachedDevicesPercent: (\d+)/)?.[1]);
      expect(reachProblems(fleet.next, devices, reports, needed)).toEqual([]);
      expect(reachProblems(fleet.next, devices, reports, needed - 1)).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

it('the order of anything does not matter', () => {
  const mixed = rollovers.chain((path) => {
    const other = (trust: Trust) =>
      fc
        .tuple(shuffled(trust.trusted), shuffled(trust.clients))
        .map(([trusted, clients]) => ({ ...trust, trusted, clients }));
    return fc.tuple(fc.constant(path), fc.tuple(...path.map(other)));
  });
  fc.assert(
    fc.property(mixed, ([path, others]) => {
      path.forEach((before, one) => {
        path.forEach((next, two) => {
          const [left, right] = [others[one] as Trust, others[two] as Trust];
          expect(trustProblems(left, right)).toEqual(trustProblems(before, next));
          expect(asksDevices(left, right)).toBe(asksDevices(before, next));
        });
      });
    }),
  );
});

it('a change that asks nobody cuts off nobody who worked', () => {
  const names = ['a', 'b', 'c'].map((digit) => digit.repeat(64));
  const signed = fc
    .subarray(names, { minLength: 1 })
    .chain((trusted) =>
      fc.record({ signer: fc.constantFrom(...trusted), trusted: fc.constant(trusted), clients: fc.subarray(names) }),
    );
  const isAsked = ({ clients }: Trust) => clients.length > 0;
  fc.assert(
    fc.property(signed, signed, fc.boolean(), (before, next, short) => {
      // Where the broker begins to ask for certificates, devices must have one: that is said elsewhere.
      fc.pre(!asksDevices(before, next) && (isAsked(before) || !isAsked(next)));
      expect(reachProblems(next, ['pi-1'], reportsOf(['pi-1'], before, short), 0)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** A trust whose certificate leads to each of some roots, all of them in the bundles. */
function leadingTo(signers: readonly string[], others: readonly string[] = []): Trust {
  const [signer = null, ...furtherSigners] = signers;
  return {
    signer,
    ...(furtherSigners.length > 0 && { furtherSigners }),
    trusted: [...signers, ...others],
    clients: [],
  };
}

it('a certificate that leads to several roots may gain some, and asks nobody; to leave one asks those who trust no other', () => {
  const some = authorities(2, 5).chain((names) =>
    fc.record({
      names: fc.constant(names),
      before: fc.subarray(names, { minLength: 1 }),
      next: fc.subarray(names, { minLength: 1 }),
      trusts: fc.subarray(names),
    }),
  );
  fc.assert(
    fc.property(some, fc.boolean(), ({ names, before, next, trusts }, short) => {
      const [old, fresh] = [before, next].map((signers) =>
        leadingTo(
          signers,
          names.filter((name) => !signers.includes(name)),
        ),
      ) as [Trust, Trust];
      expect(trustProblems(old, fresh)).toEqual([]);
      expect(asksDevices(old, fresh)).toBe(before.some((name) => !next.includes(name)));
      const said = { ...reportOf(fresh, short), trusted: trusts.map((name) => (short ? name.slice(0, 16) : name)) };
      const isReached = reachProblems(fresh, ['pi-1'], new Map([['pi-1', said]]), 0).length === 0;
      expect(isReached).toBe(trusts.some((name) => next.includes(name)));
    }),
  );
});
