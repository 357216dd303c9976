/**
 * The form of PEM texts: what is accepted, and each kind of damage.
 *
 * It does not prove that a block holds what its label says: that is asked where it is used.
 */

import { certificatesOf, isPem, pemBlocks, pemProblem } from '../../certificates/pem';
import { cleanUp, type Identity, issue, newKey, newRoot, openssl, serverExtensions } from './openssl';

let root: Identity;
let server: Identity;
let encrypted: string;
let encryptedOld: string;

beforeAll(() => {
  root = newRoot();
  server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: root });
  encrypted = openssl(['pkey', '-aes256', '-passout', 'pass:s3cret'], server.privateKey);
  encryptedOld = openssl(['ec', '-aes256', '-passout', 'pass:s3cret'], server.privateKey);
});

afterAll(cleanUp);

/** The lines of a key that hold it. */
function material(pem: string): string[] {
  return pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));
}

describe('pemProblem accepts', () => {
  it('a certificate, with and without a last line break', () => {
    expect(pemProblem(root.certificate)).toBeUndefined();
    expect(pemProblem(root.certificate.trimEnd())).toBeUndefined();
  });

  it('a chain, also with empty lines between its certificates', () => {
    expect(pemProblem(server.certificate + root.certificate)).toBeUndefined();
    expect(pemProblem(`${server.certificate}\n${root.certificate}\n`)).toBeUndefined();
  });

  it('keys of PKCS #8, of SEC 1 with their parameters, and of PKCS #1', () => {
    expect(pemProblem(server.privateKey)).toBeUndefined();
    const withParameters = openssl(['ecparam', '-name', 'prime256v1', '-genkey']);
    expect(withParameters).toMatch(/^-----BEGIN EC PARAMETERS-----/);
    expect(pemProblem(withParameters)).toBeUndefined();
    expect(pemProblem(openssl(['rsa', '-traditional'], newKey('RSA-2048')))).toBeUndefined();
  });

  it('encrypted keys in both forms', () => {
    expect(encrypted).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(encryptedOld).toContain('Proc-Type: 4,ENCRYPTED');
    expect(pemProblem(encrypted)).toBeUndefined();
    expect(pemProblem(encryptedOld)).toBeUndefined();
  });
});

describe('pemProblem refuses', () => {
  it.each(['', ' ', '\n\n'])('%j', (text) => {
    expect(pemProblem(text)).toMatch(/empty.*; /);
  });

  it('line ends of Windows', () => {
    expect(pemProblem(root.certificate.replaceAll('\n', '\r\n'))).toMatch(/CRLF.*; /);
  });

  it.each([
    ['a path', () => 'certs/ca.pem'],
    ['other text', () => 'hello'],
    ['a key without its first line', () => server.privateKey.split('\n').slice(1).join('\n')],
  ])('%s, which is no PEM', (_, text) => {
    expect(pemProblem(text())).toMatch(/not PEM.*; /);
  });

  it('DER, also where it holds the byte of a line end of Windows', () => {
    const der = ({ certificate }: Identity) => Buffer.from(certificate.replace(/-----.*-----|\n/g, ''), 'base64');
    const names = ['/CN=Root', '/CN=Authority of the hall'].map((name) => der(newRoot(name, root.privateKey)));
    expect(names[0]?.includes('\r')).toBe(true);
    for (const each of names) expect(pemProblem(each.toString('utf8'))).toMatch(/not PEM.*DER/);
  });

  it.each<[string, (pem: string) => string]>([
    ['the last line missing', (pem) => pem.split('\n').slice(0, -2).join('\n')],
    ['the second half missing', (pem) => pem.slice(0, pem.length / 2)],
    ['another last line', (pem) => pem.replace('END', 'ENDE')],
    ['the last line of another kind', (pem) => pem.replace('END CERTIFICATE', 'END PRIVATE KEY')],
    ['letters that are not of base64', (pem) => pem.replace(/\n(.{4})/, '\n!*_-')],
    ['nothing in it', (pem) => pem.replace(/-----\n[^-]*-----/, '-----\n-----')],
    ['its lines joined by spaces', (pem) => pem.replaceAll('\n', ' ')],
  ])('a certificate with %s', (_, damaged) => {
    expect(pemProblem(damaged(root.certificate))).toMatch(/damaged.*; copy it again/);
  });

  it('a chain whose last certificate is cut off', () => {
    const cut = root.certificate.slice(0, root.certificate.length / 2);
    expect(pemProblem(server.certificate + cut)).toMatch(/; /);
  });

  it.each<[string, (pem: string) => string]>([
    ['before', (pem) => `Certificate:\n    Data:\n${pem}`],
    ['behind', (pem) => `${pem}# my root\n`],
    ['between its certificates', (pem) => `${pem}subject=CN = Root\n${pem}`],
    ['in front, in the same line', (pem) => `# ${pem}`],
  ])('text %s', (_, around) => {
    expect(pemProblem(around(root.certificate))).toMatch(/text around.*; .*BEGIN.*END/);
  });

  it('what OpenSSL writes beside a certificate with -text', () => {
    expect(pemProblem(openssl(['x509', '-text'], root.certificate))).toMatch(/text around/);
  });

  it.each<[string, (pem: string) => string]>([
    ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['no first line', (pem) => pem.split('\n').slice(1).join('\n')],
    ['no last line', (pem) => pem.split('\n').slice(0, -2).join('\n')],
    ['text before', (pem) => `Key:\n${pem}`],
    ['text behind', (pem) => `${pem}${material(pem)[0]}\n`],
  ])('a key with %s without showing anything of it', (_, damaged) => {
    for (const key of [server.privateKey, encrypted, encryptedOld]) {
      const problem = pemProblem(damaged(key));
      expect(problem).toMatch(/; /);
      for (const line of material(key)) expect(problem).not.toContain(line.slice(0, 16));
    }
  });
});

describe('certificatesOf', () => {
  it('gives the certificates in their order, each with a line break at its end', () => {
    expect(certificatesOf(server.certificate + root.certificate.trimEnd())).toEqual([
      server.certificate,
      root.certificate,
    ]);
  });

  it('leaves out keys', () => {
    expect(certificatesOf(server.privateKey + server.certificate)).toEqual([server.certificate]);
    expect(certificatesOf(server.privateKey)).toEqual([]);
  });

  it('finds none in other text', () => {
    expect(certificatesOf('')).toEqual([]);
    expect(certificatesOf('certs/ca.pem')).toEqual([]);
  });
});

it('pemBlocks tells certificates from keys by their labels', () => {
  const labels = pemBlocks(server.privateKey + server.certificate).map(({ label }) => label);
  expect(labels).toEqual(['PRIVATE KEY', 'CERTIFICATE']);
});

it('isPem tells PEM from the path of a file', () => {
  expect(isPem(root.certificate)).toBe(true);
  expect(isPem(root.certificate.slice(0, 40))).toBe(true);
  expect(isPem('certs/BEGIN.pem')).toBe(false);
  expect(isPem('')).toBe(false);
});
