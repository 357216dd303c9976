/** Who may read and write which topics, as the broker itself shows it: by what arrives. */

import { randomUUID } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import { idPlaceholder } from '../../fleet/role';
import { matches } from '../../mosquitto/topics';
import type { AccessChange } from '../../review/form';
import { Link } from './link';

/** Somebody whose access is tried. */
export interface Holder {
  kind: AccessChange['kind'];
  /** As a review names them. */
  name: string;
  /** In the place of `{id}`. */
  id: string;
  url: string;
  options: IClientOptions;
}

const uses = ['read', 'write'] as const;

/** Whether a message arrives, by holder, use and topic. */
export type Access = Map<string, boolean>;

function keyOf({ kind, name }: Pick<Holder, 'kind' | 'name'>, use: string, topic: string): string {
  return `${kind} ${name} ${use} ${topic}`;
}

/**
 * Tries every use of every topic.
 *
 * @param witness one who may read and write everything
 */
export async function accessOf(
  holders: readonly Holder[],
  topics: readonly string[],
  witness: Pick<Holder, 'url' | 'options'>,
): Promise<Access> {
  const access: Access = new Map();
  for (const holder of holders) {
    const own = topics.map((topic) => topic.replaceAll(idPlaceholder, holder.id));
    const [reader, writer] = [
      await Link.open(witness.url, witness.options),
      await Link.open(holder.url, holder.options),
    ];
    try {
      await reader.subscribe('#');
      const words = new Map(own.map((topic) => [topic, `written ${randomUUID()}`]));
      for (const [topic, text] of words) await writer.publish(topic, text);
      const read = await reader.received();
      for (const [topic, text] of words) access.set(keyOf(holder, 'write', topic), read.includes(`${topic}: ${text}`));
      for (const topic of own) await writer.subscribe(topic).catch(() => {});
      await writer.received();
      for (const [topic, text] of words) await reader.publish(topic, `for ${text}`);
      const arrived = await writer.received();
      for (const [topic, text] of words)
        access.set(keyOf(holder, 'read', topic), arrived.includes(`${topic}: for ${text}`));
    } finally {
      await Promise.all([reader.end(), writer.end()]);
    }
  }
  return access;
}

/** What has changed, as `gained` or `lost` before the rest. */
export function changedAccess(before: Access, after: Access): string[] {
  return [...before]
    .filter(([key, was]) => after.get(key) !== was)
    .map(([key, was]) => `${was ? 'lost' : 'gained'} ${key}`)
    .sort();
}

/** Of the topics that were tried those that a review says to change: all of a filter, or where it is only a part the example. */
export function predictedAccess(
  changes: readonly AccessChange[],
  holders: readonly Holder[],
  topics: readonly string[],
): { whole: string[]; possible: string[] } {
  const cells = holders.flatMap((holder) =>
    changes
      .filter(({ kind, name }) => kind === holder.kind && name === holder.name)
      .flatMap(({ change, access, topic, partly, example }) => {
        const fill = (text: string) => text.replaceAll(idPlaceholder, holder.id);
        return topics.map(fill).flatMap((each) =>
          uses
            .filter((use) => access === use || access === 'readwrite')
            .filter(() => matches(fill(topic), each))
            .map((use) => ({
              key: `${change} ${keyOf(holder, use, each)}`,
              isCertain: !partly || each === fill(example),
            })),
        );
      }),
  );
  const sorted = (keys: string[]) => [...new Set(keys)].sort();
  return {
    whole: sorted(cells.filter(({ isCertain }) => isCertain).map(({ key }) => key)),
    possible: sorted(cells.map(({ key }) => key)),
  };
}
