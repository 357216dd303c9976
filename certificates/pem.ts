/** PEM: certificates and keys as text. Source: RFC 7468. */

const block = /-----BEGIN ([A-Z0-9 ]+)-----\n[A-Za-z0-9+/=\n]+?-----END \1-----\n?/g;
const encrypted = /^Proc-Type: 4,ENCRYPTED\nDEK-Info: .*\n\n/m;

/** One block of a PEM text. */
export interface PemBlock {
  /** What it holds, for example `CERTIFICATE`. */
  label: string;
  /** The whole block, with a line break at its end. */
  text: string;
}

/** Whether a text is meant as PEM, and not as the path of a file. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/** The blocks of a text; what stands around them is left out. */
export function pemBlocks(text: string): PemBlock[] {
  return [...text.matchAll(block)].map(([found, label = '']) => ({
    label,
    text: found.endsWith('\n') ? found : `${found}\n`,
  }));
}

/**
 * What is wrong with the form of a PEM text, or `undefined`. Mosquitto's library is more lenient than those of some
 * devices, so what one of them would refuse is refused here. Never shows the text, which may be a key.
 */
export function pemProblem(text: string): string | undefined {
  if (text.trim() === '') return 'is empty; write PEM';
  if (!isPem(text)) return 'is not PEM; convert it, for example with "openssl x509 -inform DER" or "openssl pkey"';
  if (text.includes('\r')) return 'has line ends of Windows (CRLF); convert it, for example with dos2unix';
  const plain = text.replace(encrypted, '');
  if (pemBlocks(plain).length === 0) return 'is damaged PEM; copy it again, as a whole';
  if (plain.replace(block, '').trim() !== '') {
    return 'has text around its PEM blocks; keep what stands from BEGIN to END, for example with "openssl x509" or "openssl pkey"';
  }
  return undefined;
}

/** The certificates of a text, each with a line break at its end. */
export function certificatesOf(text: string): string[] {
  return pemBlocks(text)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ text: found }) => found);
}
