/** Reviews of two stack files, put together as `npm run review` does it, with nothing made. */

import { termOf } from '../../certificates/terms';
import { decideOn, type Terms } from '../../review/decision';
import type { EngineStep, Review } from '../../review/form';
import { reviewOf } from '../../review/review';
import { sideOf } from '../../settings/side';
import { wantedOf } from '../../settings/wanted';
import { type Config, settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

export const now = Date.parse('2026-06-01');

export interface Circumstances {
  terms?: Terms;
  engine?: readonly EngineStep[] | string;
  unknown?: readonly string[];
  drift?: readonly string[] | null;
}

/** @param before undefined where nothing is deployed */
export function reviewFrom(before: Config | undefined, after: Config, circumstances: Circumstances = {}): Review {
  const { terms = {}, engine = [], unknown = [], drift = null } = circumstances;
  const settings = settingsOf(after);
  const [old, next] = [before && sideOf(settingsOf(before)), sideOf(settings)];
  const { decision, options } = decideOn(old, next, wantedOf(settings), terms, now);
  return reviewOf({
    stack: 'prod',
    against: { source: old === undefined ? 'nothing' : 'state', base: null, isBaseDeployed: null },
    before: old,
    after: next,
    decision,
    options,
    terms,
    now,
    drift,
    engine,
    unknown,
    review: settings.review,
  });
}

/** A certificate by its name, that lasts for so many days from now on. */
export function lasting(name: string, days: number, renewal: 'update' | 'rollover' = 'rollover'): Terms {
  const term = termOf(selfSigned().certificate, renewal);
  const notAfter = new Date(now + days * 86_400_000).toISOString();
  const dueFrom = new Date(now + (days - 30) * 86_400_000).toISOString();
  return { [name]: { ...term, notBefore: '2026-01-01T00:00:00.000Z', notAfter, dueFrom } };
}
