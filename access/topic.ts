/** Topics and subscriptions as clients send them, and as Mosquitto 2.1.2 takes them. */

import { codePoint, inQuotes } from '../mosquitto/quoted';

/** What the broker does where it does not take a packet. */
export interface Closing {
  /** What is wrong, in words that follow the topic. */
  says: string;
  /** Reason code of the DISCONNECT that an MQTT 5 client gets; one of 3.1.1 gets nothing before the end. */
  reasonCode: 0x81 | 0x82;
}

/** The most bytes that the length before a topic can count. Source: [MQTT-1.5.4]. */
const maxBytes = 65_535;
/** Slashes beyond which Mosquitto closes the connection. Source: its TOPIC_HIERARCHY_LIMIT. */
const maxSlashes = 200;

/**
 * Why the broker closes the connection of a client that publishes to a topic; undefined where it takes it. Many client
 * libraries refuse such a topic before it is sent.
 *
 * Empty levels are legal. Mosquitto also closes on characters that MQTT only advises against: control characters and
 * those that Unicode keeps for no character. Source: [MQTT-1.5.4-1], [MQTT-3.3.2-2]; `mosquitto_validate_utf8`.
 */
export function topicProblem(topic: string): Closing | undefined {
  const problem = textProblem(topic) ?? wildcardProblem(topic);
  return problem === undefined ? undefined : { says: problem, reasonCode: 0x81 };
}

/** A subscription: to all that comes, or to a share of it. */
export interface Subscription {
  /** What is subscribed to. */
  filter: string;
  /** Name of the group that shares the messages; undefined where each subscriber gets all of them. */
  group?: string;
}

/** The parts of what a client subscribes to. */
export function subscriptionOf(filter: string): Subscription {
  const [, group, shared] = filter.match(/^\$share\/([^/]*)\/(.+)$/s) ?? [];
  return group === undefined || shared === undefined ? { filter } : { filter: shared, group };
}

/**
 * Why the broker closes the connection of a client that subscribes; undefined where it grants the subscription.
 *
 * Mosquitto lets a group have no name (`$share//a`), which [MQTT-4.8.2-1] forbids.
 */
export function subscriptionProblem(filter: string): Closing | undefined {
  const problem = textProblem(filter) ?? levelProblem(filter);
  if (problem !== undefined) return { says: problem, reasonCode: 0x81 };
  const [first, group = '', ...shared] = filter.split('/');
  if (first !== '$share') return undefined;
  if (shared.join('/') === '') {
    return { says: 'names a group and nothing to share; write "$share/GROUP/FILTER"', reasonCode: 0x82 };
  }
  return /[+#]/.test(group)
    ? { says: `has a wildcard in the name of the group, ${inQuotes(group)}; name it otherwise`, reasonCode: 0x82 }
    : undefined;
}

function textProblem(text: string): string | undefined {
  if (text === '') return 'is empty; write a topic such as "device/control"';
  if (Buffer.byteLength(text) > maxBytes) return `is longer than ${maxBytes} bytes; shorten it`;
  const odd = text.match(/[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/u)?.[0];
  if (odd !== undefined) return `contains ${codePoint(odd)}, which no topic may hold; remove it`;
  const slashes = text.split('/').length - 1;
  return slashes > maxSlashes ? `has more than ${maxSlashes + 1} levels; shorten it` : undefined;
}

function wildcardProblem(topic: string): string | undefined {
  const wildcard = topic.match(/[+#]/)?.[0];
  return wildcard === undefined
    ? undefined
    : `contains ${inQuotes(wildcard)}, and nobody can publish to a wildcard; write one topic`;
}

function levelProblem(filter: string): string | undefined {
  const levels = filter.split('/');
  for (const [position, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || position !== levels.length - 1)) {
      return 'has a "#" that is not alone in the last level; write "a/#", or "+" for one level';
    }
    if (level.includes('+') && level !== '+') return 'has a "+" that is not alone in its level; write "a/+/b"';
  }
  return undefined;
}
