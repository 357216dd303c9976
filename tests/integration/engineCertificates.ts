/** Certificates for a Docker engine that is reached by TCP, and for its clients. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/**
 * Makes a folder with ca.pem, the certificate and the key of an engine as engine.pem and engine.key, and those of a client
 * as cert.pem and key.pem.
 *
 * @param name of the engine, as in `IP:127.0.0.1`
 * @returns the folder
 */
export function engineCertificates(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority of engines');
  for (const [certificate, secret, names] of [
    ['engine.pem', 'engine.key', name],
    ['cert.pem', 'key.pem', 'DNS:client'],
  ] as const) {
    openssl('req', ...key, '-keyout', secret, '-out', 'request', '-subj', `/CN=${certificate}`);
    writeFileSync(join(folder, 'names'), `subjectAltName=${names}`);
    const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
    openssl('x509', '-req', '-in', 'request', '-out', certificate, ...issuer);
  }
  return folder;
}
