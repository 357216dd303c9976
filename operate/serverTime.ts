/** A server whose certificate has run out: what still can be done there, and what is said of it. */

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fingerprintOf } from '../certificates/facts';
import type { VerificationPlan } from '../mosquitto/verificationPlan';

/** What OpenSSL refuses for the time alone. */
const timeCodes = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** A claim that did not hold because of the time. */
export class OutOfTime extends Error {}

/** Whether a certificate was refused for the time alone. */
export function isOfTime(error: unknown): boolean {
  if (error instanceof OutOfTime) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && timeCodes.includes(code);
}

/**
 * Whether the server shows the very certificate of the plan, refused for the time alone: then whoever wants to change
 * something there can, and that it has run out is a check of its own.
 *
 * @param open says where to connect, and as whom the server is to be known
 */
export async function isOwnOutOfTime(
  plan: Pick<VerificationPlan, 'certificateAuthority' | 'serverFingerprint'>,
  open: () => ConnectionOptions | Promise<ConnectionOptions>,
  patienceMilliseconds: number,
): Promise<boolean> {
  // The certificate itself is compared, so nobody else can stand in its place.
  const socket = connect({ ...(await open()), ca: plan.certificateAuthority, rejectUnauthorized: false });
  try {
    await secured(socket, patienceMilliseconds);
    const shown = socket.getPeerX509Certificate();
    const isOwn = shown !== undefined && fingerprintOf(shown) === plan.serverFingerprint;
    return isOwn && isOfTime({ code: socket.authorizationError });
  } catch {
    return false;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

function secured(socket: TLSSocket, patienceMilliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
    socket.setTimeout(patienceMilliseconds, () => reject(new Error('timeout')));
  });
}
