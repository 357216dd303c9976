/**
 * Certificates of every kind, good and bad, made with the command line of OpenSSL: another hand than the product's. They
 * stand in a folder of their own for as long as a test file runs.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, PEM each; the key is PKCS #8 and not encrypted. */
export interface Identity {
  certificate: string;
  privateKey: string;
}

/** Extensions by name, in the words of OpenSSL; one that is undefined is left out. */
export type Extensions = Record<string, string | undefined>;

export interface Order {
  /** Without it a new one of EC P-256. */
  privateKey?: string;
  subject: string;
  extensions: Extensions;
  /** Without it the certificate is self-signed. */
  issuer?: Identity;
  digest?: string;
  /** How long it lasts; default: `days`. */
  lasts?: number;
}

export type KeyKind = 'P-256' | 'P-384' | 'RSA-1024' | 'RSA-2048' | 'Ed25519' | 'Ed448';

export const hour = 3_600_000;
export const day = 24 * hour;
/** How long a certificate lasts where nothing else is said. */
export const days = 3_650;

export const authorityExtensions: Extensions = {
  basicConstraints: 'critical,CA:TRUE',
  keyUsage: 'critical,keyCertSign,cRLSign',
  subjectKeyIdentifier: 'hash',
};

/** Of an authority that another one has signed. */
export const intermediateExtensions: Extensions = { ...authorityExtensions, authorityKeyIdentifier: 'keyid' };

export const serverExtensions: Extensions = {
  basicConstraints: 'critical,CA:FALSE',
  keyUsage: 'critical,digitalSignature',
  extendedKeyUsage: 'serverAuth',
  subjectAltName: 'DNS:broker.example,DNS:*.wild.example,IP:192.0.2.10,IP:2001:db8::10',
  subjectKeyIdentifier: 'hash',
  authorityKeyIdentifier: 'keyid',
};

const makers: Record<KeyKind, () => KeyObject> = {
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'RSA-1024': () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
  'RSA-2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
  Ed448: () => generateKeyPairSync('ed448').privateKey,
};

let folder: string | undefined;
let files = 0;

/** Removes everything that was made. */
export function cleanUp(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
}

/** Runs OpenSSL, and gives what it writes. */
export function openssl(args: readonly string[], input = ''): string {
  return execFileSync('openssl', args, { input, encoding: 'utf8', stdio: 'pipe' });
}

/** A file with this text, for an option that wants one. */
export function file(text: string | Buffer): string {
  folder ??= mkdtempSync(join(tmpdir(), 'aipi-openssl-'));
  files += 1;
  const path = join(folder, `${files}.pem`);
  writeFileSync(path, text);
  return path;
}

/** By Node, which needs no process for it: a key is a number, whoever draws it. */
export function newKey(kind: KeyKind = 'P-256'): string {
  return makers[kind]().export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function issue({
  privateKey = newKey(),
  subject,
  extensions,
  issuer,
  digest = 'sha256',
  lasts = days,
}: Order): Identity {
  const key = file(privateKey);
  // The two identifiers are added by OpenSSL itself, unless it is told not to.
  const named = { subjectKeyIdentifier: 'none', authorityKeyIdentifier: 'none', ...defined(extensions) };
  const lines = Object.entries(named).map(([name, value]) => `${name}=${value}`);
  const request = requestOf(key, privateKey, subject);
  const signedBy =
    issuer === undefined
      ? ['-signkey', key]
      : ['-CA', file(issuer.certificate), '-CAkey', file(issuer.privateKey), '-CAcreateserial'];
  const times = ['-days', String(lasts), `-${digest}`];
  const certificate = openssl(
    ['x509', '-req', ...signedBy, ...times, '-extfile', file(`${lines.join('\n')}\n`)],
    request,
  );
  return { certificate, privateKey };
}

/** Requests by key and subject: they hold nothing else. */
const requests = new Map<string, string>();

function requestOf(path: string, privateKey: string, subject: string): string {
  const name = `${subject}\n${privateKey}`;
  const config = '[req]\ndistinguished_name=n\n[n]\n';
  const known = requests.get(name);
  const request = known ?? openssl(['req', '-new', '-key', path, '-subj', subject, '-config', file(config)]);
  requests.set(name, request);
  return request;
}

function defined(extensions: Extensions): Extensions {
  return Object.fromEntries(Object.entries(extensions).filter(([, value]) => value !== undefined));
}

/** A root of EC P-256. */
export function newRoot(subject = '/CN=Root', privateKey = newKey()): Identity {
  return issue({ privateKey, subject, extensions: authorityExtensions });
}

/** What strict verification of OpenSSL says against a certificate; nothing when it is accepted. */
export function strictVerdict(
  certificate: string,
  anchor: string,
  intermediates = '',
  purpose = 'sslserver',
  further: readonly string[] = [],
): string | undefined {
  const untrusted = intermediates === '' ? [] : ['-untrusted', file(intermediates)];
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    [
      ...['verify', '-x509_strict', '-purpose', purpose, '-CAfile', file(anchor), '-no-CApath', '-no-CAstore'],
      ...[...untrusted, ...further, file(certificate)],
    ],
    { encoding: 'utf8' },
  );
  return status === 0 ? undefined : `${stdout}${stderr}`;
}
