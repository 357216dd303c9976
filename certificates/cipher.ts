/** What a private key is encrypted with, and whether OpenSSL 3 still offers that. */

import { derChildren, derNode, oidOf } from './der';

/** Encryption that OpenSSL 3 has in its legacy provider alone. Source: OSSL_PROVIDER-legacy(7), RFC 8018, RFC 7292. */
const legacy: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.1': 'PBE-MD2-DES',
  '1.2.840.113549.1.5.3': 'PBE-MD5-DES',
  '1.2.840.113549.1.5.4': 'PBE-MD2-RC2-64',
  '1.2.840.113549.1.5.6': 'PBE-MD5-RC2-64',
  '1.2.840.113549.1.5.10': 'PBE-SHA1-DES',
  '1.2.840.113549.1.5.11': 'PBE-SHA1-RC2-64',
  '1.2.840.113549.1.12.1.1': 'PBE-SHA1-RC4-128',
  '1.2.840.113549.1.12.1.2': 'PBE-SHA1-RC4-40',
  '1.2.840.113549.1.12.1.5': 'PBE-SHA1-RC2-128',
  '1.2.840.113549.1.12.1.6': 'PBE-SHA1-RC2-40',
  '1.3.14.3.2.7': 'DES-CBC',
  '1.3.14.3.2.9': 'DES-CFB',
  '1.2.840.113549.3.2': 'RC2-CBC',
  '1.2.840.113549.3.4': 'RC4',
  '1.2.840.113549.3.9': 'RC5-CBC',
  '1.3.6.1.4.1.3029.1.2': 'BF-CBC',
  '1.2.840.113533.7.66.10': 'CAST5-CBC',
  '1.3.6.1.4.1.188.7.1.1.2': 'IDEA-CBC',
  '1.2.410.200004.1.4': 'SEED-CBC',
};

/** The same by the names that the old form of PEM has for them. */
const legacyName = /^DEK-Info: ((?:DES-(?!EDE)|DESX|RC[245]|BF|CAST|IDEA|SEED)[A-Z0-9-]*)/m;

/** Numbers of PBES2 and of what it says first: how a passphrase becomes a key. Source: RFC 8018, appendix A. */
const pbes2 = '1.2.840.113549.1.5.13';

/** The legacy cipher of an encrypted key of PKCS #8; undefined where it has another one. */
export function legacyCipher(pkcs8: Buffer): string | undefined {
  const [algorithm] = childrenOf(pkcs8);
  if (algorithm === undefined) return undefined;
  const [scheme, parameters] = derChildren(algorithm);
  if (oidOf(scheme) !== pbes2) return legacy[oidOf(scheme) ?? ''];
  const [, encryption] = parameters === undefined ? [] : derChildren(parameters);
  return encryption === undefined ? undefined : legacy[oidOf(derChildren(encryption)[0]) ?? ''];
}

/** The same of the older form, which says it in words. */
export function legacyCipherOfText(pem: string): string | undefined {
  return legacyName.exec(pem)?.[1];
}

/** Whether a legacy cipher is somewhere in a PKCS #12, so that OpenSSL 3 has to be told. */
export function hasLegacyCipher(pkcs12: Buffer): boolean {
  return legacyMarks.some((mark) => pkcs12.includes(mark));
}

/** The encryptions of PKCS #12 as they stand in it: 1.2.840.113549.1.12.1 with the number of one of them. */
const legacyMarks = [1, 2, 5, 6].map((number) => Buffer.from(`060a2a864886f70d010c010${number}`, 'hex'));

function childrenOf(der: Buffer) {
  const node = derNode(der);
  return node === undefined ? [] : derChildren(node);
}
