/** What a pipeline may fail by. */

import type { Review } from './form';
import { type Level, levels } from './levelNames';

/** What a repository has decided, in its stack file. */
export interface ReviewSettings {
  failOn: readonly Level[];
  /** Share of the devices by which a fleet may shrink unseen, in percent. */
  maxFleetShrinkPercent: number;
}

/** Reasons for each level, none where it is not so. */
export type Reasons = Readonly<Record<Level, readonly string[]>>;

/** Every level that is so, in one order. */
export function levelsOf(reasons: Reasons, failOn: readonly Level[]): Review['levels'] {
  return levels
    .filter((level) => reasons[level].length > 0)
    .map((level) => ({ level, because: [...reasons[level]], fails: failOn.includes(level) }));
}

/** Why a fleet shrinks too much; none where it does not, or where it is unknown how many devices there were. */
export function shrinkage({ before, after }: { before: number | null; after: number }, percent: number): string[] {
  if (before === null || before === 0) return [];
  const gone = before - after;
  if (gone * 100 <= before * percent) return [];
  return [`${gone} of ${before} devices are gone, and maxFleetShrinkPercent is ${percent}`];
}
