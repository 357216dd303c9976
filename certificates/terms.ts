/** How long certificates last, and what becomes of them then. */

import { certificateFacts } from './facts';

const dayMilliseconds = 86_400_000;
const hourMilliseconds = 3_600_000;

/** Days before the end of a certificate authority at which its rollover should begin: every device needs a bundle. */
const authorityWarningDays = 365;

/** A certificate of a server that ends sooner is not delivered: it would lapse before anybody notices. */
const leastHours = 24;

/** A certificate that lasts for days or hours is renewed in the last part of its life, whatever is said in hours. */
const renewedPart = 1 / 3;
/** The same of what has to be left of it when it is delivered. */
const leastPart = 1 / 10;

/** How a certificate is renewed: by an update, by its owner elsewhere, or by a rollover. */
export type Renewal = 'update' | 'elsewhere' | 'rollover';

/** A certificate of the stack and how long it lasts. */
export interface Term {
  serial: string;
  /** SHA-256, in hex. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  renewal: Renewal;
  /** From when on it should be renewed, ISO 8601. */
  dueFrom: string;
}

/**
 * Hours before the end of a certificate at which it is renewed: those that are asked for, and a third of its life at most.
 * Whole hours, as the provider counts.
 */
export function earlyRenewal(validityHours: number, earlyHours: number): number {
  const most = Math.floor(validityHours * renewedPart);
  return Math.min(earlyHours, validityHours > 1 ? Math.max(most, 1) : most);
}

/** Milliseconds that must be left of a server's certificate when it is delivered: a day, or a tenth of a shorter life. */
export function leastLeft(term: Pick<Term, 'notBefore' | 'notAfter'>): number {
  return Math.min(leastHours * hourMilliseconds, lifetime(term) * leastPart);
}

/**
 * The term of a certificate.
 *
 * @param earlyHours hours before its end from which on it should be renewed, a third of its life at most; default for a
 *   rollover: one year
 */
export function termOf(pem: string, renewal: Renewal, earlyHours?: number): Term {
  const { serial, fingerprint, notBefore, notAfter } = certificateFacts(pem);
  return {
    serial,
    fingerprint,
    notBefore,
    notAfter,
    renewal,
    dueFrom: dueFrom({ notBefore, notAfter }, renewal, earlyHours),
  };
}

/** From when on a certificate should be renewed, ISO 8601. */
export function dueFrom(
  { notBefore, notAfter }: Pick<Term, 'notBefore' | 'notAfter'>,
  renewal: Renewal,
  earlyHours?: number,
): string {
  const whole = lifetime({ notBefore, notAfter });
  const asked = earlyHours ?? authorityWarningDays * 24;
  const early =
    renewal === 'update'
      ? earlyRenewal(Math.round(whole / hourMilliseconds), asked) * hourMilliseconds
      : Math.min(asked * hourMilliseconds, whole * renewedPart);
  return new Date(Date.parse(notAfter) - early).toISOString();
}

function lifetime({ notBefore, notAfter }: Pick<Term, 'notBefore' | 'notAfter'>): number {
  return Date.parse(notAfter) - Date.parse(notBefore);
}

/** Whole days until a certificate ends; negative after that. */
export function daysLeft({ notAfter }: Pick<Term, 'notAfter'>, now: number): number {
  return Math.floor((Date.parse(notAfter) - now) / dayMilliseconds);
}

/** Whether a certificate should be renewed now. */
export function isDue({ dueFrom }: Term, now: number): boolean {
  return Date.parse(dueFrom) <= now;
}

/** Whether an update renews a certificate now. */
export function isRenewedNow(term: Term, now: number): boolean {
  return term.renewal === 'update' && isDue(term, now);
}

/** One line for each certificate that a person must do something about. */
export function termWarnings(terms: Readonly<Record<string, Term>>, now: number): string[] {
  return Object.entries(terms).flatMap(([name, term]) => {
    if (!isDue(term, now)) return [];
    const days = daysLeft(term, now);
    const left = Date.parse(term.notAfter) <= now ? `has expired at ${term.notAfter}` : `has ${days} days left`;
    return [`certificate ${name} ${left}; ${remedies[term.renewal]}`];
  });
}

const remedies: Record<Renewal, string> = {
  update: 'an update renews it',
  elsewhere: 'renew it where it comes from, then run up',
  rollover: 'begin its rollover: see "Rollover" in docs/certificates.md',
};
