/**
 * Whose a broker is, decided before anything is said of it or done to it: two stacks, or two states of one stack, may ask
 * for the same name, and each would delete what the other has.
 */

import { configurationVolume, dataVolume } from '../mosquitto/files';
import type { Owner, OwnerRecord } from '../mosquitto/owner';
import { type Problem, problemWords } from '../mosquitto/problem';

/** What says whose a broker is. */
export interface SeenOwners {
  /** On the volume of its files; undefined where there is none, or nothing shows it. */
  record: OwnerRecord | undefined;
  /** The container of the name; undefined where there is none. */
  container: SeenOwner<{ id: string; isBroker: boolean }>;
  /** The volumes; undefined where there is none. */
  configuration: SeenOwner;
  data: SeenOwner;
  /** Folder of files in force; undefined where there is none, or nothing shows it. */
  folder: string | undefined;
}

/** @property owner by its labels; undefined where they do not say it */
type SeenOwner<T = object> = ({ owner: Owner | undefined } & T) | undefined;

/** What a stack knows of what it has made. */
export interface Claim {
  project: string;
  stack: string;
  /** Undefined as long as it has made nothing. */
  id: string | undefined;
  /** Container in its state. */
  containerId: string | undefined;
  /** Folder of files that it has proved last. */
  folder: string | undefined;
  /** Whether its state has volumes of the name. */
  hasVolumes: boolean;
}

/** Somebody else. */
export interface Stranger {
  /** Undefined for an earlier version, which does not say it. */
  owner: Owner | undefined;
  /** Who delivered, as user@machine; empty where that is not known. */
  by: string;
  /** What is theirs. */
  what: 'broker' | 'data';
}

/** Undefined where nobody else has anything of the name. */
export type Holder = Stranger | undefined;

/**
 * Who else has the broker of a name. The record is believed before labels, and those of what is made anew before those of
 * what stays: messages that were left alone, by a stack that is destroyed, belong to the next one of its name.
 */
export function holderOf(seen: SeenOwners, claim: Claim): Holder {
  const { record, container, configuration, data, folder } = seen;
  const not = (owner: Owner, by = '', what: Stranger['what'] = 'broker'): Holder =>
    owner.id === claim.id ? undefined : { owner, by, what };
  if (record !== undefined) return not(record, record.by);
  const said = container?.owner ?? configuration?.owner;
  if (said !== undefined) return not(said);
  if (isOfEarlierVersion(seen, claim)) return { owner: undefined, by: '', what: 'broker' };
  const isLeftAlone = folder === undefined && container?.isBroker !== true;
  const left = data?.owner;
  if (left === undefined || (isLeftAlone && left.project === claim.project && left.stack === claim.stack))
    return undefined;
  return not(left, '', 'data');
}

/** Nothing is labelled then, and only what a state remembers tells whose it is. */
function isOfEarlierVersion({ container, configuration, folder }: SeenOwners, claim: Claim): boolean {
  const isProved = folder !== undefined && folder === claim.folder;
  if (container?.isBroker) return container.id !== claim.containerId && !isProved;
  return configuration !== undefined && folder !== undefined && !claim.hasVolumes;
}

/** Why nothing is done, and what can be. */
export function holderProblem(containerName: string, { owner, by, what }: Stranger, stack: string): Problem {
  const name = JSON.stringify(containerName);
  const theirs =
    what === 'broker' ? `${name} is the broker of ` : `${name} has messages in ${dataVolume(containerName)} of `;
  const who = by === '' ? '' : ` by ${by}`;
  const whose =
    owner === undefined
      ? 'an earlier version, not deployed from this state'
      : `the stack "${owner.stack}", deployed${who} from another state than this one`;
  return {
    path: 'containerName',
    says: theirs + whose,
    remedy: `choose another name, work where that state is, or take it over with its messages: npm run up -- ${stack} --take-over`,
  };
}

/** @throws Error in one sentence where somebody else has the broker */
export function mustBeOurs(containerName: string, holder: Holder, stack: string): void {
  if (holder !== undefined) throw new Error(problemWords(holderProblem(containerName, holder, stack)));
}

/** What taking over means, before it is done. */
export function takeOverWords(containerName: string, { owner, by }: Stranger): string[] {
  const whose =
    owner === undefined ? 'an earlier version' : `the stack "${owner.stack}"${by === '' ? '' : ` of ${by}`}`;
  return [
    `The broker ${containerName} is taken over from ${whose}, messages in ${dataVolume(containerName)} included; its next update is refused.`,
    `  Passwords and certificates are those of this stack from now on, and everybody who has others is out; what was revoked before is not known to it. The files in ${configurationVolume(containerName)} are replaced.`,
  ];
}
