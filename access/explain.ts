/**
 * Whether a user may publish to a topic, or what reaches it by a subscription: by which line of the configuration, what a
 * client sees of it, and what would change it.
 *
 * The answers are those of Mosquitto 2.1.2 with the files that this program writes. Where it differs from its manual, that
 * is said at the place that handles it.
 */

import { fill } from '../fleet/role';
import { type Access, parseRule } from '../mosquitto/acl';
import { matches } from '../mosquitto/topics';
import { common, type Extent, extent, withoutHeld } from './extent';
import type { AccessModel } from './model';
import { added, type Change, removed } from './remedy';
import { type Line, type NoSubject, type Subject, subjectOf } from './subject';
import { type Closing, subscriptionOf, subscriptionProblem, topicProblem } from './topic';

export const actions = ['publish', 'subscribe'] as const;
export type Action = (typeof actions)[number];

/** Why an answer is as it is. */
export type Reason =
  /** Lines grant it. */
  | 'granted'
  /** A `deny` matches, which wins over every grant. */
  | 'denied'
  /** No rule grants it. */
  | 'no rule grants it'
  /** Nobody may write to topics that begin with `$`; they belong to the broker. */
  | 'belongs to the broker'
  /** What is published there never reaches a shared subscription. */
  | 'never shared'
  /** The broker closes the connection. */
  | 'closed';

/** Lines that decide. */
interface Because {
  reason: Reason;
  /** Those that grant, or those that deny; empty where no rule has a part in it. */
  lines: Line[];
}

/** What a client notices. */
export interface Seen {
  mqtt5: string;
  mqtt311: string;
}

interface Explained {
  user: string;
  kind: Subject['kind'];
  /** Name of a device's role; null for accounts. */
  role: string | null;
  /** How many devices share the lines that decide; 1 for an account. */
  sharedBy: number;
  /** As it was asked for. */
  topic: string;
  because: Because;
  seen: Seen;
  /** What would turn the answer around, all of it together; empty where nothing that one may write would. */
  changes: Change[];
  /** What else is to be known, a sentence each. */
  notes: string[];
}

export interface PublishExplained extends Explained {
  action: 'publish';
  allowed: boolean;
}

export interface SubscribeExplained extends Explained {
  action: 'subscribe';
  /** Whether the broker grants the subscription: always, as long as it is one. */
  granted: boolean;
  /** How much of what is subscribed to is delivered. */
  delivered: Extent;
  /** Topic filters of all that is delivered... */
  topics: string[];
  /** ...but for what matches one of these. */
  except: string[];
}

export type Explanation = PublishExplained | SubscribeExplained;

/** @returns a problem where there is no such user */
export function explain(
  model: AccessModel,
  username: string,
  action: Action,
  topicOrFilter: string,
): Explanation | NoSubject {
  const subject = subjectOf(model, username);
  if ('problem' in subject) return subject;
  return action === 'publish' ? explainPublish(subject, topicOrFilter) : explainSubscribe(subject, topicOrFilter);
}

export function explainPublish(subject: Subject, topic: string): PublishExplained {
  const base = { ...ofSubject(subject), action: 'publish', topic } as const;
  const closing = topicProblem(topic);
  if (closing !== undefined) return { ...base, ...closed(closing), allowed: false };
  const matching = subject.lines.filter(({ rule }) => matches(rule.topic, topic));
  const denying = matching.filter(({ rule }) => rule.access === 'deny');
  const granting = matching.filter(({ rule }) => rule.access === 'write' || rule.access === 'readwrite');
  const change = added(subject, 'write', topic);
  if (denying.length === 0 && granting.length > 0) {
    return {
      ...base,
      allowed: true,
      because: { reason: 'granted', lines: granting },
      seen: accepted,
      changes: removed(granting),
      notes: [...wideNotes(subject, granting, topic), retainedNote(subject.username)],
    };
  }
  const grant = granting.length > 0 || change === undefined ? [] : [change];
  const isOfBroker = topic.startsWith('$');
  return {
    ...base,
    allowed: false,
    because: {
      reason: denying.length > 0 ? 'denied' : isOfBroker ? 'belongs to the broker' : 'no rule grants it',
      lines: denying,
    },
    seen: refused,
    changes: isOfBroker ? [] : [...removed(denying), ...grant],
    notes: [
      ...othersNotes(subject, 'write', (filter) => matches(filter, topic)),
      ...sharingNotes(subject, grant),
      willNote,
    ],
  };
}

/** Mosquitto grants every subscription, and asks the rules for each message that it is about to deliver. */
export function explainSubscribe(subject: Subject, filter: string): SubscribeExplained {
  const base = { ...ofSubject(subject), action: 'subscribe', topic: filter } as const;
  const closing = subscriptionProblem(filter);
  if (closing !== undefined) {
    return { ...base, ...closed(closing), granted: false, delivered: 'nothing', topics: [], except: [] };
  }
  const subscription = subscriptionOf(filter);
  // Mosquitto keeps a shared subscription to "$" topics where it looks for none: the broker's own messages miss it.
  if (subscription.group !== undefined && subscription.filter.startsWith('$')) {
    return {
      ...base,
      granted: true,
      delivered: 'nothing',
      topics: [],
      except: [],
      because: { reason: 'never shared', lines: [] },
      seen: silent,
      changes: [],
      notes: [`Without "$share/${subscription.group}/" it is an ordinary subscription, which the rules decide on.`],
    };
  }
  return { ...base, granted: true, ...delivery(subject, subscription.filter, subscription.group !== undefined) };
}

function delivery(
  subject: Subject,
  filter: string,
  isShared: boolean,
): Omit<SubscribeExplained, keyof ReturnType<typeof ofSubject> | 'action' | 'topic' | 'granted'> {
  const touching = subject.lines.filter(({ rule }) => common(filter, rule.topic) !== undefined);
  const granting = touching.filter(({ rule }) => rule.access === 'read' || rule.access === 'readwrite');
  const denying = touching.filter(({ rule }) => rule.access === 'deny');
  const grants = granting.map(({ rule }) => rule.topic);
  const delivered = extent(
    filter,
    grants,
    denying.map(({ rule }) => rule.topic),
  );
  const isWhole = extent(filter, grants) === 'everything';
  const topics =
    delivered === 'nothing'
      ? []
      : isWhole
        ? [filter]
        : withoutHeld(grants.flatMap((grant) => common(filter, grant) ?? []));
  // A deny of what nobody grants decides nothing.
  const takingAway = denying.filter(({ rule }) => grants.some((grant) => isCommonTo(filter, grant, rule.topic)));
  const except =
    topics.length === 0 ? [] : withoutHeld(takingAway.flatMap(({ rule }) => common(filter, rule.topic) ?? []));
  const change = isWhole ? undefined : added(subject, 'read', filter);
  const grant = change === undefined ? [] : [change];
  const isOfBroker = filter.startsWith('$') && !filter.startsWith('$SYS/');
  return {
    delivered,
    topics,
    except,
    because: {
      reason:
        delivered !== 'nothing'
          ? 'granted'
          : takingAway.length > 0
            ? 'denied'
            : isOfBroker
              ? 'belongs to the broker'
              : 'no rule grants it',
      lines: delivered === 'nothing' ? takingAway : [...granting, ...takingAway],
    },
    seen: delivered === 'everything' ? subscribed : delivered === 'part' ? partly : silent,
    changes: delivered === 'everything' ? removed(granting) : isOfBroker ? [] : [...removed(denying), ...grant],
    notes: [
      ...(delivered === 'everything'
        ? wideNotes(subject, granting, filter)
        : [
            ...othersNotes(subject, 'read', (each) => common(each, filter) !== undefined),
            ...sharingNotes(subject, grant),
          ]),
      ...(isShared ? sharedNotes : ['Retained messages follow the same rules.']),
      ...(/^[+#]/.test(filter)
        ? ['"#" and "+" at the beginning match no topic that begins with "$", such as $SYS/broker/uptime.']
        : []),
    ],
  };
}

function isCommonTo(...[first, ...others]: readonly string[]): boolean {
  return (
    others.reduce<string | undefined>((all, each) => (all === undefined ? undefined : common(all, each)), first) !==
    undefined
  );
}

function ofSubject({ username, kind, role, sharedBy }: Subject) {
  return { user: username, kind, role, sharedBy };
}

const accepted: Seen = {
  mqtt5: 'an ordinary acknowledgement; at QoS 1 with reason code 0x10 where nobody subscribes to the topic',
  mqtt311: 'an ordinary acknowledgement',
};

const refused: Seen = {
  mqtt5: 'reason code 0x87 (Not authorized) in PUBACK or PUBREC at QoS 1 and 2; nothing at QoS 0',
  mqtt311: 'an ordinary PUBACK or PUBREC, though the message is dropped; nothing at QoS 0',
};

const subscribed: Seen = { mqtt5: 'a granted subscription', mqtt311: 'a granted subscription' };

const partly: Seen = {
  mqtt5: 'a granted subscription; what it may not read does not arrive, and nothing says so',
  mqtt311: 'a granted subscription; what it may not read does not arrive, and nothing says so',
};

const silent: Seen = {
  mqtt5: 'a granted subscription by which nothing arrives, and nothing says so',
  mqtt311: 'a granted subscription by which nothing arrives, and nothing says so',
};

function closed({ says, reasonCode }: Closing): Pick<Explained, 'because' | 'seen' | 'changes' | 'notes'> {
  const code = `0x${reasonCode.toString(16)} (${reasonCode === 0x81 ? 'Malformed packet' : 'Protocol error'})`;
  return {
    because: { reason: 'closed', lines: [] },
    seen: {
      mqtt5: `the broker ends the connection, by a DISCONNECT with reason code ${code}`,
      mqtt311: 'the broker ends the connection without a word',
    },
    changes: [],
    notes: [`It ${says}.`],
  };
}

/**
 * The manual says that `check_retain_source` is on by default, and withholds it then. In 2.1.2 it is off: `conf.c` sets no
 * default, and what was seen is so.
 */
function retainedNote(username: string): string {
  return `With the retain flag it also reaches those who subscribe later, even when ${username} may no longer publish there.`;
}

/** What takes away no more than was asked for. */
function wideNotes(subject: Subject, granting: readonly Line[], topic: string): string[] {
  const narrow = granting.every(({ rule }) => rule.topic === topic) ? undefined : added(subject, 'deny', topic);
  return narrow === undefined
    ? []
    : [`To take away this topic alone, for reading as well, add "${narrow.line}" to ${narrow.path}.`];
}

const willNote = 'A last will there is taken at login, and never published.';

/** Mosquitto asks the rules only of the member whose turn it is: what that one may not read is lost for the group. */
const sharedNotes = [
  'Each message goes to one member of the group; where that one may not read it, no other member gets it.',
  'Retained messages are not sent to shared subscriptions.',
];

/** Whether the role gives each device what is asked for with its own id: the topic is another device's then. */
function othersNotes({ username, lines }: Subject, access: Access, isMatch: (filter: string) => boolean): string[] {
  const own = lines.find(({ text, rule }) => {
    const written = parseRule(text)?.topic ?? '';
    const [ofAll, ofThis] = [fill(written, '+'), rule.topic];
    return [access, 'readwrite'].includes(rule.access) && ofAll !== written && isMatch(ofAll) && !isMatch(ofThis);
  });
  return own === undefined
    ? []
    : [`${own.path}, "${own.text}", reaches the topics of one device each; those of ${username} have its own id.`];
}

function sharingNotes({ role, sharedBy }: Subject, grant: readonly Change[]): string[] {
  if (role === null || grant.length === 0) return [];
  const others = sharedBy === 1 ? 'no other device has it now' : `${sharedBy} devices have it`;
  return [`A line of the role ${role} counts for every device of it; ${others}.`];
}
