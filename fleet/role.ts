/** Roles: what devices may publish and read, said once for any number of them. */

import type { AclRule } from '../mosquitto/acl';
import { inQuotes } from '../mosquitto/quoted';
import { topicFilterProblem } from '../mosquitto/topics';

/** Stands for the id of the device, as a whole level of a topic. */
export const idPlaceholder = '{id}';

/** A set of rules that every device of the role has, `{id}` standing for the device's own id. */
export interface Role {
  name: string;
  rules: AclRule[];
}

/** What one device may do. */
export function rulesFor(role: Role, id: string): AclRule[] {
  return role.rules.map(({ access, topic }) => ({ access, topic: fill(topic, id) }));
}

/** The topic of one device. */
export function fill(topic: string, id: string): string {
  return topic
    .split('/')
    .map((level) => (level === idPlaceholder ? id : level))
    .join('/');
}

/**
 * What is wrong with the topic of a role, or `undefined` when it is valid. `%u` and `%c` have a meaning of their own in
 * Mosquitto's patterns. Source: mosquitto.conf(5), `acl_file`.
 */
export function roleTopicProblem(topic: string): string | undefined {
  if (/%[cu]/.test(topic))
    return `contains ${topic.match(/%[cu]/)?.[0]}; write ${idPlaceholder} for the device's own id`;
  const partial = topic.split('/').find((level) => level !== idPlaceholder && /[{}]/.test(level));
  if (partial !== undefined) return `has a level ${inQuotes(partial)}; ${idPlaceholder} must be alone in its level`;
  return topicFilterProblem(topic);
}

/** What is wrong with the name of a role, or `undefined` when it is valid. */
export function roleNameProblem(name: string): string | undefined {
  return /^[A-Za-z0-9_-]{1,32}$/.test(name)
    ? undefined
    : 'is not the name of a role; write 1 to 32 letters, digits, "-", "_"';
}
