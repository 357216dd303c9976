/** Topic names and topic filters, as MQTT 5.0 section 4.7 defines them. */

/** The longest topic that a packet can carry, in bytes of UTF-8. Source: [MQTT-1.5.4]. */
const maxTopicBytes = 65_535;
/** The most levels that Mosquitto takes; it exits on a file with more. Source: its TOPIC_HIERARCHY_LIMIT. */
const maxLevels = 201;

/**
 * What is wrong with a topic filter, or `undefined` when it is valid.
 *
 * Empty levels (`/a`, `a//b`, `a/`) are legal in MQTT but are refused: they look like a topic that they do not match.
 *
 * Source: [MQTT-4.7.1-1] to [MQTT-4.7.1-3], [MQTT-4.7.3-1] to [MQTT-4.7.3-3].
 */
export function topicFilterProblem(filter: string): string | undefined {
  if (filter === '') return 'is empty; write a topic such as "device/control"';
  if (Buffer.byteLength(filter) > maxTopicBytes) return `is longer than ${maxTopicBytes} bytes; shorten it`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(filter)) return 'contains a control character; remove it';
  if (/\p{Surrogate}/u.test(filter)) return 'contains half a character; write whole ones';
  if (filter.trim() !== filter) return 'begins or ends with a space, which the broker drops; remove it';
  const levels = filter.split('/');
  if (levels.length > maxLevels) return `has more than ${maxLevels} levels; shorten it`;
  for (const [position, level] of levels.entries()) {
    if (level === '') return 'has an empty level; remove the extra "/"';
    if (level.includes('#') && (level !== '#' || position !== levels.length - 1)) {
      return '"#" must be alone in the last level; write "a/#" or use "+" for one level';
    }
    if (level.includes('+') && level !== '+') return '"+" must be alone in its level; write "a/+/b"';
  }
  return undefined;
}

/**
 * Whether a topic name matches a topic filter. A wildcard in the first level does not match a topic that starts with
 * `$`. Source: [MQTT-4.7.1-2], [MQTT-4.7.2-1].
 */
export function matches(filter: string, topic: string): boolean {
  const filterLevels = filter.split('/');
  const topicLevels = topic.split('/');
  if (topic.startsWith('$') && (filterLevels[0] === '#' || filterLevels[0] === '+')) return false;
  for (const [position, level] of filterLevels.entries()) {
    if (level === '#') return true;
    if (position >= topicLevels.length) return false;
    if (level !== '+' && level !== topicLevels[position]) return false;
  }
  return filterLevels.length === topicLevels.length;
}

/** A topic name that matches the filter, with `level` in the place of each wildcard. */
export function sampleTopic(filter: string, level: string): string {
  return filter
    .split('/')
    .map((part) => (part === '+' || part === '#' ? level : part))
    .join('/');
}
