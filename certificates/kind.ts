/** What some bytes are that somebody gives as a certificate or a key. */

import { type DerNode, derChildren, derNode, oidOf } from './der';

export type Kind =
  | 'certificate'
  | 'trustedCertificate'
  | 'request'
  | 'revocationList'
  | 'publicKey'
  | 'privateKey'
  | 'encryptedKey'
  | 'opensshKey'
  | 'parameters'
  | 'pkcs7'
  | 'pkcs12';

const sequence = 0x30;
const integer = 0x02;
const bitString = 0x03;
const octetString = 0x04;

/** Numbers of PKCS #7 contents: signed data, and data. Source: RFC 2315, section 14. */
const signedData = '1.2.840.113549.1.7.2';
const data = '1.2.840.113549.1.7.1';

/** What DER holds; undefined for anything else. */
export function kindOfDer(bytes: Buffer): Kind | undefined {
  const node = derNode(bytes);
  if (node === undefined || node.tag !== sequence) return undefined;
  const [first, second, third] = derChildren(node);
  if (first === undefined || second === undefined) return undefined;
  if (oidOf(first) === signedData) return 'pkcs7';
  if (first.tag === integer) return kindOfNumbered(second, third);
  if (first.tag !== sequence) return undefined;
  if (second.tag === bitString) return oidOf(derChildren(first)[0]) === undefined ? undefined : 'publicKey';
  if (second.tag === octetString) return oidOf(derChildren(first)[0]) === undefined ? undefined : 'encryptedKey';
  return second.tag === sequence && third?.tag === bitString ? kindOfSigned(first) : undefined;
}

/** What the first line of a PEM block says; undefined for what belongs to none of these. */
export function kindOfLabel(label: string): Kind | undefined {
  return labels[label];
}

const labels: Readonly<Record<string, Kind>> = {
  CERTIFICATE: 'certificate',
  'X509 CERTIFICATE': 'trustedCertificate',
  'TRUSTED CERTIFICATE': 'trustedCertificate',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  'X509 CRL': 'revocationList',
  'PUBLIC KEY': 'publicKey',
  'RSA PUBLIC KEY': 'publicKey',
  'SSH2 PUBLIC KEY': 'publicKey',
  'PRIVATE KEY': 'privateKey',
  'RSA PRIVATE KEY': 'privateKey',
  'EC PRIVATE KEY': 'privateKey',
  'DSA PRIVATE KEY': 'privateKey',
  'ENCRYPTED PRIVATE KEY': 'encryptedKey',
  'OPENSSH PRIVATE KEY': 'opensshKey',
  'EC PARAMETERS': 'parameters',
  'DH PARAMETERS': 'parameters',
  PKCS7: 'pkcs7',
  CMS: 'pkcs7',
  'PKCS #7 SIGNED DATA': 'pkcs7',
  PKCS12: 'pkcs12',
};

/** Keys and PKCS #12 begin with a version. */
function kindOfNumbered(second: DerNode, third: DerNode | undefined): Kind | undefined {
  const content = oidOf(derChildren(second)[0]);
  if (content === data || content === signedData) return 'pkcs12';
  const isPkcs8 = second.tag === sequence && third?.tag === octetString;
  const isRsa = second.tag === integer && third?.tag === integer;
  return isPkcs8 || isRsa || second.tag === octetString ? 'privateKey' : undefined;
}

/** Certificate, request and list of revoked ones are signed in the same way. */
function kindOfSigned(signed: DerNode): Kind | undefined {
  const parts = derChildren(signed);
  const tags = parts.map(({ tag }) => tag);
  // Its version is marked, and left out in the first one.
  if (tags[0] === 0xa0) return 'certificate';
  if (tags[0] === integer && tags[1] === sequence && tags[2] === sequence) {
    // A request goes on with a key, a certificate of the first version with its issuer, a list with its date.
    if (tags.length <= 4 && (tags[3] === undefined || tags[3] === 0xa0)) return 'request';
    if (tags[3] === 0x17 || tags[3] === 0x18) return 'revocationList';
    return tags[3] === sequence ? 'certificate' : undefined;
  }
  return tags[2] === 0x17 || tags[2] === 0x18 ? 'revocationList' : undefined;
}
