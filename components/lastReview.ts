/** The review of a change against the last deployment, as the program knows it: what others have done it cannot see. */

import { briefOf } from '../review/brief';
import { decideOn, type Terms } from '../review/decision';
import { recordIn, withDevices } from '../review/record';
import { reviewOf } from '../review/review';
import type { ReviewedSettings } from '../settings';
import { sideOf } from '../settings/side';
import { wantedOf } from '../settings/wanted';

/**
 * @param outputs of the stack, as its state has them
 * @param now milliseconds
 * @returns lines, none where there is nothing to say; and whether they are more than good to know
 */
export function lastReview(
  settings: ReviewedSettings,
  stack: string,
  outputs: Readonly<Record<string, unknown>>,
  now: number,
): { lines: string[]; isGrave: boolean } {
  const record = recordIn(outputs.deployed);
  if (record === undefined) return { lines: [], isGrave: false };
  const after = sideOf(settings);
  const before = withDevices(record, [settings.devices]);
  const terms = (outputs.certificateTerms ?? {}) as Terms;
  const { decision, options } = decideOn(before, after, wantedOf(settings), terms, now);
  const review = reviewOf({
    stack,
    against: { source: 'state', base: null, isBaseDeployed: null },
    before,
    deviceCount: record.fleet.count,
    after,
    decision,
    options,
    terms,
    now,
    drift: null,
    engine: [],
    unknown: [],
    review: settings.review,
  });
  const { refused, disconnected } = review.verdict;
  const isGrave = refused.length > 0 || disconnected !== 'nobody' || review.levels.length > 0;
  return { lines: briefOf(review), isGrave };
}
