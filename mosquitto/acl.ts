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

/** Everything that an ACL file says. */
export interface AclFile {
  /** Rules of every user of the file; `%u` stands for the user's name. */
  patterns: AclRule[];
  users: UserAcl[];
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
export function renderAcl(users: readonly UserAcl[], patterns: readonly AclRule[] = []): string {
  const everybody = patterns.length === 0 ? [] : [ruleLines('pattern', patterns).join('\n')];
  const blocks = [...users]
    .sort((a, b) => compare(a.username, b.username))
    .map((user) => [`user ${user.username}`, ...ruleLines('topic', user.rules)].join('\n'));
  return [...everybody, ...blocks].map((block) => `${block}\n`).join('\n');
}

/** The same file with more rules for users of it; Mosquitto takes all blocks of a user together. */
export function withRules(acl: string, added: UserAcl): string {
  return added.rules.length === 0 ? acl : `${acl}\n${renderAcl([added])}`;
}

function ruleLines(keyword: 'topic' | 'pattern', rules: readonly AclRule[]): string[] {
  return rules.map((rule) => `${keyword} ${formatRule(rule)}`).sort(compare);
}

/**
 * Reads an ACL file.
 *
 * @throws Error naming the first line that Mosquitto would refuse, by its number. The broker exits on such a line.
 */
export function parseAcl(text: string): AclFile {
  const file: AclFile = { patterns: [], users: [] };
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const user = line.match(/^user (\S+)$/)?.[1];
    const [, keyword, rest = ''] = line.match(/^(topic|pattern) (.*)$/) ?? [];
    const rules = keyword === 'pattern' ? file.patterns : file.users.at(-1)?.rules;
    const rule = parseRule(rest);
    if (user !== undefined) file.users.push({ username: user, rules: [] });
    else if (rules !== undefined && rule !== undefined && topicFilterProblem(rule.topic) === undefined)
      rules.push(rule);
    else throw new Error(`ACL file, line ${index + 1}: not a line that Mosquitto accepts; regenerate the file`);
  }
  return file;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
