/** A self-signed certificate with its key, made anew in each run, so that no key stands in the repository. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface SelfSigned {
  certificate: string;
  privateKey: string;
}

/** @param until end of it, as ASN.1 writes a time */
export function selfSigned(until = '491231235959Z'): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = toBeSigned(publicKey, until);
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, ecdsaWithSha256, element(0x03, Buffer.from([0]), signature));
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

/** Source: RFC 5280, section 4.1. */
function toBeSigned(publicKey: KeyObject, until: string): Buffer {
  const name = sequence(element(0x31, sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from('test')))));
  const validity = sequence(...['250101000000Z', until].map((time) => element(0x17, Buffer.from(time))));
  return sequence(
    element(0xa0, element(0x02, Buffer.from([2]))),
    element(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
}

const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
