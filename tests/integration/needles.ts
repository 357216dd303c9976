/** The forms in which a secret may lie about. */

import { createPrivateKey, createPublicKey } from 'node:crypto';

/** A secret in one of its forms. Its name says which, because a failed test must not show the secret itself. */
export interface Needle {
  name: string;
  bytes: Buffer;
}

/** A secret as it is, and in base64, hex, URL and JSON notation. Base64 is found wherever in a longer text it stands. */
export function needlesOf(name: string, secret: string | Buffer): Needle[] {
  const bytes = Buffer.from(secret as string, 'latin1');
  const text = bytes.toString('latin1');
  const forms: Record<string, string> = {
    plain: text,
    hex: bytes.toString('hex'),
    'hex in capitals': bytes.toString('hex').toUpperCase(),
    'base64 at 0': base64(bytes, 0),
    'base64 at 1': base64(bytes, 1),
    'base64 at 2': base64(bytes, 2),
    ...(isText(text) && { URL: encodeURIComponent(text), JSON: JSON.stringify(text).slice(1, -1) }),
  };
  const urlSafe = Object.entries(forms)
    .filter(([form]) => form.startsWith('base64'))
    .map(([form, value]) => [form.replace('base64', 'base64url'), value.replaceAll('+', '-').replaceAll('/', '_')]);
  return [...Object.entries(forms), ...urlSafe].map(([form = '', value = '']) => ({
    name: `${name}, ${form}`,
    bytes: Buffer.from(value, 'latin1'),
  }));
}

/**
 * A private key: the number that is the secret, whole and in halves, and every line of the PEM text that says anything
 * about it.
 */
export function keyNeedles(name: string, pem: string): Needle[] {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const number = Buffer.from(d, 'base64url');
  const halves = [number.subarray(0, number.length / 2), number.subarray(number.length / 2)];
  return [
    ...[number, ...halves].flatMap((part, index) => needlesOf(`${name}, number ${index}`, part)),
    ...secretLines(pem).flatMap((line, index) => needlesOf(`${name}, line ${index}`, line)),
  ];
}

/** Lines of a key's PEM text that hold more than bytes of its public key, which stands in certificates for all to see. */
function secretLines(pem: string): string[] {
  const open = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const body = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  return body.filter((line) => !open.includes(Buffer.from(line, 'base64')));
}

/** What of the base64 form does not depend on the neighbours, where `offset` bytes of a group of three come before. */
function base64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const end = Math.floor((whole.length * 8) / 6);
  return whole.toString('base64').slice(Math.ceil((offset * 8) / 6), end);
}

function isText(text: string): boolean {
  return /^[\x20-\x7e\n]*$/.test(text);
}
