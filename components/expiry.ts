import * as pulumi from '@pulumi/pulumi';
import { daysLeft, type Term, termWarnings } from '../certificates/terms';

/** What the outputs of a stack say of a certificate. */
export type ListedTerm = Term & { daysLeft: number };

/** The terms with the days that are left, a warning for each certificate that somebody must do something about. */
export function listed(terms: Readonly<Record<string, Term>>): Record<string, ListedTerm> {
  const now = Date.now();
  for (const warning of termWarnings(terms, now)) void pulumi.log.warn(warning);
  return Object.fromEntries(
    Object.entries(terms).map(([name, term]) => [name, { ...term, daysLeft: daysLeft(term, now) }]),
  );
}
