/** Access rules and the ACL file, in the words of mosquitto.conf(5), option `acl_file`. */

import { matches, topicFilterProblem } from './topics';

export const accesses = ['read', 'write', 'readwrite', 'deny'] as const;
export type Access = (typeof accesses)[number];

/** One `topic` line of an ACL file. */
export interface AclRule {
  access: Access;
  /** The topic filter that the rule is about. */
  topic: string;
}

/** What one user may do. */
export interface UserAcl {
  username: string;
  rules: AclRule[];
}

/** Writes a rule as Mosquitto does: `read device/control`. */
export function formatRule(rule: AclRule): string {
  return `${rule.access} ${rule.topic}`;
}

/** Reads `read device/control`; `undefined` where the first word is no access or the topic is missing. */
export function parseRule(text: string): AclRule | undefined {
  const [word, ...rest] = text.split(' ');
  const access = accesses.find((each) => each === word);
  const topic = rest.join(' ');
  return access === undefined || topic.trim() === '' ? undefined : { access, topic };
}

/**
 * Whether the rules let their user do `access` on a topic. A matching `deny` wins over every other rule, whatever the
 * order: the broker's own order of evaluation.
 */
export function allows(rules: readonly AclRule[], access: 'read' | 'write', topic: string): boolean {
  const matching = rules.filter((rule) => matches(rule.topic, topic));
  if (matching.some((rule) => rule.access === 'deny')) return false;
  return matching.some((rule) => rule.access === access || rule.access === 'readwrite');
}

/** The text of an ACL file. Users and rules are sorted, so the same access always gives the same file. */
export function renderAcl(users: readonly UserAcl[]): string {
  const blocks = [...users]
    .sort((a, b) => compare(a.username, b.username))
    .map((user) => {
      const topics = user.rules.map((rule) => `topic ${formatRule(rule)}`).sort(compare);
      return [`user ${user.username}`, ...topics].join('\n');
    });
  return blocks.map((block) => `${block}\n`).join('\n');
}

/**
 * Reads an ACL file.
 *
 * @throws Error naming the first line that Mosquitto would refuse, by its number. The broker exits on such a line.
 */
export function parseAcl(text: string): UserAcl[] {
  const users: UserAcl[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const user = line.match(/^user (\S+)$/)?.[1];
    const rule = line.startsWith('topic ') ? parseRule(line.slice('topic '.length)) : undefined;
    if (user !== undefined) users.push({ username: user, rules: [] });
    else if (rule !== undefined && topicFilterProblem(rule.topic) === undefined && users.length > 0)
      users[users.length - 1]?.rules.push(rule);
    else throw new Error(`ACL file, line ${index + 1}: not a line that Mosquitto accepts; regenerate the file`);
  }
  return users;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
