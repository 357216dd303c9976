/** Whose access changes, and how. */

import { type Change, coversAll, difference, reachesOthers } from '../access/difference';
import { filterOf, writtenAs } from '../access/filter';
import { isKnown } from '../change/unknown';
import { defaultRole } from '../fleet/device';
import { idPlaceholder, type Role, rulesFor } from '../fleet/role';
import type { AclRule } from '../mosquitto/acl';
import { matches, sampleTopic } from '../mosquitto/topics';
import { hasDevices } from './decision';
import type { AccessChange } from './form';
import type { Side } from './side';

export interface AccessReview {
  changes: AccessChange[];
  /** What is wider than it should become unseen, a line each. */
  widened: string[];
}

/** Somebody whose rules may be others than before. */
interface Holder {
  kind: AccessChange['kind'];
  name: string;
  before: readonly AclRule[];
  after: readonly AclRule[];
}

/**
 * @param reassigned devices that get another role
 * @param added devices that were not there
 */
export function accessReview(
  before: Side | undefined,
  after: Side,
  reassigned: ReadonlyArray<{ from: string; to: string }>,
  added: readonly string[] = [],
): AccessReview {
  const holders = [
    ...accountHolders(before, after),
    ...roleHolders(before, after),
    ...movedHolders(before, after, reassigned),
  ];
  const all = holders
    .filter(({ before: old, after: next }) => JSON.stringify(old) !== JSON.stringify(next))
    .map((holder) => ({ holder, ...difference(holder.before, holder.after) }));
  return {
    changes: all.flatMap(({ holder, gained, lost }) => [
      ...joined(gained).map((change) => told(holder, 'gained', change)),
      ...joined(lost).map((change) => told(holder, 'lost', change)),
    ]),
    widened: [
      ...all.flatMap(({ holder, gained }) => widened(holder, gained, after)),
      ...addedHolders(before, after, added).flatMap((holder) =>
        widened(holder, difference([], holder.after).gained, after),
      ),
    ],
  };
}

function accountHolders(before: Side | undefined, after: Side): Holder[] {
  return pairs(before?.accounts ?? [], after.accounts, ({ username }) => username).map(([name, old, next]) => ({
    kind: 'account',
    name,
    before: old?.rules ?? [],
    after: next?.rules ?? [],
  }));
}

/** Roles mean nothing where no listener is for devices. */
function roleHolders(before: Side | undefined, after: Side): Holder[] {
  const rolesOf = (side: Side | undefined) => (side !== undefined && hasDevices(side) ? side.roles : []);
  return pairs(rolesOf(before), rolesOf(after), ({ name }) => name).map(([name, old, next]) => ({
    kind: 'role',
    name,
    before: old?.rules ?? [],
    after: next?.rules ?? [],
  }));
}

/** Once for each pair of roles, however many devices go that way. */
function movedHolders(
  before: Side | undefined,
  after: Side,
  reassigned: ReadonlyArray<{ from: string; to: string }>,
): Holder[] {
  const ways = new Map(reassigned.map(({ from, to }) => [`${from} -> ${to}`, { from, to }]));
  return [...ways].map(([name, { from, to }]) => ({
    kind: 'devices',
    name,
    before: rulesOf(before, from),
    after: rulesOf(after, to),
  }));
}

/** Of roles that are told by themselves, or that a device has which names none, nothing is said a second time. */
function addedHolders(before: Side | undefined, after: Side, added: readonly string[]): Holder[] {
  if (before === undefined || !hasDevices(before)) return [];
  const roles = rolesOf(after);
  const names = [...new Set(added.map((id) => roles.get(id) ?? defaultRole))].sort();
  return names
    .filter((name) => name !== defaultRole && before.roles.some((role) => role.name === name))
    .map((name) => ({ kind: 'devices', name: `that are added as ${name}`, before: [], after: rulesOf(after, name) }));
}

function rulesOf(side: Side | undefined, name: string): readonly AclRule[] {
  return side?.roles.find((role) => role.name === name)?.rules ?? [];
}

/** Those of two lists that have the same name, in the order of names. */
function pairs<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (each: T) => string,
): Array<[string, T | undefined, T | undefined]> {
  const [old, next] = [before, after].map((list) => new Map(list.map((each) => [nameOf(each), each])));
  const names = [...new Set([...before, ...after].map(nameOf))].sort();
  return names.map((name) => [name, old?.get(name), next?.get(name)]);
}

type Joined = Omit<Change, 'access'> & { access: AccessChange['access'] };

/** Reading and writing of the same filter as one. */
function joined(changes: readonly Change[]): Joined[] {
  const read = changes.filter(({ access }) => access === 'read');
  const write = changes.filter(({ access }) => access === 'write');
  const isSame = (a: Change) => (b: Change) => a.topic === b.topic && a.partly === b.partly;
  return [
    ...read.map((each): Joined => (write.some(isSame(each)) ? { ...each, access: 'readwrite' } : each)),
    ...write.filter((each) => !read.some(isSame(each))),
  ].sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0));
}

function told({ kind, name }: Holder, change: AccessChange['change'], { access, topic, partly, example }: Joined) {
  return { kind, name, change, access, topic, partly, example } satisfies AccessChange;
}

function named({ kind, name }: Pick<Holder, 'kind' | 'name'>): string {
  return kind === 'account' ? `the account ${name}` : kind === 'role' ? `the role ${name}` : `devices ${name}`;
}

/** What is gained that reaches everything, or what belongs to other devices. */
function widened(holder: Holder, gained: readonly Change[], after: Side): string[] {
  const everything = (['read', 'write'] as const).filter(
    (access) => coversAll(holder.after, access) && !coversAll(holder.before, access),
  );
  const gains = `${named(holder)} ${holder.kind === 'devices' ? 'gain' : 'gains'}`;
  if (everything.length > 0) return [`${gains} ${everything.join(' and ')} of everything (#)`];
  const nearly = gained.filter(({ topic }) => writtenAs(filterOf(topic)) === '#').map(({ access }) => access);
  if (nearly.length > 0) return [`${gains} ${nearly.join(' and ')} of everything (#) that is not denied`];
  if (holder.kind !== 'account') {
    const owners = after.roles.flatMap(({ rules }) => rules);
    const known = reachesOthers(holder.before, owners).map(({ access, topic }) => `${access} ${topic}`);
    return reachesOthers(holder.after, owners)
      .map(({ access, topic }) => `${access} ${topic}`)
      .filter((reach) => !known.includes(reach))
      .map((reach) => `${gains} ${reach}, which belongs to other devices, too`);
  }
  return gained
    .filter(({ topic }) => reachesDevices(topic, after.roles))
    .map(({ access, topic }) => `${gains} ${access} ${topic}, which belongs to more than one device`);
}

/** Whether a filter matches what a role calls a device's own, of any two devices. */
function reachesDevices(filter: string, roles: readonly Role[]): boolean {
  const ids = ['aipi-one', 'aipi-two'];
  return roles.some((role) =>
    role.rules
      .filter(({ access, topic }) => access !== 'deny' && topic.split('/').includes(idPlaceholder))
      .some((rule) =>
        ids.every((id) =>
          rulesFor({ ...role, rules: [rule] }, id).every(({ topic }) => matches(filter, sampleTopic(topic, id))),
        ),
      ),
  );
}

/** Roles of devices that were there before, where they are known. */
export function rolesOf(side: Side | undefined): ReadonlyMap<string, string> {
  if (side === undefined || !isKnown(side.devices)) return new Map();
  return new Map(side.devices.map(({ id, role }) => [id, role]));
}
