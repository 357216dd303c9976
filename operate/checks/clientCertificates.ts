/** Whether a listener lets nobody in without a certificate of this stack. */

import { impostor, serialOf } from '../../certificates/client';
import { fingerprintOf } from '../../certificates/facts';
import type { User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import type { Target, VerificationPlan } from '../../mosquitto/verificationPlan';
import { revokedProbe } from '../../mosquitto/witness';
import { type Dial, hangUp, type Login, Refusal } from '../client';
import { playedCertificate } from '../playedCertificate';
import { check, Disproved } from './check';

/**
 * Checks of a listener that requires certificates.
 *
 * @param user gets in with a certificate, so that a refusal is one of the certificate
 */
export function clientCertificates(
  target: Target,
  plan: VerificationPlan,
  dial: Dial,
  user: User,
): Promise<CheckResult>[] {
  const { username, password } = user;
  const [name, generation] = revokedProbe;
  const attempts: Array<[string, () => Promise<Login['certificate']>]> = [
    ['without a certificate', async () => null],
    ['with a certificate of another authority', () => impostor(username)],
    [
      'with a revoked certificate',
      () => playedCertificate(plan, target.clients, name, serialOf(target.clients, name, generation)),
    ],
    ...foreign(target, plan, username),
  ];
  return attempts.map(([words, shown]) =>
    refusedCertificate(`${target.name}: a client ${words} is refused`, dial, async () => ({
      username,
      password,
      certificate: await shown(),
    })),
  );
}

/** A certificate of the other kind of client, where there is one: that of a device must not open the door of accounts. */
function foreign(
  { clients }: Target,
  plan: VerificationPlan,
  username: string,
): Array<[string, () => Promise<Login['certificate']>]> {
  const other = clients === 'accounts' ? 'devices' : 'accounts';
  const [own, others] = [plan.clientAuthorities[clients], plan.clientAuthorities[other]];
  if (others === undefined || own === undefined) return [];
  if (fingerprintOf(own.certificate) === fingerprintOf(others.certificate)) return [];
  return [[`with a certificate for ${other}`, () => playedCertificate(plan, other, username)]];
}

/** Only the broker's own word about the certificate counts. */
export function refusedCertificate(claim: string, dial: Dial, login: () => Promise<Login>): Promise<CheckResult> {
  return check(claim, async () => {
    try {
      hangUp(await dial(await login()));
    } catch (error) {
      const refusal = error instanceof Refusal ? error.certificateRefusal : undefined;
      if (refusal !== undefined) return refusal;
      throw error;
    }
    throw new Disproved('was let in');
  });
}
