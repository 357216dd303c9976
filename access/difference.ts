/** What access is gained and lost between two lists of rules: of topics, not of lines. */

import { fill, idPlaceholder } from '../fleet/role';
import type { AclRule } from '../mosquitto/acl';
import { common, covers, type Filter, filterOf, topicIn, unnamedIn, writtenAs } from './filter';

/** What a client does with a topic. */
export type Use = 'read' | 'write';

const uses = ['read', 'write'] as const;

/** Topics that may be used by now, or may not any more. */
export interface Change {
  access: Use;
  /** A filter as one of the rules has it, or, where that says it better, what two of them have in common. */
  topic: string;
  /** Whether only a part of what the filter matches has changed. */
  partly: boolean;
  /** A topic that has changed. */
  example: string;
}

export interface Difference {
  gained: Change[];
  lost: Change[];
}

/**
 * What is gained and lost. A list is empty exactly where there is no such topic, whatever the rules look like. Every
 * topic that has changed is below one of the filters, and none of these covers another one of the same access.
 */
export function difference(before: readonly AclRule[], after: readonly AclRule[]): Difference {
  return {
    gained: uses.flatMap((access) => gainedIn(access, before, after)),
    lost: uses.flatMap((access) => gainedIn(access, after, before)),
  };
}

/** Whether a user may do it with every topic that does not begin with `$`, as `#` gives it. */
export function coversAll(rules: readonly AclRule[], access: Use): boolean {
  const { allowed, denied } = setsOf(rules, access);
  const everything = filterOf('#');
  const filters = plain([...allowed, ...denied]);
  return (
    denied.every(({ filter }) => common(filter, everything) === undefined) &&
    topicIn(everything, plain(allowed), unnamedIn(filters)) === undefined
  );
}

/** A rule by which one device reaches what is another one's. */
export interface Reach {
  access: Use;
  /** The filter of the rule, as it is written. */
  topic: string;
  /** A topic of another device, which has the id `other`, or that and a number. */
  example: string;
}

/**
 * By which of its rules a device of a role reaches topics of other devices: those that a rule with `{id}` is about, for
 * another id. A rule that names one device by its id is not told: it is written for that.
 *
 * @param owners the rules that say which topics are a device's own, where other roles have some, too
 */
export function reachesOthers(rules: readonly AclRule[], owners: readonly AclRule[] = rules): Reach[] {
  const [own, other] = [unusedId([...rules, ...owners], 'own'), unusedId([...rules, ...owners], 'other')];
  const mine = rules.map(({ access, topic }) => ({ access, topic: fill(topic, own) }));
  const written = new Map(rules.map(({ topic }) => [fill(topic, own), topic]));
  const theirs = owners
    .filter(({ access, topic }) => access !== 'deny' && topic.split('/').includes(idPlaceholder))
    .map(({ topic }) => filterOf(fill(topic, other)));
  const unnamed = unnamedIn([...theirs, ...mine.map(({ topic }) => filterOf(topic))]);
  return uses.flatMap((access) => {
    const { allowed, denied } = setsOf(mine, access);
    return allowed.flatMap(({ filter, topic }): Reach[] => {
      const example = firstOf(theirs, (their) => {
        const both = common(their, filter);
        return both && topicIn(both, plain(denied), unnamed);
      });
      return example === undefined ? [] : [{ access, topic: written.get(topic) ?? topic, example }];
    });
  });
}

/** An id that no rule names. */
function unusedId(rules: readonly AclRule[], wanted: string): string {
  const levels = new Set(rules.flatMap(({ topic }) => topic.split('/')));
  let id = wanted;
  for (let number = 2; levels.has(id); number += 1) id = `${wanted}${number}`;
  return id;
}

/** A filter, and how it is written. */
interface Named {
  filter: Filter;
  topic: string;
}

interface Sets {
  allowed: Named[];
  denied: Named[];
}

function gainedIn(access: Use, rulesBefore: readonly AclRule[], rulesAfter: readonly AclRule[]): Change[] {
  const [before, after] = [setsOf(rulesBefore, access), setsOf(rulesAfter, access)];
  const unnamed = unnamedIn(plain([...before.allowed, ...before.denied, ...after.allowed, ...after.denied]));
  const named: Array<Named & Change> = [];

  /** A topic of the filter that others match, too, and none of what is outside. */
  const among = (within: Filter, others: readonly Named[], outside: readonly Named[]) =>
    firstOf(others, ({ filter }) => {
      const both = common(filter, within);
      return both && topicIn(both, plain(outside), unnamed);
    });
  /** A topic of the filter that is gained because a rule allows it, or because no rule denies it any more. */
  const allowedNow = (within: Filter) =>
    topicIn(within, plain([...after.denied, ...named, ...before.allowed, ...before.denied]), unnamed);
  const deniedNoMore = (within: Filter) => among(within, before.denied, [...after.denied, ...named]);
  const isWhole = (within: Filter) =>
    among(within, after.denied, []) === undefined &&
    topicIn(within, plain(after.allowed), unnamed) === undefined &&
    among(within, before.allowed, before.denied) === undefined;
  const name = (each: Named, example: string | undefined) => {
    if (example === undefined) return;
    named.push({ ...each, access, partly: !isWhole(each.filter), example });
  };

  const written = once([...after.allowed, ...before.denied]);
  for (const each of written)
    if (isWhole(each.filter)) name(each, allowedNow(each.filter) ?? deniedNoMore(each.filter));
  for (const each of after.allowed) name(each, allowedNow(each.filter));
  for (const deny of before.denied) {
    if (deniedNoMore(deny.filter) === undefined) continue;
    for (const allow of after.allowed) {
      const both = commonOf(deny, allow);
      if (both !== undefined) name(both, topicIn(both.filter, plain([...after.denied, ...named]), unnamed));
    }
  }
  return once(named).map(({ topic, partly, example }) => ({ access, topic, partly, example }));
}

function commonOf(deny: Named, allow: Named): Named | undefined {
  const filter = common(deny.filter, allow.filter);
  if (filter === undefined) return undefined;
  const same = [deny, allow].find((each) => covers(filter, each.filter));
  return { filter, topic: same?.topic ?? writtenAs(filter) };
}

/** What rules allow and deny, without what another one of them covers. */
function setsOf(rules: readonly AclRule[], access: Use): Sets {
  const of = (...accesses: Array<AclRule['access']>) =>
    once(
      rules.filter((rule) => accesses.includes(rule.access)).map(({ topic }) => ({ filter: filterOf(topic), topic })),
    );
  return { allowed: of(access, 'readwrite'), denied: of('deny') };
}

/** Those that no other one covers; of equal ones the first. */
function once<T extends Named>(all: readonly T[]): T[] {
  const different = [...new Map([...all].reverse().map((each) => [each.filter.join('/'), each])).values()].reverse();
  return different.filter(
    ({ filter }) => !different.some((other) => other.filter !== filter && covers(other.filter, filter)),
  );
}

function plain(all: readonly Named[]): Filter[] {
  return all.map(({ filter }) => filter);
}

function firstOf<T>(all: readonly T[], find: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
