/**
 * What rules mean, in the words of docs/configuration.md: `{id}` is the id of the device, a matching `deny` wins over everything,
 * and what no rule grants is refused. Written without the product, so that the two can be compared.
 */

export interface PlainRule {
  access: 'read' | 'write' | 'readwrite' | 'deny';
  topic: string;
}

/** Reads `read device/control`. */
export function rulesOf(lines: readonly string[]): PlainRule[] {
  return lines.map((line) => {
    const space = line.indexOf(' ');
    return { access: line.slice(0, space) as PlainRule['access'], topic: line.slice(space + 1) };
  });
}

/** The rules of one device. */
export function rulesWith(rules: readonly PlainRule[], id: string): PlainRule[] {
  return rules.map(({ access, topic }) => ({ access, topic: topic.replaceAll('{id}', id) }));
}

/** Whether a user with these rules may publish to a topic, or read it. */
export function may(rules: readonly PlainRule[], access: 'read' | 'write', topic: string): boolean {
  const met = rules.filter((rule) => covers(rule.topic, topic)).map((rule) => rule.access);
  return !met.includes('deny') && (met.includes(access) || met.includes('readwrite'));
}

/** Whether a topic matches a filter. Source: MQTT 5.0, section 4.7. */
export function covers(filter: string, topic: string): boolean {
  const known = expressions.get(filter) ?? expression(filter);
  expressions.set(filter, known);
  return known.test(topic);
}

/** Filters that were met, because the same few are asked for thousands of topics. */
const expressions = new Map<string, RegExp>();

function expression(filter: string): RegExp {
  const text = filter
    .replace(/^\$share\/[^/]*\//, '')
    .replace(/[.*?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('+', '[^/]*')
    .replace(/(^|\/)#$/, (_, slash) => (slash === '' ? '.*' : '(/.*)?'));
  const own = /^(\$share\/[^/]*\/)?[+#]/.test(filter) ? '(?!\\$)' : '';
  return new RegExp(`^${own}${text}$`, 's');
}
