/**
 * Secrets of devices, derived from one root secret of the stack: any number of devices costs no resource, and whoever
 * has the root secret can make every bundle again.
 */

import { createHmac } from 'node:crypto';
import type { Device } from './device';

/** Letters and digits of a root secret: 32 bytes as base64 without padding, of which 254 bits are random. */
export const rootSecretLength = 43;

/** Keeps these secrets apart from whatever else may be derived from the same root. */
const context = 'aipi-mqtt device password 1';

/**
 * The password of a device: base64url of HMAC-SHA256 over context, id and generation, 256 bits in 43 characters.
 * Neither id nor generation can hold a line break, so no two devices share an input.
 *
 * @param rootSecret 32 bytes, base64
 */
export function devicePassword(rootSecret: string, { id, generation }: Pick<Device, 'id' | 'generation'>): string {
  return createHmac('sha256', Buffer.from(rootSecret, 'base64'))
    .update(`${context}\n${id}\n${generation}`)
    .digest('base64url');
}
