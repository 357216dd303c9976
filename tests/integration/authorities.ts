/** Certificate authorities and certificates of somebody else, made with openssl. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export class Authorities {
  readonly folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-authorities-'));

  /** Makes a root: `<name>.pem` and `<name>.key`. */
  root(name: string, words: string[] = ['-nodes']): void {
    this.openssl(
      ...['req', '-x509', ...curve, ...words, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30'],
      ...['-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    );
  }

  /** Makes a certificate that another one signs: `<name>.pem` and `<name>.key`. */
  signed(name: string, issuer: string, extensions: string[], days = 20): void {
    writeFileSync(join(this.folder, `${name}.cnf`), `${extensions.join('\n')}\n`);
    this.openssl('req', ...curve, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', String(days)];
    this.openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', `${name}.cnf`, '-out', `${name}.pem`);
  }

  intermediate(name: string, issuer: string): void {
    this.signed(name, issuer, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier=hash',
      'authorityKeyIdentifier=keyid',
    ]);
  }

  /** Makes a certificate of an authority that is there already, signed by another one: `<name>.pem`. */
  crossed(name: string, authority: string, issuer: string): void {
    const subject = ['-subj', `/CN=${authority}`];
    this.openssl('req', '-new', '-key', `${authority}.key`, '-out', `${name}.csr`, ...subject);
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const identifiers = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
    writeFileSync(join(this.folder, `${name}.cnf`), `${[...extensions, ...identifiers].join('\n')}\n`);
    const signing = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', '25'];
    this.openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', `${name}.cnf`, '-out', `${name}.pem`);
  }

  server(name: string, issuer: string, host: string, days?: number): void {
    const identifiers = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'];
    this.signed(name, issuer, [`subjectAltName=DNS:${host}`, 'extendedKeyUsage=serverAuth', ...identifiers], days);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  read(...names: string[]): string {
    return names.map((name) => readFileSync(this.path(name), 'utf8')).join('');
  }

  openssl(...words: string[]): string {
    return execFileSync('openssl', words, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true });
  }
}
