/**
 * The rules of strict verification, which some clients apply and others do not: a certificate that breaks one works in
 * one place and fails in another. Source: RFC 5280, section 4.2; OpenSSL's X509_V_FLAG_X509_STRICT.
 */

import { X509Certificate } from 'node:crypto';
import type * as library from '@peculiar/x509';
import { keyTypes } from '../mosquitto/files';
import { isSelfSigned } from './facts';
import { x509 } from './library';

const leastRsaBits = 2_048;

/** What strict clients would refuse about a certificate authority. */
export function strictAuthorityProblems(pem: string): string[] {
  const parsed = parse(pem);
  const constraints = parsed.getExtension(x509().BasicConstraintsExtension);
  return [
    ...(constraints?.ca ? [] : ['is no certificate authority (basicConstraints CA:TRUE is missing); use one that is']),
    ...(constraints?.ca && !constraints.critical ? ['has basicConstraints that are not critical; issue it again'] : []),
    ...(maySign(parsed)
      ? []
      : ['may not sign certificates (keyUsage keyCertSign is missing); issue it again with cert_signing']),
    ...(hasSubjectKey(parsed) ? [] : ['has no subjectKeyIdentifier; issue it again with one']),
    ...(isSelfSigned(new X509Certificate(pem)) || hasAuthorityKey(parsed)
      ? []
      : ['has no authorityKeyIdentifier; issue it again with one']),
    ...(mayServe(parsed)
      ? []
      : ['is not for servers (extendedKeyUsage lacks serverAuth); issue it again without that']),
    ...commonProblems(pem),
  ];
}

/** How many authorities a certificate authority allows below it; undefined for any number. */
export function pathLength(pem: string): number | undefined {
  return parse(pem).getExtension(x509().BasicConstraintsExtension)?.pathLength;
}

/** What strict clients would refuse about the certificate of a server. */
export function strictServerProblems(pem: string): string[] {
  const parsed = parse(pem);
  const names = parsed.getExtension(x509().SubjectAlternativeNameExtension);
  const usages = parsed.getExtension(x509().KeyUsagesExtension);
  const isAuthority = parsed.getExtension(x509().BasicConstraintsExtension)?.ca === true;
  return [
    ...(isSelfIssued(parsed) ? ["has its issuer's subject; give CA and server different subjects"] : []),
    ...(hasAuthorityKey(parsed) ? [] : ['has no authorityKeyIdentifier; issue it again with one']),
    ...(names === null ? ['has no subjectAltName; issue it again with the names that clients use'] : []),
    ...(mayServe(parsed)
      ? []
      : ['is not for servers (extendedKeyUsage serverAuth is missing); issue it again with server_auth']),
    ...(!isAuthority && maySign(parsed)
      ? ['may sign certificates (keyUsage keyCertSign) and is no authority; issue it again without that']
      : []),
    ...(usages === null || (usages.usages & serverUsages()) !== 0
      ? []
      : ['may not sign a handshake (keyUsage digitalSignature is missing); issue it again with digital_signature']),
    ...(parsed.subject === '' && names?.critical === false
      ? ['has no subject, and a subjectAltName that is not critical; issue it again with a common name']
      : []),
    ...commonProblems(pem),
  ];
}

function commonProblems(pem: string): string[] {
  const { publicKey } = new X509Certificate(pem);
  const { modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const usable = keyTypes.some((type) => type === publicKey.asymmetricKeyType);
  const unknown = parse(pem).extensions.find(({ critical, type }) => critical && !knownExtensions.includes(type));
  const weak = modulusLength !== undefined && modulusLength < leastRsaBits;
  const digest = weakDigest(parse(pem));
  return [
    ...(weak ? [`has an RSA key of ${modulusLength} bits; use ${leastRsaBits} or more, or ECDSA`] : []),
    ...(usable ? [] : [`has a key of kind ${publicKey.asymmetricKeyType}, which listeners cannot use; use EC or RSA`]),
    ...(digest === undefined ? [] : [`is signed with ${digest}; issue it again with SHA-256`]),
    ...(unknown === undefined
      ? []
      : [
          `has an extension (${unknown.type}) that is critical and that clients do not know; issue it again without it`,
        ]),
  ];
}

/** What a key of a server may be for: the handshakes of TLS 1.3 and 1.2 ask for one of them. */
function serverUsages(): number {
  const { digitalSignature, keyEncipherment, keyAgreement } = x509().KeyUsageFlags;
  return digitalSignature | keyEncipherment | keyAgreement;
}

/** Extensions that OpenSSL acts on. Source: X509_supported_extension(3). */
const knownExtensions = [
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.19',
  '2.5.29.30',
  '2.5.29.31',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.37',
  '2.5.29.54',
];

/** Digests that clients refuse, by name or by the number of the algorithm. Source: RFC 8017, appendix C. */
const weakDigests: Readonly<Record<string, string>> = {
  'SHA-1': 'SHA-1',
  MD5: 'MD5',
  '1.2.840.113549.1.1.4': 'MD5',
  '1.2.840.113549.1.1.5': 'SHA-1',
};

function weakDigest(certificate: library.X509Certificate): string | undefined {
  const { name, hash } = certificate.signatureAlgorithm as { name?: string; hash?: { name?: string } };
  return weakDigests[hash?.name ?? ''] ?? weakDigests[name ?? ''];
}

function parse(pem: string): library.X509Certificate {
  return new (x509().X509Certificate)(pem);
}

function isSelfIssued({ subject, issuer }: library.X509Certificate): boolean {
  return subject === issuer;
}

function maySign(certificate: library.X509Certificate): boolean {
  const usages = certificate.getExtension(x509().KeyUsagesExtension)?.usages ?? 0;
  return (usages & x509().KeyUsageFlags.keyCertSign) !== 0;
}

/** Without the extension a key is for every purpose. */
function mayServe(certificate: library.X509Certificate): boolean {
  const purposes = certificate.getExtension(x509().ExtendedKeyUsageExtension);
  return purposes === null || purposes.usages.includes(x509().ExtendedKeyUsage.serverAuth);
}

function hasSubjectKey(certificate: library.X509Certificate): boolean {
  return certificate.getExtension(x509().SubjectKeyIdentifierExtension) !== null;
}

function hasAuthorityKey(certificate: library.X509Certificate): boolean {
  return certificate.getExtension(x509().AuthorityKeyIdentifierExtension)?.keyId !== undefined;
}
