/**
 * Laws of revoked certificates over whole histories of a fleet: nobody who left can come in, nobody who is there is locked
 * out.
 *
 * They do not prove that a broker reads the list.
 */

import fc from 'fast-check';
import { serialOf } from '../../certificates/client';
import { type Issued, type IssueRecord, newlyRevoked, nextRecord, recordProblems } from '../../certificates/revocation';

const names = ['pi-1', 'pi-11', 'Pi-1', 'a', '__proto__'] as const;

/** Who is present in one step: some of the names, each with a generation. */
const fleet: fc.Arbitrary<Issued[]> = fc
  .uniqueArray(fc.constantFrom(...names), { maxLength: names.length })
  .chain((present) =>
    fc.tuple(...present.map((name) => fc.tuple(fc.constant(name as string), fc.integer({ min: 1, max: 6 })))),
  );

const history = fc.array(fleet, { minLength: 1, maxLength: 8 });

/** Histories in which a generation is never lowered, as devices count them. */
const upwards = history.map((steps) => {
  const greatest = new Map<string, number>();
  return steps.map((step) =>
    step.map(([name, generation]): Issued => {
      greatest.set(name, Math.max(generation, greatest.get(name) ?? 0));
      return [name, greatest.get(name) ?? generation];
    }),
  );
});

/** The records of a history, one for each step. */
function records(steps: readonly Issued[][]): IssueRecord[] {
  const found: IssueRecord[] = [];
  for (const step of steps) found.push({ ...nextRecord(found.at(-1), step), digest: '' });
  return found;
}

function holds(list: readonly Issued[], [name, generation]: Issued): boolean {
  return list.some(([other, number]) => other === name && number === generation);
}

/** Those that were present once, are not now, and whose name is not present with their generation or a lower one. */
function gone(steps: readonly Issued[][]): Issued[] {
  const now = new Map(steps.at(-1));
  return steps.flat().filter(([name, generation]) => !((now.get(name) ?? Number.POSITIVE_INFINITY) <= generation));
}

function checkGone(steps: Issued[][]): void {
  const { revoked = [] } = records(steps).at(-1) ?? {};
  for (const issued of gone(steps)) expect(revoked).toContainEqual(issued);
}

it('who was present once and is not now is revoked, where generations only grow', () => {
  fc.assert(fc.property(upwards, checkGone), { numRuns: 1_000 });
});

it('who was present once and is not now is revoked, whatever was written', () => {
  fc.assert(fc.property(history, checkGone), { numRuns: 1_000 });
});

it('what may have been handed out ahead is revoked as well', () => {
  fc.assert(
    fc.property(upwards, (steps) => {
      const { revoked = [] } = records(steps).at(-1) ?? {};
      const now = new Map(steps.at(-1));
      for (const [name, generation] of gone(steps)) {
        const isReached = generation + 1 >= (now.get(name) ?? Number.POSITIVE_INFINITY);
        expect(holds(revoked, [name, generation + 1])).toBe(!isReached);
      }
    }),
    { numRuns: 500 },
  );
});

it('nobody who is present is revoked, nor its generations to come', () => {
  fc.assert(
    fc.property(history, (steps) => {
      records(steps).forEach(({ revoked }, index) => {
        for (const [name, generation] of steps[index] ?? []) {
          expect(revoked.filter(([other, number]) => other === name && number >= generation)).toEqual([]);
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

it('where refused changes are left out, who left with a generation never comes in with it again', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let record: IssueRecord | undefined;
      const taken: Issued[][] = [];
      for (const step of steps) {
        if (recordProblems(record, step, 'devices').length > 0) continue;
        record = { ...nextRecord(record, step), digest: '' };
        taken.push(step);
        const left = taken.flat().filter((issued) => !holds(step, issued));
        for (const issued of left) expect(record.revoked).toContainEqual(issued);
      }
    }),
    { numRuns: 1_000 },
  );
});

it('a change is refused exactly when a generation of somebody who was there would be behind', () => {
  fc.assert(
    fc.property(upwards, fleet, (steps, step) => {
      const last = steps.at(-1) ?? [];
      const before = records(steps).at(-1);
      const behind = step.filter(([name, generation]) => {
        const known = steps.flat().filter(([other]) => other === name);
        const greatest = Math.max(0, ...known.map(([, number]) => number));
        const isThere = last.some(([other]) => other === name);
        return generation < greatest || (!isThere && known.length > 0 && generation === greatest);
      });
      const named = recordProblems(before, step, 'devices').map(({ path }) => path?.split(': ')[1]);
      expect(named).toEqual(behind.map(([name]) => name));
    }),
    { numRuns: 500 },
  );
});

it('nobody is revoked who never could have had a certificate', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const { revoked = [] } = records(steps).at(-1) ?? {};
      const all = steps.flat();
      for (const [name, generation] of revoked) {
        expect(holds(all, [name, generation]) || holds(all, [name, generation - 1])).toBe(true);
      }
    }),
  );
});

it('a record is sorted, holds each entry once, and does not depend on the order of the present', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const last = records(steps).at(-1);
      expect(records(steps.map((step) => [...step].reverse())).at(-1)).toEqual(last);
      for (const list of [last?.present ?? [], last?.revoked ?? []]) {
        const keys = list.map(([name, generation]) => `${name}\n${generation}`);
        expect(new Set(keys).size).toBe(keys.length);
        const inOrder = [...list].sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] < b[0] ? -1 : 1));
        expect(list).toEqual(inOrder);
      }
    }),
  );
});

it('the same fleet again changes nothing', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const last = records(steps).at(-1);
      expect({ ...nextRecord(last, steps.at(-1) ?? []), digest: '' }).toEqual(last);
    }),
  );
});

it('newly revoked are exactly the names of new entries', () => {
  fc.assert(
    fc.property(history, fleet, (steps, step) => {
      const before = records(steps).at(-1);
      const next = nextRecord(before, step);
      const expected = next.revoked.filter((issued) => !holds(before?.revoked ?? [], issued)).map(([name]) => name);
      expect(newlyRevoked(before, next).sort()).toEqual([...new Set(expected)].sort());
    }),
  );
});

it('serial numbers are positive, and tell kinds, names and generations apart', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
  const client = fc.tuple(fc.constantFrom('devices', 'accounts'), name, fc.integer({ min: 1, max: 1_000_000 }));
  fc.assert(
    fc.property(fc.uniqueArray(client, { selector: (each) => each.join('\n'), minLength: 2 }), (clients) => {
      const serials = clients.map((each) => serialOf(...each));
      for (const serial of serials) expect(serial).toMatch(/^[1-7][0-9a-f]{31}$/);
      expect(new Set(serials).size).toBe(clients.length);
    }),
  );
});
