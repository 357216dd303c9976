/**
 * The account that verification speaks with: it reaches probe topics, and reads the status of devices and how much memory
 * the broker uses, so a leak of it reveals who is online and nothing more.
 */

import type { AclRule, UserAcl } from './acl';
import { aipiTopics, guideTest, statusTopic } from './aipi';
import { sampleTopic } from './topics';

export const witnessUsername = 'aipi_verify';

/** Stands in the place of a device id or any other wildcard, so that no probe reaches a real device's topic. */
export const probeLevel = 'aipi-verify';

/** A client whose certificate is always revoked, name and generation: by it revocation is proved. */
export const revokedProbe = [probeLevel, 0] as const;

/** Retained words of devices, in which they also say which bundle they have. */
export const statusTopics = statusTopic('+');

/** Bytes of memory that the broker uses; `#` does not match it. Source: mosquitto(8). */
export const heapTopic = '$SYS/broker/heap/current';

/** A message that comes back from here proves that the broker serves. */
export const markerTopic = `${probeLevel}/marker`;

/** Messages flow here while files are taken over, so that a gap or a loss is seen. */
export const observedTopic = `${probeLevel}/canary`;

/** A topic that belongs to no class: nobody but an account with `#` may use it. */
export const foreignTopic = `${probeLevel}/foreign`;

/** Whether a user name is one of verification's own. */
export function isReserved(name: string): boolean {
  return name === witnessUsername || isProbeLevel(name);
}

/** Whether a level of a topic, or a name, is one of verification's own. */
export function isProbeLevel(level: string): boolean {
  return level === probeLevel || level.startsWith(`${probeLevel}.`);
}

/** What verification publishes and reads, sampled from the topics of AIPI and of every user. */
export function probeTopics(users: readonly UserAcl[]): string[] {
  return [...new Set([guideTest.topic, foreignTopic, ...samples(users).filter(isProbe)])].sort();
}

/**
 * Topics of the model that real clients may listen to. A probe there would be taken for a real message, so they are
 * proved on a rehearsal of the broker, which nobody else can reach.
 */
export function literalTopics(users: readonly UserAcl[]): string[] {
  const literal = samples(users).filter((topic) => !isProbe(topic) && topic !== guideTest.topic);
  return [...new Set(literal)].sort();
}

/** One topic for each filter of the model; `$` topics are the broker's to write. */
function samples(users: readonly UserAcl[]): string[] {
  const filters = [...aipiTopics, ...users.flatMap((user) => user.rules.map((rule) => rule.topic))];
  return filters.map((filter) => sampleTopic(filter, probeLevel)).filter((topic) => !topic.startsWith('$'));
}

function isProbe(topic: string): boolean {
  return topic.split('/').some(isProbeLevel);
}

/** What the witness may do on the live broker. */
export function witnessAcl(users: readonly UserAcl[]): UserAcl {
  const topics = [...probeTopics(users), markerTopic, observedTopic];
  const rules = topics.map((topic): AclRule => ({ access: 'readwrite', topic }));
  const read = [statusTopics, heapTopic].map((topic): AclRule => ({ access: 'read', topic }));
  return { username: witnessUsername, rules: [...rules, ...read] };
}

/** What the witness may do on a rehearsal besides: it sees everything. */
export const rehearsedWitness: UserAcl = { username: witnessUsername, rules: [{ access: 'readwrite', topic: '#' }] };

/** Most devices whose status is corrected; each takes a line of the witness's rules until the next delivery. */
const mostCorrected = 1_000;

/** Where a retained \`online\` of devices stays that a reload has put out: Mosquitto publishes no last will of theirs. */
export function correctedTopics(leaving: readonly string[]): string[] {
  return leaving.slice(0, mostCorrected).map(statusTopic);
}

/** What the witness may do besides while devices are put out. */
export function correctingWitness(leaving: readonly string[]): UserAcl {
  const rules = correctedTopics(leaving).map((topic): AclRule => ({ access: 'readwrite', topic }));
  return { username: witnessUsername, rules };
}

/** The account that verification speaks with, by its password. */
export function witnessOf<T extends UserAcl>(users: readonly T[]): T {
  const witness = users.find((user) => user.username === witnessUsername);
  if (witness === undefined) throw new Error(`the account ${witnessUsername} is missing; run "pulumi up"`);
  return witness;
}
