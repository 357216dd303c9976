/**
 * What certificates and keys are that are given in another form than PEM: each is called by its name, and the command
 * that is told with it makes what is accepted, by the OpenSSL and the shell of this machine.
 *
 * It does not show commands of programs that are not on every machine: keytool, ssh-keygen, puttygen.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodingProblem } from '../../certificates/encoding';
import {
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  newKey,
  newRoot,
  openssl,
  serverExtensions,
} from './openssl';

type Part = 'certificate' | 'privateKey';

const folder = mkdtempSync(join(tmpdir(), 'aipi-encoding-'));
const legacy = ['-provider', 'legacy', '-provider', 'default'];
const locked = ['-passout', 'pass:correct horse'];

let root: Identity;
let chain: string;
let server: Identity;
let request: string;

beforeAll(() => {
  root = newRoot();
  const middle = issue({ subject: '/CN=Middle', extensions: intermediateExtensions, issuer: root });
  server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: middle });
  chain = server.certificate + middle.certificate;
  put('chain.pem', chain);
  put('server.pem', server.certificate);
  put('server.key', server.privateKey);
  put('root.pem', root.certificate);
  request = run('openssl req -new -key server.key -subj /CN=x').toString();
});

afterAll(() => {
  cleanUp();
  rmSync(folder, { recursive: true });
});

function put(name: string, content: string | Buffer): void {
  writeFileSync(join(folder, name), content);
}

/** Runs a line of a shell in the folder. */
function run(line: string): Buffer {
  return execFileSync('sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

function problem(content: string | Buffer, part: Part, file: string | undefined = 'given file.pem'): string {
  return encodingProblem(Buffer.from(content), { part, file }) ?? 'none';
}

/** What the command of a problem makes of a file, where somebody answers its questions for passphrases. */
function converted(content: string | Buffer, part: Part): string {
  put('given file.pem', content);
  const [, command = ''] = /(?:with): (.+)$/.exec(problem(content, part)) ?? [];
  const passphrases = command
    .replace(/openssl (pkcs12|pkey)/, "openssl $1 -passin 'pass:correct horse'")
    .replace('-aes256', "-aes256 -passout 'pass:correct horse'");
  run(passphrases);
  return readFileSync(join(folder, part === 'certificate' ? 'certificate.pem' : 'private.pem'), 'utf8');
}

/** Certificates in any order: some forms do not keep it. */
function sorted(pem: string): string[] {
  return (pem.match(/-----BEGIN[\s\S]+?-----END.*\n/g) ?? []).sort();
}

const bundle = () => run('openssl crl2pkcs7 -nocrl -certfile chain.pem').toString();
const pfx = (...words: string[]) =>
  run(`openssl pkcs12 -export -in chain.pem -inkey server.key -passout 'pass:correct horse' ${words.join(' ')}`);
const wide = (text: string, encoding: string) =>
  execFileSync('iconv', ['-f', 'UTF-8', '-t', encoding], { input: text });

const certificates: [string, () => string | Buffer, RegExp][] = [
  ['DER', () => run('openssl x509 -in server.pem -outform DER'), /^is a certificate in DER/],
  ['PKCS #7', bundle, /^is PKCS #7/],
  ['PKCS #7 in DER', () => run('openssl crl2pkcs7 -nocrl -certfile chain.pem -outform DER'), /^is PKCS #7 .*in DER/],
  ['PKCS #7 as CMS', () => bundle().replaceAll('PKCS7', 'CMS'), /^is PKCS #7/],
  [
    'PKCS #7 that says CERTIFICATE',
    () => bundle().replaceAll('PKCS7', 'CERTIFICATE'),
    /^says CERTIFICATE and holds PKCS #7/,
  ],
  ['PKCS #12', () => pfx(), /^is PKCS #12 .*in DER/],
  ['PKCS #12 with legacy ciphers', () => pfx('-legacy'), /^is PKCS #12 .* -legacy /],
  ['trusted PEM', () => run('openssl x509 -in server.pem -trustout -addtrust serverAuth'), /^is .*TRUSTED CERTIFICATE/],
  ['the old label', () => chain.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), /^is .*X509 CERTIFICATE/],
  ['indented PEM', () => chain.replace(/^/gm, '    '), /^has blanks/],
  [
    'PEM indented by tabs, with line ends of Windows',
    () => chain.replace(/^/gm, '\t').replaceAll('\n', '\r\n'),
    /^has blanks/,
  ],
  ['PEM with blanks behind its lines', () => chain.replaceAll('\n', '  \n'), /^has blanks/],
  ['quoted PEM', () => chain.replace(/^/gm, '> '), /^has text around/],
  [
    'PEM with text around',
    () => `Bag Attributes\n    localKeyID: 01\n${chain}\nthat was it\n`,
    /^has text around.* BEGIN to END/,
  ],
  ['UTF-16 with its mark', () => wide(chain, 'UTF-16'), /^is text in UTF-16/],
  ['UTF-16 of Windows', () => wide(chain.replaceAll('\n', '\r\n'), 'UTF-16LE'), /^is text in UTF-16/],
  ['UTF-16, the other way round', () => wide(chain, 'UTF-16BE'), /^is text in UTF-16/],
  ['UTF-8 with a byte order mark', () => `\uFEFF${chain}`, /^begins with a byte order mark/],
  ['CRLF', () => chain.replaceAll('\n', '\r\n'), /^has line ends of Windows/],
  ['CR', () => chain.replaceAll('\n', '\r'), /^has line ends of an old Mac/],
  ['line breaks in words', () => chain.replaceAll('\n', '\\n'), /^has line breaks that are written/],
];

it.each(certificates)(
  'certificates as %s are called by their name, and the command converts them',
  (_, given, words) => {
    const text = given();
    expect(problem(text, 'certificate')).toMatch(words);
    const pem = converted(text, 'certificate');
    expect(problem(pem, 'certificate')).toBe('none');
    const whole = sorted(chain);
    expect(whole).toEqual(expect.arrayContaining(sorted(pem)));
    expect(sorted(pem)).toContain(server.certificate);
    if (text.includes('BEGIN') && !text.includes('TRUSTED')) expect(sorted(pem)).toEqual(whole);
  },
);

const keys: [string, () => string | Buffer, RegExp][] = [
  ['DER', () => run('openssl pkey -in server.key -outform DER'), /^is a private key in DER/],
  ['DER of SEC 1', () => run('openssl ec -in server.key -outform DER'), /^is a private key in DER/],
  [
    'encrypted DER',
    () => run("openssl pkcs8 -topk8 -in server.key -outform DER -passout 'pass:correct horse'"),
    /^is an encrypted private key in DER/,
  ],
  ['PKCS #12', () => pfx(), /^is PKCS #12/],
  ['PKCS #12 with legacy ciphers', () => pfx('-legacy'), /^is PKCS #12 .* -legacy /],
  ['UTF-16', () => wide(server.privateKey, 'UTF-16'), /^is text in UTF-16/],
  ['CRLF', () => server.privateKey.replaceAll('\n', '\r\n'), /^has line ends of Windows/],
  ['indented PEM', () => server.privateKey.replace(/^/gm, ' '), /^has blanks/],
  ...['PBE-MD5-DES', 'PBE-SHA1-DES', 'PBE-SHA1-RC2-64', 'PBE-SHA1-RC4-128', 'PBE-SHA1-RC2-40'].map(
    (cipher): [string, () => string, RegExp] => [
      `encrypted with ${cipher}`,
      () => openssl(['pkcs8', '-topk8', '-v1', cipher, ...locked, ...legacy], server.privateKey),
      new RegExp(`^is encrypted with ${cipher}, a legacy cipher .*whatever the passphrase; `),
    ],
  ),
  ...['des-cbc', 'rc2-cbc'].map((cipher): [string, () => string, RegExp] => [
    `encrypted with ${cipher} by PBES2`,
    () => openssl(['pkcs8', '-topk8', '-v2', cipher, ...locked, ...legacy], server.privateKey),
    new RegExp(`^is encrypted with ${cipher.toUpperCase()}, a legacy cipher`),
  ]),
  ...['des', 'seed'].map((cipher): [string, () => string, RegExp] => [
    `encrypted with ${cipher} in the old form`,
    () => openssl(['ec', `-${cipher}`, ...locked, ...legacy], server.privateKey),
    new RegExp(`^is encrypted with ${cipher.toUpperCase()}-CBC, a legacy cipher`),
  ]),
];

it.each(keys)('a key as %s is called by its name, and the command converts it', (_, given, words) => {
  const text = given();
  expect(problem(text, 'privateKey')).toMatch(words);
  const pem = converted(text, 'privateKey');
  expect(problem(pem, 'privateKey')).toBe('none');
  expect(openssl(['pkey', '-passin', 'pass:correct horse'], pem)).toBe(server.privateKey);
  expect(statSync(join(folder, 'private.pem')).mode & 0o077).toBe(0);
});

it.each(['aes-256-cbc', 'aes-128-cbc', 'des3', 'camellia256'])('a key that is encrypted with %s is one', (cipher) => {
  expect(problem(openssl(['pkcs8', '-topk8', '-v2', cipher, ...locked], server.privateKey), 'privateKey')).toBe('none');
  expect(problem(openssl(['ec', `-${cipher}`, ...locked], server.privateKey), 'privateKey')).toBe('none');
});

it.each<[string, Part, () => string | Buffer, RegExp]>([
  ['a request', 'certificate', () => request, /request \(CSR\) and no certificate; send it to an authority/],
  ['a request', 'privateKey', () => request, /request \(CSR\) and no private key; give the private key/],
  [
    'a request in DER',
    'certificate',
    () => run('openssl req -new -key server.key -subj /CN=x -outform DER'),
    /request/,
  ],
  [
    'a public key',
    'certificate',
    () => openssl(['pkey', '-pubout'], server.privateKey),
    /public key and no certificate/,
  ],
  [
    'a public key',
    'privateKey',
    () => openssl(['pkey', '-pubout'], server.privateKey),
    /public key and no private key/,
  ],
  [
    'a public key in DER',
    'privateKey',
    () => run('openssl pkey -in server.key -pubout -outform DER'),
    /public key and no/,
  ],
  ['a public key of SSH', 'privateKey', () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF me@here\n', /public key of SSH/],
  ['a key', 'certificate', () => server.privateKey, /private key and no certificate/],
  ['a certificate', 'privateKey', () => server.certificate, /certificate and no private key/],
  ['PKCS #7', 'privateKey', bundle, /PKCS #7 .*and no private key/],
  [
    'a keystore of Java',
    'certificate',
    () => Buffer.from('feedfeed00000002', 'hex'),
    /keystore of Java \(JKS\).*keytool/,
  ],
  ['a key of PuTTY', 'privateKey', () => 'PuTTY-User-Key-File-3: ssh-rsa\n', /key of PuTTY.*puttygen/],
  ['base64 alone', 'certificate', () => chain.replace(/-----.*-----\n/g, ''), /first line.*missing/],
  ['four dashes', 'certificate', () => chain.replaceAll('-----', '----'), /five "-"/],
])('%s in the place of %s is called by its name', (_, part, given, words) => {
  expect(problem(given(), part)).toMatch(words);
});

it('accepts certificates and key in one file, for both', () => {
  const combined = server.privateKey + chain;
  expect([problem(combined, 'certificate'), problem(combined, 'privateKey')]).toEqual(['none', 'none']);
  const rsa = openssl(['ecparam', '-name', 'prime256v1', '-genkey']) + server.certificate;
  expect([problem(rsa, 'certificate'), problem(rsa, 'privateKey')]).toEqual(['none', 'none']);
});

it('names no file where the text stands in the stack file, and never reads the file that it writes', () => {
  const words = encodingProblem(Buffer.from(chain.replace(/^/gm, ' ')), { part: 'certificate', file: undefined });
  expect(words).toContain("' FILE | ");
  const der = run('openssl x509 -in server.pem -outform DER');
  expect(problem(der, 'certificate', 'certs/certificate.pem')).toContain('-out converted-certificate.pem');
  expect(problem(der, 'certificate', "it's.der")).toContain("-in 'it'\\''s.der'");
});

it('shows nothing of a key', () => {
  const key = newKey('RSA-2048');
  const lines = key.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
  for (const change of [(pem: string) => ` ${pem}`, (pem: string) => pem.replace('PRIVATE KEY', 'CERTIFICATE')]) {
    for (const part of ['certificate', 'privateKey'] as const) {
      const words = problem(change(key), part);
      for (const line of lines) expect(words).not.toContain(line.slice(0, 16));
    }
  }
});
