/** The one sentence that a reviewer reads first. */

import type { Review } from './form';

type Verdict = Omit<Review['verdict'], 'sentence'>;

/** How a name of somebody's own is written: as it is, or so that a display takes it for nothing else. */
export type Mark = (text: string) => string;

const shown = 5;
const asItIs: Mark = (text) => text;

/** @param isFirst whether nothing is deployed yet */
export function sentenceOf(verdict: Verdict, isFirst: boolean, mark: Mark = asItIs): string {
  const { refused, disconnected, because } = verdict;
  const reasons = refused.length > 0 ? refused : disconnected === 'everybody' ? because : [];
  const sentence = headlineOf(verdict, isFirst, mark);
  return reasons.length === 0 ? sentence : `${sentence.slice(0, -1)}: ${few(reasons, '; ', mark)}.`;
}

/** The same without the reasons, for who lists these below it. */
export function headlineOf(verdict: Verdict, isFirst: boolean, mark: Mark = asItIs): string {
  const { refused, isChange, disconnected, seconds, who } = verdict;
  if (refused.length > 0) return 'An update would be refused, and change nothing.';
  if (isFirst) return 'A first deployment: nobody is connected yet.';
  if (!isChange) return 'No changes: nobody is disconnected.';
  if (disconnected === 'everybody') {
    return `Everybody is disconnected for about ${seconds} s, because only a restart applies what changes.`;
  }
  if (disconnected === 'unknown') {
    const beside = who.length === 0 ? '' : ` beside ${few(who, ', ', mark)}`;
    return `Who is disconnected${beside} is not known here: which devices were deployed is not.`;
  }
  if (disconnected === 'nobody') return 'Nobody is disconnected.';
  return `Nobody is disconnected but ${few(who, ', ', mark)}.`;
}

function few(all: readonly string[], between: string, mark: Mark): string {
  const more = all.length > shown ? `${between}and ${all.length - shown} more` : '';
  return all.slice(0, shown).map(mark).join(between) + more;
}
