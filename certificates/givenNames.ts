/** What a stack calls the certificates that it was given. */

import { fingerprintOf } from './facts';

/** What of the settings of a stack comes from elsewhere. */
export interface GivenAuthorities {
  givenAuthority: { certificate: string } | null;
  trustedCertificates: readonly string[];
}

/** Name and PEM of each authority from elsewhere that the stack names; a root above one of them has no name. */
export function namedAuthorities({ givenAuthority, trustedCertificates }: GivenAuthorities): Array<[string, string]> {
  return [
    ...(givenAuthority === null ? [] : [['ca', givenAuthority.certificate] as [string, string]]),
    ...trustedCertificates.map((pem): [string, string] => [`trusted-${fingerprintOf(pem).slice(0, 8)}`, pem]),
  ];
}
