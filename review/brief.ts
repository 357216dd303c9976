/** The same review in a few lines, for a terminal: what `preview` and `up` say before they go on. */

import { restartWords } from '../change/words';
import { visible } from '../mosquitto/quoted';
import type { Review } from './form';
import { type Display, sectionsOf, warningsOf } from './text';
import { sentenceOf } from './verdict';

/** Lines of one section. */
const shown = 12;

const asItIs: Display = { name: (text) => text, sentence: (text) => text };

/** None where nothing changes, and of a first deployment, whose configuration says it all. */
export function briefOf(review: Review): string[] {
  const { verdict, against } = review;
  if (!verdict.isChange || against.source === 'nothing') return [];
  if (verdict.refused.length > 0) return verdict.refused.map((each) => visible(`Will be refused: ${each}`));
  const { list, steps } = review.certificates;
  // How long the others last is told each time somewhere else.
  const certificates = { steps, list: list.filter(({ outcome, warning }) => outcome !== 'stays' || warning !== null) };
  const sections = sectionsOf({ ...review, certificates, drift: null, unknown: [] }, asItIs);
  return [
    ...verdictLines(verdict),
    ...warningsOf(review, asItIs).map(({ fails, words }) => `! ${fails ? 'fails' : 'note'}: ${words}`),
    ...sections.flatMap(({ title, lines }) => [
      `${title}:`,
      ...lines.slice(0, shown).map((line) => `  ${line}`),
      ...(lines.length > shown ? [`  and ${lines.length - shown} more`] : []),
    ]),
  ].map(visible);
}

function verdictLines(verdict: Review['verdict']): string[] {
  return verdict.disconnected === 'everybody' ? restartWords(verdict.because) : [sentenceOf(verdict, false)];
}
