/** Generators of small fleets whose roles and ids come from few words, so that they often mean the same topic. */

import fc from 'fast-check';
import type { Device } from '../../fleet/device';
import type { Role } from '../../fleet/role';
import { type PlainRule, rulesWith } from './oracle';

export interface Fleet {
  roles: Role[];
  devices: Device[];
}

const words = ['a', 'b', '-'];
/** Words of topics, names that every object of JavaScript has, and ids that differ in little. */
const ids = [...words, 'A', 'a.', 'pi-1', 'pi-10', 'pi.1', '__proto__', 'constructor', 'u', 'x'.repeat(64)];

const level = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 3, arbitrary: fc.constant('{id}') },
  { weight: 2, arbitrary: fc.constant('+') },
);

const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 5 }))
  .map(([levels, tail]) => [...levels, ...(tail === 0 ? ['#'] : [])].join('/'));

const rule: fc.Arbitrary<PlainRule> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      access: fc.constantFrom<PlainRule['access'][]>('read', 'write', 'readwrite', 'readwrite', 'deny'),
      topic: fc.oneof({ weight: 9, arbitrary: filter }, { weight: 1, arbitrary: fc.constant('#') }),
    }),
  },
  // Nobody may write what the broker says of itself.
  {
    weight: 1,
    arbitrary: fc.record({
      access: fc.constantFrom<PlainRule['access'][]>('read', 'deny'),
      topic: filter.map((each) => `$SYS/${each}`),
    }),
  },
);

const role = fc.record({
  name: fc.constantFrom('device', 'gateway', 'camera', 'x', 'constructor'),
  rules: fc.array(rule, { maxLength: 6 }),
});

export const fleet: fc.Arbitrary<Fleet> = fc
  .uniqueArray(role, { minLength: 2, maxLength: 3, selector: ({ name }) => name })
  .chain((roles) =>
    fc.record({
      roles: fc.constant(roles),
      devices: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom(...ids),
          generation: fc.integer({ min: 1, max: 3 }),
          role: fc.constantFrom(...roles.map(({ name }) => name)),
          metadata: fc.constant({}),
        }),
        { minLength: 2, maxLength: 5, selector: ({ id }) => id },
      ),
    }),
  );

/** Every topic of up to three levels that the words, the ids and one more make. */
export function topicsOf({ devices }: Fleet): string[] {
  const levels = [...new Set([...words, ...devices.map(({ id }) => id), 'z'])];
  const longer = (topics: string[]) => topics.flatMap((topic) => levels.map((each) => `${topic}/${each}`));
  return [...levels, ...longer(levels), ...longer(longer(levels))];
}

/** The rules that a device has by its role. */
export function rulesOfDevice({ roles }: Fleet, device: Device): PlainRule[] {
  return rulesWith(roles.find(({ name }) => name === device.role)?.rules ?? [], device.id);
}
