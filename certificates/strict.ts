/**
 * The rules of strict verification, which some clients apply and others do not: a certificate that breaks one works in
 * one place and fails in another. Source: RFC 5280, section 4.2; OpenSSL's X509_V_FLAG_X509_STRICT.
 */

import { X509Certificate } from 'node:crypto';
import type * as library from '@peculiar/x509';
import { x509 } from './library';

const leastRsaBits = 2_048;

/** What strict clients would refuse about a certificate authority. */
export function strictAuthorityProblems(pem: string): string[] {
  const parsed = parse(pem);
  const constraints = parsed.getExtension(x509().BasicConstraintsExtension);
  const usages = parsed.getExtension(x509().KeyUsagesExtension);
  const signs = usages !== null && (usages.usages & x509().KeyUsageFlags.keyCertSign) !== 0;
  return [
    ...(constraints?.ca ? [] : ['is no certificate authority (basicConstraints CA:TRUE is missing); use one that is']),
    ...(constraints?.ca && !constraints.critical ? ['has basicConstraints that are not critical; issue it again'] : []),
    ...(signs ? [] : ['may not sign certificates (keyUsage keyCertSign is missing); issue it again with cert_signing']),
    ...(hasSubjectKey(parsed) ? [] : ['has no subjectKeyIdentifier; issue it again with one']),
    ...(isSelfIssued(parsed) || hasAuthorityKey(parsed)
      ? []
      : ['has no authorityKeyIdentifier; issue it again with one']),
    ...keyProblems(pem),
  ];
}

/** What strict clients would refuse about the certificate of a server. */
export function strictServerProblems(pem: string): string[] {
  const parsed = parse(pem);
  const purposes = parsed.getExtension(x509().ExtendedKeyUsageExtension);
  const names = parsed.getExtension(x509().SubjectAlternativeNameExtension);
  const serves = purposes === null || purposes.usages.includes(x509().ExtendedKeyUsage.serverAuth);
  return [
    ...(isSelfIssued(parsed) ? ["has its issuer's subject; give CA and server different subjects"] : []),
    ...(hasAuthorityKey(parsed) ? [] : ['has no authorityKeyIdentifier; issue it again with one']),
    ...(names === null ? ['has no subjectAltName; issue it again with the names that clients use'] : []),
    ...(serves ? [] : ['is not for servers (extendedKeyUsage serverAuth is missing); issue it again with server_auth']),
    ...keyProblems(pem),
  ];
}

function keyProblems(pem: string): string[] {
  const { publicKey } = new X509Certificate(pem);
  const { modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const weak = modulusLength !== undefined && modulusLength < leastRsaBits;
  const { hash } = parse(pem).signatureAlgorithm as { hash?: { name?: string } };
  return [
    ...(weak ? [`has an RSA key of ${modulusLength} bits; use ${leastRsaBits} or more, or ECDSA`] : []),
    ...(hash?.name === 'SHA-1' ? ['is signed with SHA-1; issue it again with SHA-256'] : []),
  ];
}

function parse(pem: string): library.X509Certificate {
  return new (x509().X509Certificate)(pem);
}

function isSelfIssued({ subject, issuer }: library.X509Certificate): boolean {
  return subject === issuer;
}

function hasSubjectKey(certificate: library.X509Certificate): boolean {
  return certificate.getExtension(x509().SubjectKeyIdentifierExtension) !== null;
}

function hasAuthorityKey(certificate: library.X509Certificate): boolean {
  return certificate.getExtension(x509().AuthorityKeyIdentifierExtension) !== null;
}
