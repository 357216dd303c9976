/** Certificates as they are served, against what was deployed and against the clock. */

import { daysLeft, isDue, type Term } from '../certificates/terms';
import { type Finding, finding } from './finding';
import { type Patient, up } from './patient';

/** What a listener shows. */
export interface Shown {
  listener: string;
  /** SHA-256, in hex. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** Names and addresses that clients use and that it does not have. */
  missing: readonly string[];
}

/**
 * @param deployed fingerprint of the certificate that was deployed; undefined where that is not known
 * @param now milliseconds since 1970
 */
export function shownFindings(
  patient: Patient,
  shown: readonly Shown[],
  deployed: string | undefined,
  now: number,
): Finding[] {
  const where = (is: (each: Shown) => boolean) => shown.filter(is).map(({ listener }) => listener);
  const others = where(({ fingerprint }) => deployed !== undefined && fingerprint !== deployed);
  const expired = shown.filter(({ notAfter }) => Date.parse(notAfter) <= now);
  const early = shown.filter(({ notBefore }) => Date.parse(notBefore) > now);
  const nameless = shown.filter(({ missing }) => missing.length > 0);
  const [first, begins] = [expired[0], early[0]];
  return [
    ...(others.length === 0
      ? []
      : [
          finding('certificate-differs', {
            of: others,
            says: `${others.join(', ')}: another certificate is served than the deployed one`,
            remedy: 'Deliver the files again, and let the broker read them',
            run: [up(patient)],
          }),
        ]),
    ...(first === undefined
      ? []
      : [
          finding('certificate-expired', {
            of: expired.map(({ listener }) => listener),
            says: `The certificate that is served has expired at ${first.notAfter}, and clients refuse it`,
            remedy:
              'Renew it: one of this stack is renewed by an update, one from elsewhere where it comes from before',
            run: [up(patient)],
          }),
        ]),
    ...(begins === undefined
      ? []
      : [
          finding('certificate-early', {
            of: early.map(({ listener }) => listener),
            says: `The certificate that is served begins at ${begins.notBefore}, and this machine says ${new Date(now).toISOString()}`,
            remedy: 'Set the clock that is wrong, this one or that of where it was made',
            run: ['timedatectl set-ntp true'],
          }),
        ]),
    ...(nameless.length === 0
      ? []
      : [
          finding('certificate-names', {
            of: nameless.map(({ listener }) => listener),
            says: `The certificate that is served is not for ${[...new Set(nameless.flatMap(({ missing }) => missing))].join(', ')}, so that clients which use that refuse it`,
            remedy: 'Deploy what the stack file says of names and addresses',
            run: [up(patient)],
          }),
        ]),
  ];
}

/** Certificates of the stack that end soon. */
export function termFindings(patient: Patient, terms: Readonly<Record<string, Term>>, now: number): Finding[] {
  return Object.entries(terms).flatMap(([name, term]) => {
    if (!isDue(term, now) || Date.parse(term.notAfter) <= now) return [];
    return [
      finding('certificate-ends', {
        of: [name],
        says: `Certificate ${name} ends at ${term.notAfter}, in ${daysLeft(term, now)} days`,
        ...remedies(patient)[term.renewal],
      }),
    ];
  });
}

function remedies(patient: Patient): Record<Term['renewal'], { remedy: string; run: string[] }> {
  return {
    update: { remedy: 'An update renews it', run: [up(patient)] },
    elsewhere: { remedy: 'Renew it where it comes from, then deploy it', run: [up(patient)] },
    rollover: { remedy: 'Begin its rollover: see "Rollover" in docs/certificates.md', run: [] },
  };
}
