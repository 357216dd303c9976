/** Lines that would change an answer, as one would write them. */

import { idPlaceholder, roleTopicProblem } from '../fleet/role';
import { type Access, formatRule } from '../mosquitto/acl';
import { topicFilterProblem } from '../mosquitto/topics';
import { isProbeLevel } from '../mosquitto/witness';
import type { Line, Subject } from './subject';

export interface Change {
  does: 'add' | 'remove';
  /** Path of the list for a line to add, of the line itself for one to remove. */
  path: string;
  /** The line, such as `write device/{id}/data`. */
  line: string;
}

/**
 * A line that gives or takes access to a topic or filter; undefined where none can, because the topic is the broker's own,
 * or the lines of this user are the program's.
 *
 * What the configuration does not take in a line stands as `+`, which then covers more than was asked for.
 */
export function added(subject: Subject, access: Access, topic: string): Change | undefined {
  if (subject.list === null || !isGrantable(access, topic)) return undefined;
  const isRole = subject.kind === 'device';
  const levels = topic.split('/').map((level) => {
    if (level === '+' || level === '#') return level;
    if (isRole && level === subject.username) return idPlaceholder;
    return isWritable(level, isRole) ? level : '+';
  });
  const line = levels.join('/');
  // A line of spaces at its ends would lose them.
  const problem = isRole ? roleTopicProblem(line) : topicFilterProblem(line);
  return problem === undefined
    ? { does: 'add', path: subject.list, line: formatRule({ access, topic: line }) }
    : undefined;
}

export function removed(lines: readonly Line[]): Change[] {
  return lines.flatMap(({ path, text }): Change[] => (path === null ? [] : [{ does: 'remove', path, line: text }]));
}

/** `$SYS` is the broker's to write, and every other `$` topic belongs to a mechanism that is not in use. */
function isGrantable(access: Access, topic: string): boolean {
  return !topic.startsWith('$') || (topic.startsWith('$SYS/') && (access === 'read' || access === 'deny'));
}

function isWritable(level: string, isRole: boolean): boolean {
  if (level === '' || isProbeLevel(level) || level.trim() !== level) return false;
  return !isRole || !/[{}]|%[cu]/.test(level);
}
