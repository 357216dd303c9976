/** Certificates of clients, issued when somebody asks for them: nothing of them is kept, and none has to be. */

import { createHash, createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { x509 } from './library';

/** A certificate authority and its key, PEM each. Secret. */
export interface Authority {
  certificate: string;
  /** PKCS #8 or the older forms, not encrypted. */
  privateKey: string;
}

export interface ClientCertificate {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  privateKey: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
}

/** Whom a certificate is for. */
export interface Subject {
  /** User name: the common name of the certificate. */
  name: string;
  /** Default: one of its own, that no list of revoked certificates can name. */
  serial?: string;
  /** Hours that it lasts, but never longer than its authority. */
  validityHours: number;
}

type Signing = { name: string; namedCurve?: string; hash: string };

const curve = 'P-256';
const hash = 'SHA-256';
const serialBytes = 16;
const hourMilliseconds = 3_600_000;
/** Clocks of broker and client may differ by as much. */
const toleranceMilliseconds = 300_000;

/**
 * The serial number of every certificate of one generation of a client, in hex. It follows from the name, so that a
 * list of revoked certificates can name certificates that nobody has kept.
 */
export function serialOf(kind: string, name: string, generation: number): string {
  const text = `aipi-mqtt client certificate 1\n${kind}\n${name}\n${generation}`;
  return positive(createHash('sha256').update(text).digest().subarray(0, serialBytes));
}

/** Issues a certificate with a new key. */
export async function issueClientCertificate(
  { certificate, privateKey }: Authority,
  { name, serial = positive(randomBytes(serialBytes)), validityHours }: Subject,
): Promise<ClientCertificate> {
  const { X509CertificateGenerator, X509Certificate } = x509();
  const issuer = new X509Certificate(certificate);
  const signing = await signingKey(privateKey);
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, ['sign', 'verify']);
  const now = Date.now();
  const notBefore = new Date(Math.max(issuer.notBefore.getTime(), now - toleranceMilliseconds));
  const notAfter = new Date(Math.min(issuer.notAfter.getTime(), now + validityHours * hourMilliseconds));
  const issued = await X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [name] }],
    issuer: issuer.subjectName,
    notBefore,
    notAfter,
    signingAlgorithm: signing.algorithm as EcdsaParams,
    publicKey: keys.publicKey as CryptoKey,
    signingKey: signing.key,
    extensions: await extensions(issuer, keys.publicKey as CryptoKey),
  });
  return {
    certificate: `${issued.toString('pem')}\n`,
    privateKey: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    notBefore: issued.notBefore.toISOString(),
    notAfter: issued.notAfter.toISOString(),
  };
}

/** A certificate authority that nobody trusts, with a certificate of it: what an impostor has. */
export async function impostor(name: string): Promise<ClientCertificate> {
  const { X509CertificateGenerator, BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = x509();
  const algorithm = { name: 'ECDSA', namedCurve: curve, hash };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const authority = await X509CertificateGenerator.createSelfSigned({
    serialNumber: positive(randomBytes(serialBytes)),
    name: [{ CN: ['impostor'] }],
    notBefore: new Date(Date.now() - toleranceMilliseconds),
    notAfter: new Date(Date.now() + hourMilliseconds),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await x509().SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const privateKey = pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return issueClientCertificate({ certificate: authority.toString('pem'), privateKey }, { name, validityHours: 1 });
}

/** The key of an authority, as the library signs with it. */
export async function signingKey(privateKey: string): Promise<{ key: CryptoKey; algorithm: Signing }> {
  const key = createPrivateKey(privateKey);
  const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
  const { namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const algorithm: Signing =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash }
      : { name: 'ECDSA', namedCurve: curves[namedCurve] ?? namedCurve, hash };
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return { key: (await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])) as CryptoKey, algorithm };
}

/** What strict verification asks of a certificate of a client, and no more than it needs. */
async function extensions(issuer: InstanceType<ReturnType<typeof x509>['X509Certificate']>, publicKey: CryptoKey) {
  const library = x509();
  return [
    new library.BasicConstraintsExtension(false, undefined, true),
    new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
    new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.clientAuth]),
    await library.SubjectKeyIdentifierExtension.create(publicKey),
    await library.AuthorityKeyIdentifierExtension.create(issuer),
  ];
}

function pem(label: string, der: ArrayBuffer): string {
  return `${x509().PemConverter.encode(der, label)}\n`;
}

/** A serial number is positive, and written without leading zeros. Source: RFC 5280, section 4.1.2.2. */
function positive(bytes: Buffer): string {
  const copy = Buffer.from(bytes);
  copy[0] = ((copy[0] ?? 0) & 0x3f) | 0x40;
  return copy.toString('hex');
}
