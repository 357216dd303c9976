/**
 * Whose a broker is. Labels of its container and its volumes say it, and a record on the volume of its files: labels of a
 * volume can never be changed, so where somebody takes a broker over, the record alone tells.
 */

import { restartDigestLabel } from './reload';

/** A stack, in one of the states that may have one of its name. */
export interface Owner {
  project: string;
  stack: string;
  /** Made at random with the state of the stack, and the same as long as that lasts; no secret. */
  id: string;
}

/** What the record says. */
export interface OwnerRecord extends Owner {
  /** Who delivered first, as user@machine. */
  by: string;
}

/** In the environment of an update that takes a broker over; its value is the name of that. */
export const takeOverVariable = 'AIPI_TAKE_OVER';

/**
 * Name of the record, beside the deployed folders: an engine takes the time of the volume's own folder for that of its
 * creation, so nothing is written there.
 */
export const ownerFile = 'owner.json';

const names = { project: 'aipi-mqtt.project', stack: 'aipi-mqtt.stack', id: 'aipi-mqtt.state' } as const;

export type Labels = Readonly<Record<string, string | undefined>>;

/** The labels that say whose something is. */
export function ownerLabels({ project, stack, id }: Owner): Record<string, string> {
  return { [names.project]: project, [names.stack]: stack, [names.id]: id };
}

/** The one label that says it for good, as a filter of the engine. */
export function ownerFilter(id: string): string {
  return `${names.id}=${id}`;
}

/** Whose something with these labels is; undefined where they do not say it. */
export function ownerIn(labels: Labels | null | undefined): Owner | undefined {
  const { [names.project]: project, [names.stack]: stack, [names.id]: id } = labels ?? {};
  return project === undefined || stack === undefined || id === undefined ? undefined : { project, stack, id };
}

/**
 * The labels of the broker's container. One that is there keeps those that it has, because other labels are another
 * container, and everybody would be away for them.
 *
 * @param present labels of the container that has the name; undefined where none has
 */
export function containerLabels(digest: string, owner: Owner, present: Labels | undefined): Record<string, string> {
  const of = (whose: Owner | undefined) => ({
    [restartDigestLabel]: digest,
    ...(whose !== undefined && ownerLabels(whose)),
  });
  if (present === undefined || present[restartDigestLabel] !== digest) return of(owner);
  const known = ownerIn(present);
  return of(known === undefined || known.id === owner.id ? known : owner);
}

/** The text of a record. */
export function recordText(record: OwnerRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** A record; undefined where there is none, or one that somebody has damaged. */
export function recordIn(text: string | undefined): OwnerRecord | undefined {
  try {
    const { project, stack, id, by } = JSON.parse(text ?? '') as Partial<OwnerRecord>;
    return [project, stack, id].every((each) => typeof each === 'string' && each !== '')
      ? ({ project, stack, id, by: String(by ?? '') } as OwnerRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
