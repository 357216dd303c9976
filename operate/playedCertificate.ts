/** Certificates of the clients that verification plays: issued on the spot, and gone with the program. */

import { type ClientCertificate, issueClientCertificate } from '../certificates/client';
import type { ClientKind } from '../mosquitto/listeners';
import type { VerificationPlan } from '../mosquitto/verificationPlan';

const validityHours = 1;
const issued = new Map<string, Promise<ClientCertificate>>();

/**
 * A certificate of a client.
 *
 * @param serial default: one that no list of revoked certificates can name
 * @throws Error where the plan has no authority for the kind
 */
export function playedCertificate(
  { clientAuthorities }: Pick<VerificationPlan, 'clientAuthorities'>,
  kind: ClientKind,
  name: string,
  serial?: string,
): Promise<ClientCertificate> {
  const authority = clientAuthorities[kind];
  if (authority === undefined) throw new Error(`there is no certificate authority for ${kind}; run "pulumi up"`);
  const key = `${kind}\n${name}\n${serial ?? ''}`;
  const known = issued.get(key);
  if (known !== undefined) return known;
  const fresh = issueClientCertificate(authority, { name, validityHours, ...(serial !== undefined && { serial }) });
  issued.set(key, fresh);
  return fresh;
}
