/** What a certificate says of itself. */

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { type KeyType, keyTypes } from '../mosquitto/files';

export interface CertificateFacts {
  /** In hex, capital letters. */
  serial: string;
  /** SHA-256 of the certificate, in hex, small letters: its identity. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  keyType: KeyType;
}

/**
 * Reads the first certificate of a PEM text.
 *
 * @throws Error when it is none, or has a key of an unknown kind
 */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  return {
    serial: certificate.serialNumber,
    fingerprint: fingerprintOf(certificate),
    notBefore: new Date(certificate.validFrom).toISOString(),
    notAfter: new Date(certificate.validTo).toISOString(),
    keyType: keyTypeOf(certificate.publicKey),
  };
}

/** SHA-256 of a certificate, in hex, small letters. */
export function fingerprintOf(certificate: X509Certificate | string): string {
  const { raw } = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return createHash('sha256').update(raw).digest('hex');
}

/** Whether a certificate is a root: signed by its own key. */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

/** The beginning of a fingerprint: as much of it as devices report, and as people can compare. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 16);
}

/** @throws Error for a kind that no listener can use */
export function keyTypeOf({ asymmetricKeyType }: KeyObject): KeyType {
  const type = keyTypes.find((each) => each === asymmetricKeyType);
  if (type === undefined) throw new Error(`a key of kind ${asymmetricKeyType} cannot be used; use EC or RSA`);
  return type;
}
