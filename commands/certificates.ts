/** The certificates of a stack: how long they last, and whether an update is due. */

import { fingerprintOf } from '../certificates/facts';
import { daysLeft, isDue, isRenewedNow, type Term, termWarnings } from '../certificates/terms';
import type { Drift } from '../change/drift';
import { say } from '../setup/progress';
import type { Asked } from './options';
import { lookedIn } from './stack/place';
import { earlier, existingStack, notDeployed, outputs, type Stack } from './stack/stack';
import { columns } from './table';

/** Lists the certificates; exits 1 when one of them asks for something, so that monitoring can call it. */
export async function certificates({ stack, options: { json } }: Asked): Promise<number> {
  const terms = await termsOf(await existingStack(stack));
  const now = Date.now();
  const listed = Object.fromEntries(
    Object.entries(terms).map(([certificate, term]) => [certificate, { ...term, daysLeft: daysLeft(term, now) }]),
  );
  if (json) process.stdout.write(`${JSON.stringify(listed)}\n`);
  else if (Object.keys(terms).length > 0) process.stdout.write(`${table(terms, now)}\n`);
  else say(`No listener of ${stack} speaks TLS, so there are no certificates`);
  const warnings = termWarnings(terms, now);
  for (const warning of warnings) say(warning);
  return warnings.length === 0 ? 0 : 1;
}

/**
 * Why an update is due: a certificate that it renews, one from elsewhere that is another by now, or an earlier one that
 * was cut off. What no update can renew is said, and is no reason.
 *
 * @param drift what differs from what was deployed
 */
export async function due(stack: Stack, { deliver, words }: Drift): Promise<string[]> {
  const terms = await termsOf(stack);
  const now = Date.now();
  for (const warning of termWarnings(terms, now)) say(warning);
  const { givenServer } = stack.settings.certificates;
  const replaced = givenServer !== null && terms.server?.fingerprint !== fingerprintOf(givenServer.certificate);
  const reasons = [
    ...Object.entries(terms)
      .filter(([, term]) => isRenewedNow(term, now))
      .map(([name, term]) => `certificate ${name} has ${daysLeft(term, now)} days left`),
    ...(replaced ? ['certificate server is another one by now'] : []),
    ...(deliver && words.length === 0 ? ['an earlier update was cut off'] : []),
    ...words,
  ];
  if (reasons.length === 0) say(nothingDue(terms, now));
  return reasons;
}

function nothingDue(terms: Record<string, Term>, now: number): string {
  const next = Object.entries(terms)
    .filter(([, term]) => term.renewal === 'update' && !isDue(term, now))
    .sort(([, a], [, b]) => (a.dueFrom < b.dueFrom ? -1 : 1))[0];
  return next === undefined ? 'Nothing is due' : `Nothing is due; certificate ${next[0]} is from ${next[1].dueFrom} on`;
}

/** @throws Error where the stack does not tell */
async function termsOf(stack: Stack): Promise<Record<string, Term>> {
  const { certificateTerms, delivery } = await outputs(stack, false);
  if (delivery === undefined) throw new Error(notDeployed(stack.name, lookedIn(stack.engine)));
  if (certificateTerms === undefined) throw new Error(earlier(stack.name, 'how long its certificates last'));
  return certificateTerms as Record<string, Term>;
}

function table(terms: Record<string, Term>, now: number): string {
  const rows = Object.entries(terms).map(([name, term]) => [
    name,
    String(daysLeft(term, now)),
    term.notAfter,
    term.dueFrom,
    term.renewal,
    term.serial,
  ]);
  return columns([['certificate', 'days left', 'until', 'due from', 'renewed by', 'serial'], ...rows]);
}
