/** An explanation for a terminal, and as data. */

import type { Explanation } from '../access/explain';
import type { Change } from '../access/remedy';
import { quoted, visible } from '../mosquitto/quoted';
import { type Place, placeWords } from './stack/writtenPlace';

/** Where a path of the configuration stands; undefined where no file says. */
type PlaceOf = (path: string) => Place | undefined;

/** The published form. Described by access/explain.schema.json. */
export function explanationData(explanation: Explanation, stack: string, placeOf: PlaceOf): Record<string, unknown> {
  const { because, changes, sharedBy: _sharedBy, ...rest } = explanation;
  const placed = (path: string | null) => ({ path, place: path === null ? null : (placeOf(path) ?? null) });
  return {
    version: 1,
    stack,
    ...rest,
    because: {
      reason: because.reason,
      lines: because.lines.map(({ path, text, rule }) => ({ line: text, topic: rule.topic, ...placed(path) })),
    },
    changes: changes.map(({ does, line, path }) => ({ does, line, ...placed(path) })),
  };
}

/** @param file the stack file */
export function explanationWords(explanation: Explanation, placeOf: PlaceOf, file: string): string {
  const { because, seen, changes, notes } = explanation;
  const at = (path: string) => {
    const place = placeOf(path);
    return place === undefined ? path : `${path}, ${placeWords(place)}`;
  };
  return [
    verdict(explanation),
    ...because.lines.map(({ path, text, rule }) => {
      const meant = text.endsWith(` ${rule.topic}`) ? '' : ` (here ${rule.topic})`;
      return `  ${text}${meant}  [${path === null ? 'of the program itself' : at(path)}]`;
    }),
    '',
    ...clientWords(seen),
    ...changeWords(explanation, changes, at, placeOf, file),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ]
    .map(visible)
    .join('\n');
}

function verdict(explanation: Explanation): string {
  const { topic, because } = explanation;
  const who = whoWords(explanation);
  if (explanation.action === 'publish') {
    if (explanation.allowed) return `${who} may publish to ${quoted(topic)}, by:`;
    return `${who} may NOT publish to ${quoted(topic)}: ${reasonWords(because.reason)}`;
  }
  const { delivered, topics, except } = explanation;
  if (delivered === 'everything') return `${who} gets everything by a subscription to ${quoted(topic)}, by:`;
  if (delivered === 'nothing') {
    return `${who} gets NOTHING by a subscription to ${quoted(topic)}: ${reasonWords(because.reason)}`;
  }
  const but = except.length === 0 ? '' : `, but for ${except.map((each) => quoted(each)).join(', ')}`;
  return `${who} gets a PART by a subscription to ${quoted(topic)}: ${topics.map((each) => quoted(each)).join(', ')}${but}; by:`;
}

function whoWords({ user, kind, role }: Explanation): string {
  if (kind === 'device') return `${user} (device, role ${role})`;
  return kind === 'account' ? `${user} (account)` : `${user} (the account that checks speak with)`;
}

function reasonWords(reason: Explanation['because']['reason']): string {
  switch (reason) {
    case 'denied':
      return 'a deny wins over every other line:';
    case 'belongs to the broker':
      return 'topics that begin with "$" belong to the broker, and no line can give them';
    case 'never shared':
      return 'the broker sends nothing of "$" topics to shared subscriptions';
    case 'granted':
    case 'no rule grants it':
    case 'closed':
      return reason;
  }
}

function clientWords({ mqtt5, mqtt311 }: Explanation['seen']): string[] {
  return mqtt5 === mqtt311
    ? [`A client sees ${mqtt5}.`]
    : [`An MQTT 5 client sees ${mqtt5}.`, `An MQTT 3.1.1 client sees ${mqtt311}.`];
}

function changeWords(
  explanation: Explanation,
  changes: readonly Change[],
  at: (path: string) => string,
  placeOf: PlaceOf,
  file: string,
): string[] {
  if (changes.length === 0) return [];
  const takesAway = explanation.action === 'publish' ? explanation.allowed : explanation.delivered === 'everything';
  const isOfDefault = changes.some(({ path }) => placeOf(path)?.isDefault === true);
  const keys = [...new Set(changes.map(({ path }) => path.split('[')[0]))].join(' and ');
  return [
    '',
    takesAway ? 'To take it away:' : explanation.action === 'publish' ? 'To allow it:' : 'To let everything through:',
    ...changes.map(
      ({ does, path, line }) =>
        `  ${does === 'add' ? `add     - ${line}  [to ${at(path)}]` : `remove  - ${line}  [${at(path)}]`}`,
    ),
    ...(isOfDefault ? [`  (${keys} in ${file} takes the place of the whole default list)`] : []),
  ];
}
