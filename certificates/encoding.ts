/** Whether what somebody gives is PEM of the right kind; where not, what it is, and the one command that converts it. */

import { hasLegacyCipher, legacyCipher, legacyCipherOfText } from './cipher';
import { commands, type Part, type Place } from './conversion';
import { type Kind, kindOfDer, kindOfLabel } from './kind';
import { isPem, type PemBlock, pemBlocks, pemProblem } from './pem';

/**
 * What is wrong with the form of a certificate or a key, or `undefined`. Never shows any of it, which may be a key.
 *
 * @param bytes as they stand in the file
 */
export function encodingProblem(bytes: Buffer, place: Place): string | undefined {
  return bytesProblem(bytes, place) ?? textProblem(bytes.toString('utf8'), place);
}

/** What is wrong with it as a text. */
export function textProblem(text: string, place: Place): string | undefined {
  return foreignText(text, place) ?? pemProblem(text, place) ?? kindProblem(pemBlocks(text), place);
}

function bytesProblem(bytes: Buffer, place: Place): string | undefined {
  const wide = wideEncoding(bytes);
  if (wide !== undefined) {
    return `is text in ${wide.slice(0, 6)}, as programs of Windows write it; convert it with: ${commands.wideText(place, wide)}`;
  }
  const keystore = keystores[bytes.subarray(0, 4).toString('hex')];
  if (keystore !== undefined) {
    return `is a keystore of Java (${keystore}); convert it with: ${commands.keystore(place)}`;
  }
  if (bytes[0] !== 0x30 || isPem(bytes.toString('latin1'))) return undefined;
  const kind = kindOfDer(bytes);
  // A digit is the same byte as the beginning of DER.
  if (kind === undefined) return undefined;
  return foreignKind(kind, place, bytes, 'DER');
}

/** How keystores of Java begin. Source: sun.security.provider.JavaKeyStore. */
const keystores: Readonly<Record<string, string>> = { feedfeed: 'JKS', cececece: 'JCEKS' };

/** Text whose letters have more than one byte each. */
function wideEncoding(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') return 'UTF-16';
  const start = bytes.subarray(0, 64);
  const zeros = (odd: 0 | 1) => start.filter((byte, index) => index % 2 === odd && byte === 0).length;
  const half = Math.floor(start.length / 2);
  if (half < 4) return undefined;
  if (zeros(1) === half && zeros(0) === 0) return 'UTF-16LE';
  return zeros(0) >= half && zeros(1) === 0 ? 'UTF-16BE' : undefined;
}

/** Keys as other programs write them. */
function foreignText(text: string, place: Place): string | undefined {
  if (text.startsWith('PuTTY-User-Key-File')) return `is a key of PuTTY; convert it with: ${commands.putty(place)}`;
  if (/^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+) AAAA/.test(text)) {
    return `is a public key of SSH; ${wanted[place.part]}`;
  }
  return undefined;
}

const keys: readonly (Kind | undefined)[] = ['privateKey', 'encryptedKey'];

/** What its blocks are, by their first lines and by what they hold. */
function kindProblem(blocks: readonly PemBlock[], place: Place): string | undefined {
  const found = blocks.map((block) => ({ block, kind: kindOfLabel(block.label), held: heldBy(block) }));
  if (place.part === 'privateKey') {
    const key = found.find(({ kind }) => keys.includes(kind));
    if (key !== undefined) return lyingBlock([key], place) ?? cipherProblem(key.block, place);
  } else {
    const right = found.filter(({ kind }) => kind === 'certificate');
    const converted = found.find(({ kind }) => kind === 'trustedCertificate' || kind === 'pkcs7');
    if (converted === undefined && right.length > 0) return lyingBlock(right, place);
    if (converted?.kind === 'pkcs7' && converted.block.label !== 'PKCS7') {
      return `is ${called.pkcs7}; convert it with: ${commands.mislabelled(place)}`;
    }
    if (converted?.kind !== undefined) return foreignKind(converted.kind, place, derOf(converted.block), 'PEM');
  }
  const [first] = found.filter(({ kind }) => kind !== 'parameters');
  if (first?.kind !== undefined) return foreignKind(first.kind, place, derOf(first.block), 'PEM');
  return `holds "${(first ?? found[0])?.block.label}", which is none; ${wanted[place.part]}`;
}

type Found = { block: PemBlock; kind: Kind | undefined; held: Kind | undefined };

/** A block that holds something else than its first line says; what nobody can read is told where it is used. */
function lyingBlock(found: readonly Found[], place: Place): string | undefined {
  const lying = found.find(
    ({ kind, held }) => held !== undefined && held !== kind && !(keys.includes(kind) && keys.includes(held)),
  );
  if (lying?.held === undefined) return undefined;
  if (lying.held === 'pkcs7' && place.part === 'certificate') {
    return `says ${lying.block.label} and holds PKCS #7; convert it with: ${commands.mislabelled(place)}`;
  }
  return `says ${lying.block.label} and holds ${called[lying.held]}; ${wanted[place.part]}`;
}

function cipherProblem(block: PemBlock, place: Place): string | undefined {
  const cipher = legacyCipherOfText(block.text) ?? (isPlain(block) ? legacyCipher(derOf(block)) : undefined);
  if (cipher === undefined) return undefined;
  return (
    `is encrypted with ${cipher}, a legacy cipher that OpenSSL 3 does not offer, whatever the passphrase; ` +
    `encrypt it anew with: ${commands.legacyCipher(place)}`
  );
}

/** What something is that stands in the place of something else. */
function foreignKind(kind: Kind, place: Place, bytes: Buffer, form: 'DER' | 'PEM'): string {
  const named = `is ${called[kind]}${form === 'DER' ? ' in DER' : ''}`;
  const command = commandFor(kind, place, bytes, form);
  if (command !== undefined) return `${named}, and not PEM of ${aim[place.part]}; convert it with: ${command}`;
  return `holds ${called[kind]} and no ${place.part === 'certificate' ? 'certificate' : 'private key'}; ${advice(kind, place.part)}`;
}

/** Undefined where no command makes the one out of the other. */
function commandFor(kind: Kind, place: Place, bytes: Buffer, form: 'DER' | 'PEM'): string | undefined {
  if (kind === 'pkcs12') return form === 'DER' ? commands.pkcs12(place, hasLegacyCipher(bytes)) : undefined;
  if (place.part === 'certificate') {
    if (kind === 'pkcs7') return commands.pkcs7(place, form === 'DER');
    if (kind === 'trustedCertificate') return commands.trusted(place);
    return kind === 'certificate' && form === 'DER' ? commands.der(place) : undefined;
  }
  if (kind === 'opensshKey') return commands.openssh(place);
  if (form === 'PEM') return undefined;
  if (kind === 'encryptedKey') return commands.lockedDer(place);
  return kind === 'privateKey' ? commands.der(place) : undefined;
}

function advice(kind: Kind, part: Part): string {
  if (kind === 'request') {
    return part === 'certificate'
      ? 'send it to an authority, and give the certificate that comes back'
      : 'give the private key that it was made with';
  }
  return wanted[part];
}

const aim: Readonly<Record<Part, string>> = { certificate: 'certificates', privateKey: 'a private key' };

const wanted: Readonly<Record<Part, string>> = {
  certificate: 'give a certificate as PEM ("-----BEGIN CERTIFICATE-----")',
  privateKey: 'give the private key as PEM ("-----BEGIN PRIVATE KEY-----")',
};

const called: Readonly<Record<Kind, string>> = {
  certificate: 'a certificate',
  trustedCertificate: 'a certificate in a form of OpenSSL alone ("TRUSTED CERTIFICATE" or "X509 CERTIFICATE")',
  request: 'a certificate request (CSR)',
  revocationList: 'a list of revoked certificates (CRL)',
  publicKey: 'a public key',
  privateKey: 'a private key',
  encryptedKey: 'an encrypted private key',
  opensshKey: 'a private key of OpenSSH',
  parameters: 'parameters',
  pkcs7: 'PKCS #7 (a bundle of certificates, often .p7b)',
  pkcs12: 'PKCS #12 (certificates and key in one file, often .pfx or .p12)',
};

function heldBy(block: PemBlock): Kind | undefined {
  return isPlain(block) ? kindOfDer(derOf(block)) : undefined;
}

/** Whether a block holds DER, and not what a passphrase hides. */
function isPlain({ text }: PemBlock): boolean {
  return !text.includes('Proc-Type:');
}

function derOf({ text }: PemBlock): Buffer {
  return Buffer.from(text.replace(/-----[^-]*-----/g, ''), 'base64');
}
