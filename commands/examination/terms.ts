/** How long the certificates of a stack last, as its state alone tells. */

import type { Term } from '../../certificates/terms';
import type { Known } from '../stack/known';
import { storedOutputs } from '../stack/state';

/** None where the state is not at hand. */
export function termsOf({ resources }: Known): Record<string, Term> {
  return (storedOutputs(resources ?? []).certificateTerms ?? {}) as Record<string, Term>;
}
