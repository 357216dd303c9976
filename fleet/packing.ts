/** A whole fleet in one short text, so that the outputs of a stack can hold it. */

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { type Device, defaultRole } from './device';

/**
 * Longest text that is put into the outputs, in characters. Encrypted it takes a third more, and a state above 1 MB
 * slows every update down. 100,000 ids that count up take 42,000; 70,000 random ids of 8 hex digits fit.
 */
const longestText = 400_000;

/** Quality 6 of 11: higher ones take ten times as long for little. */
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };

/** The fleet as text; null where it is too long for the outputs of a stack. */
export function pack(devices: readonly Device[]): string | null {
  const lines = devices.map(({ id, generation, role, metadata }) => {
    const isPlain = Object.keys(metadata).length === 0;
    if (isPlain && role === defaultRole && generation === 1) return id;
    return JSON.stringify(isPlain ? [id, generation, role] : [id, generation, role, metadata]);
  });
  const text = brotliCompressSync(lines.join('\n'), quality).toString('base64');
  return text.length > longestText ? null : text;
}

/** Reads a fleet back. */
export function unpack(text: string): Device[] {
  const lines = brotliDecompressSync(Buffer.from(text, 'base64')).toString();
  if (lines === '') return [];
  return lines.split('\n').map((line) => {
    if (!line.startsWith('[')) return { id: line, generation: 1, role: defaultRole, metadata: {} };
    const [id, generation, role, metadata = {}] = JSON.parse(line);
    return { id, generation, role, metadata };
  });
}
