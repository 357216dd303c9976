/** What listeners show and answer to whoever has neither name nor password nor certificate. */

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { fingerprintOf } from '../../certificates/facts';
import type { Shown } from '../../doctor/certificates';
import type { Answer } from '../../doctor/listeners';
import type { Target, VerificationPlan } from '../../mosquitto/verificationPlan';
import { handshake } from '../checks/serverCertificate';
import { hangUp, identity, isTls, networkDial, Refusal } from '../client';
import { cause, certificateRefusal } from '../connectionErrors';

export interface Served {
  shown: Shown[];
  answers: Answer[];
}

/**
 * Asks each listener. Nobody logs in: the broker's own refusal is what proves that it is there.
 *
 * @param plan without any secret
 * @param names that clients use
 */
export async function servedBy(
  plan: VerificationPlan,
  targets: readonly Target[],
  names: readonly string[],
): Promise<Served> {
  const all = await Promise.all(targets.map((target) => askOne(target, plan, names)));
  return { shown: all.flatMap(({ shown }) => shown ?? []), answers: all.map(({ answer }) => answer) };
}

async function askOne(
  target: Target,
  plan: VerificationPlan,
  names: readonly string[],
): Promise<{ shown?: Shown; answer: Answer }> {
  const listener = target.name;
  if (!isTls(target)) return { answer: await answerOf(target, plan) };
  try {
    const certificate = await certificateAt(target, plan);
    const shown = shownBy(listener, certificate, names);
    // What clients do not accept is told of the certificate, and the broker is there.
    const isAccepted = shown.missing.length === 0 && shown.fingerprint === plan.serverFingerprint && isInTime(shown);
    return {
      shown,
      answer: isAccepted ? await answerOf(target, plan) : { listener, isOpen: false, silence: undefined },
    };
  } catch (error) {
    return { answer: { listener, isOpen: false, silence: cause(error) } };
  }
}

function isInTime({ notBefore, notAfter }: Shown): boolean {
  const now = Date.now();
  return Date.parse(notBefore) <= now && now < Date.parse(notAfter);
}

async function certificateAt(target: Target, plan: VerificationPlan): Promise<X509Certificate> {
  // What is shown is compared itself; whether clients accept it follows from that.
  const socket = await handshake(target, plan, { ...identity(plan.serverNames[0] ?? ''), rejectUnauthorized: false });
  const certificate = socket.getPeerX509Certificate();
  socket.on('error', () => {}).destroy();
  if (certificate === undefined) throw new Error('no certificate was shown');
  return certificate;
}

function shownBy(listener: string, certificate: X509Certificate, names: readonly string[]): Shown {
  return {
    listener,
    fingerprint: fingerprintOf(certificate),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
    missing: names.filter(
      (name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) === undefined,
    ),
  };
}

async function answerOf(target: Target, plan: VerificationPlan): Promise<Answer> {
  const listener = target.name;
  try {
    hangUp(await networkDial(target, plan)({ certificate: null }));
    return { listener, isOpen: true, silence: undefined };
  } catch (error) {
    const isThere = error instanceof Refusal && (error.byBroker || certificateRefusal(error.origin) !== undefined);
    return { listener, isOpen: false, silence: isThere ? undefined : (error as Error).message };
  }
}
