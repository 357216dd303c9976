/** The account that verification speaks with: it reaches probe topics only, so a leak of it reveals nothing. */

import type { UserAcl } from './acl';
import { aipiTopics, guideTest } from './aipi';
import { isLiteral, sampleTopic } from './topics';

export const witnessUsername = 'aipi_verify';

/** Stands in the place of a device id or any other wildcard, so that no probe reaches a real device's topic. */
export const probeLevel = 'aipi-verify';

/** A message that comes back from here proves that the broker serves. */
export const markerTopic = `${probeLevel}/marker`;

/** A topic that belongs to no class: nobody but an account with `#` may use it. */
export const foreignTopic = `${probeLevel}/foreign`;

/** What verification publishes and reads, sampled from the topics of AIPI and of every account. */
export function probeTopics(users: readonly UserAcl[]): string[] {
  const filters = [...aipiTopics, ...users.flatMap((user) => user.rules.map((rule) => rule.topic))];
  const samples = filters.filter((filter) => !isLiteral(filter)).map((filter) => sampleTopic(filter, probeLevel));
  return [...new Set([guideTest.topic, foreignTopic, ...samples.filter((topic) => !topic.startsWith('$'))])].sort();
}

/**
 * Topics of the model that real clients may listen to. A probe there would be taken for a real message, so they are
 * proved on a rehearsal of the broker, which nobody else can reach.
 */
export function literalTopics(users: readonly UserAcl[]): string[] {
  const filters = [...aipiTopics, ...users.flatMap((user) => user.rules.map((rule) => rule.topic))];
  const literal = filters.filter((filter) => isLiteral(filter) && !filter.startsWith('$'));
  return [...new Set<string>(literal)].filter((topic) => topic !== guideTest.topic).sort();
}

/** What the witness may do on the live broker. */
export function witnessAcl(users: readonly UserAcl[]): UserAcl {
  const topics = [...probeTopics(users), markerTopic];
  return { username: witnessUsername, rules: topics.map((topic) => ({ access: 'readwrite', topic })) };
}

/** The same users for a rehearsal, where the witness sees everything. */
export function rehearsalUsers(users: readonly UserAcl[]): UserAcl[] {
  const others = users.filter((user) => user.username !== witnessUsername);
  return [...others, { username: witnessUsername, rules: [{ access: 'readwrite', topic: '#' }] }];
}
