/** PEM: certificates and keys as text. Source: RFC 7468. */

import { commands, type Place } from './conversion';

const block =
  /-----BEGIN ([A-Z0-9# ]+)-----\n(?:Proc-Type: 4,ENCRYPTED\nDEK-Info: .*\n\n)?[A-Za-z0-9+/=\n]+?-----END \1-----\n?/g;

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
export function pemProblem(text: string, place: Place = { part: 'certificate', file: undefined }): string | undefined {
  if (text.trim() === '') return 'is empty; write PEM';
  if (!isPem(text)) return unmarked(text);
  if (/\\[rn]/.test(text))
    return `has line breaks that are written as "\\n"; convert it with: ${commands.escapes(place)}`;
  if (isWhole(text)) return undefined;
  if (isWhole(text.replaceAll('\r\n', '\n'))) {
    return `has line ends of Windows (CRLF); convert it with: ${commands.lineBreaks(place)}`;
  }
  if (isWhole(text.replaceAll('\r', '\n'))) {
    return `has line ends of an old Mac (CR); convert it with: ${commands.lineBreaksOfMac(place)}`;
  }
  const cleaned = cleaning.find(({ clean }) => isWhole(clean(text)));
  if (cleaned !== undefined) return `${cleaned.says}; ${cleaned.remedy}: ${commands.clean(place)}`;
  return 'is damaged PEM; copy it again, as a whole';
}

/** The certificates of a text, each with a line break at its end. */
export function certificatesOf(text: string): string[] {
  return pemBlocks(text)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ text: found }) => found);
}

/** Whether a text is blocks, and nothing else. */
function isWhole(text: string): boolean {
  return pemBlocks(text).length > 0 && text.replace(block, '').trim() === '' && !text.startsWith(byteOrderMark);
}

const byteOrderMark = '\uFEFF';

/** The edges of lines as `commands.clean` leaves them. */
function trimmedLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/^[^-A-Za-z0-9+/=]+|[^-A-Za-z0-9+/=]+$/g, ''))
    .join('\n');
}

/** What stands from BEGIN to END. */
function withoutOthers(text: string): string {
  return text.match(/^-----BEGIN [\s\S]*?^-----END .*$/gm)?.join('\n') ?? '';
}

/** Each tries more than the one before. */
const cleaning: ReadonlyArray<{ clean: (text: string) => string; says: string; remedy: string }> = [
  {
    clean: (text) => text.slice(text.startsWith(byteOrderMark) ? 1 : 0).replaceAll('\r\n', '\n'),
    says: 'begins with a byte order mark',
    remedy: 'convert it with',
  },
  {
    clean: (text) =>
      text
        .split(/\r?\n/)
        .map((line) => line.trim())
        .join('\n'),
    says: 'has blanks before or behind its lines',
    remedy: 'convert it with',
  },
  {
    clean: (text) => withoutOthers(text.replaceAll('\r\n', '\n')),
    says: 'has text around its PEM blocks',
    remedy: 'keep what stands from BEGIN to END with',
  },
  {
    clean: (text) => withoutOthers(trimmedLines(text)),
    says: 'has text around its PEM blocks and their lines',
    remedy: 'keep what stands from BEGIN to END with',
  },
];

/** What has no first line of PEM. */
function unmarked(text: string): string {
  const letters = text.replace(/\s/g, '');
  if (/BEGIN [A-Z0-9 ]+/.test(text))
    return 'has a line BEGIN without its five "-" on each side; copy it again, as a whole';
  if (letters.length > 100 && /^[A-Za-z0-9+/=]+(-----END[A-Z0-9]+-----)?$/.test(letters)) {
    return 'is not PEM: its first line, "-----BEGIN …-----", is missing; copy it again, as a whole';
  }
  return 'is not PEM; convert it, for example with "openssl x509 -inform DER" or "openssl pkey"';
}
