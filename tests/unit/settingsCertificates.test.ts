/**
 * The certificates of a configuration: what the settings make of them, and each rule that needs more than one value.
 *
 * What is wrong with a certificate itself is seen in certificatesRefused.test.ts; here stands under which key it is told.
 */

import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../settings';
import {
  authorityExtensions,
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  newKey,
  newRoot,
  openssl,
  serverExtensions,
} from './openssl';
import { type Config, listenerWith, problemsOf, settingsOf } from './rawConfig';

const folder = mkdtempSync(join(tmpdir(), 'aipi-certificates-'));
const names = { dnsNames: ['broker.example'], ipAddresses: ['192.0.2.10'] };

let root: Identity;
let middle: Identity;
let server: Identity;
let locked: string;

beforeAll(() => {
  root = newRoot();
  middle = issue({ subject: '/CN=Middle', extensions: intermediateExtensions, issuer: root });
  server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: middle });
  locked = openssl(['pkey', '-aes256', '-passout', 'pass:open sesame'], server.privateKey);
  mkdirSync(join(folder, 'certs'));
  writeFileSync(join(folder, 'certs/root.pem'), root.certificate);
  writeFileSync(join(folder, 'certs/root.key'), root.privateKey);
  writeFileSync(join(folder, 'certs/server.pem'), server.certificate + middle.certificate);
  writeFileSync(join(folder, 'certs/server.key'), server.privateKey);
});

afterAll(() => {
  cleanUp();
  rmSync(folder, { recursive: true });
});

function openingError(key: string, passphrase: string): string | undefined {
  try {
    createPrivateKey({ key, passphrase });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

function read(config: Config): Settings {
  return settingsOf({ ...names, ...config }, 'dev', folder);
}

function problems(config: Config): readonly string[] {
  return problemsOf({ ...names, ...config }, folder);
}

/** The keys that the problems are about. */
function pathsOf(config: Config): string[] {
  return problems(config).map((problem) => problem.slice(0, problem.indexOf(': ')));
}

/** A server certificate from elsewhere, with its root. */
function givenServer(changes: Config = {}): Config {
  return {
    serverCertificate: server.certificate + middle.certificate,
    serverPrivateKey: server.privateKey,
    trustedCertificates: [root.certificate],
    ...changes,
  };
}

function givenAuthority(changes: Config = {}): Config {
  return { caCertificate: root.certificate, caPrivateKey: root.privateKey, ...changes };
}

describe('the certificates of the settings', () => {
  it('are made by the stack itself where nothing is said', () => {
    expect(read({}).certificates).toEqual({
      keyAlgorithm: 'ECDSA-P256',
      serverKeyType: 'ec',
      server: { validityHours: 8_760, earlyRenewalHours: 720 },
      caValidityHours: 87_600,
      caGeneration: 1,
      trustedCaGenerations: [1],
      trustedCertificates: [],
      givenAuthority: null,
      givenServer: null,
      given: [],
      clients: { generation: 1, trustedGenerations: [1], validityHours: 17_520 },
    });
    expect(read({}).maxUnreachedDevicesPercent).toBe(0);
  });

  it('are what each key says', () => {
    const { certificates, maxUnreachedDevicesPercent } = read({
      keyAlgorithm: 'RSA-3072',
      serverCertificateValidityHours: 100,
      serverCertificateEarlyRenewalHours: 10,
      caValidityHours: 1_000,
      caGeneration: 2,
      trustedCaGenerations: [1, 2, 3],
      maxUnreachedDevicesPercent: 7,
      clientCaGeneration: 5,
      trustedClientCaGenerations: [5, 4],
      clientCertificateValidityHours: 50,
    });
    expect(certificates).toMatchObject({
      keyAlgorithm: 'RSA-3072',
      serverKeyType: 'rsa',
      server: { validityHours: 100, earlyRenewalHours: 10 },
      caValidityHours: 1_000,
      caGeneration: 2,
      trustedCaGenerations: [2, 1, 3],
      clients: { generation: 5, trustedGenerations: [5, 4], validityHours: 50 },
    });
    expect(maxUnreachedDevicesPercent).toBe(7);
  });

  it.each([
    ['ECDSA-P256', 'ec'],
    ['ECDSA-P384', 'ec'],
    ['RSA-2048', 'rsa'],
    ['RSA-4096', 'rsa'],
  ])('have a server key of %s, which is %s', (keyAlgorithm, kind) => {
    expect(read({ keyAlgorithm }).serverKeyType).toBe(kind);
  });

  it('name each trusted generation once, the signing one first', () => {
    const { certificates } = read({ caGeneration: 2, trustedCaGenerations: [3, 2, 1, 3] });
    expect(certificates.trustedCaGenerations).toEqual([2, 1, 3]);
  });
});

describe('a server certificate from elsewhere', () => {
  it.each<[string, () => Config]>([
    ['PEM', () => givenServer()],
    [
      'paths of files in the folder of the project',
      () => ({
        serverCertificate: 'certs/server.pem',
        serverPrivateKey: './certs/server.key',
        trustedCertificates: ['certs/root.pem'],
      }),
    ],
    ['a file and PEM', () => givenServer({ serverCertificate: 'certs/server.pem' })],
    ['a file by its whole path', () => givenServer({ serverPrivateKey: join(folder, 'certs/server.key') })],
    [
      'a key with a passphrase',
      () => givenServer({ serverPrivateKey: locked, serverPrivateKeyPassphrase: 'open sesame' }),
    ],
  ])('may be given as %s', (_, config) => {
    const { certificates } = read(config());
    expect(certificates).toMatchObject({
      givenAuthority: null,
      givenServer: {
        certificate: server.certificate,
        intermediates: middle.certificate,
        anchor: root.certificate,
        privateKey: server.privateKey,
      },
      trustedCertificates: [root.certificate],
      caGeneration: null,
      trustedCaGenerations: [],
    });
  });

  it('decides the kind of the server key, whatever is said of new ones', () => {
    const rsa = issue({
      privateKey: newKey('RSA-2048'),
      subject: '/CN=rsa',
      extensions: serverExtensions,
      issuer: root,
    });
    const config = { serverCertificate: rsa.certificate, serverPrivateKey: rsa.privateKey };
    expect(read(givenServer(config)).serverKeyType).toBe('rsa');
    expect(read(givenServer({ keyAlgorithm: 'RSA-2048' })).serverKeyType).toBe('ec');
  });

  it('may go with generations of the stack that are still trusted', () => {
    const { certificates } = read(givenServer({ caGeneration: 1, trustedCaGenerations: [3, 2] }));
    expect(certificates).toMatchObject({ caGeneration: null, trustedCaGenerations: [2, 3] });
  });

  it('must hold every name and address', () => {
    expect(
      problems(givenServer({ dnsNames: ['broker.example', 'other.example'], ipAddresses: ['192.0.2.11'] })),
    ).toEqual([expect.stringMatching(/^serverCertificate: does not hold other\.example, 192\.0\.2\.11, /)]);
  });
});

describe('an authority from elsewhere', () => {
  it.each<[string, () => Config]>([
    ['PEM', () => givenAuthority()],
    ['paths of files', () => ({ caCertificate: 'certs/root.pem', caPrivateKey: 'certs/root.key' })],
  ])('may be given as %s', (_, config) => {
    expect(read(config()).certificates).toMatchObject({
      givenServer: null,
      givenAuthority: { certificate: root.certificate, intermediates: '', anchor: root.certificate },
      caGeneration: null,
      trustedCaGenerations: [],
    });
  });

  it('may be one that a trusted root has signed', () => {
    const config = givenAuthority({
      caCertificate: middle.certificate,
      caPrivateKey: middle.privateKey,
      trustedCertificates: [root.certificate],
    });
    expect(read(config).certificates.givenAuthority).toMatchObject({ anchor: root.certificate });
  });

  it('may have a passphrase', () => {
    const caPrivateKey = openssl(['ec', '-aes256', '-passout', 'pass:open sesame'], root.privateKey);
    const { givenAuthority: pair } = read(
      givenAuthority({ caPrivateKey, caPrivateKeyPassphrase: 'open sesame' }),
    ).certificates;
    expect(pair?.privateKey).toBe(root.privateKey);
  });

  it('does not need the names of the server', () => {
    expect(problems(givenAuthority({ dnsNames: ['anything.example'] }))).toEqual([]);
  });
});

describe('refused is', () => {
  it.each(['serverCertificate', 'serverPrivateKey', 'caCertificate', 'caPrivateKey'])(
    'a pair without %s',
    (missing) => {
      const pair = missing.startsWith('ca') ? givenAuthority() : givenServer();
      expect(problems({ ...pair, [missing]: '' })).toEqual([
        expect.stringMatching(new RegExp(`^${missing}: is missing.*; write both`)),
      ]);
    },
  );

  it('an authority together with a certificate of the server', () => {
    expect(problems({ ...givenServer(), ...givenAuthority() })).toEqual([
      expect.stringMatching(/^caCertificate: .*"serverCertificate".*; remove one/),
    ]);
  });

  it.each([
    ['trustedCaGenerations', { caGeneration: 2, trustedCaGenerations: [1, 3] }],
    ['trustedClientCaGenerations', { clientCaGeneration: 2, trustedClientCaGenerations: [1] }],
  ])('a list of %s without the one that signs', (key, config) => {
    expect(problems(config)).toEqual([expect.stringMatching(new RegExp(`^${key}: .*2, .*; write it`))]);
  });

  it.each<[string, () => Config]>([
    ['caCertificate', () => givenAuthority({ caCertificate: 'certs/none.pem' })],
    ['caPrivateKey', () => givenAuthority({ caPrivateKey: 'certs/none.pem' })],
    ['serverCertificate', () => givenServer({ serverCertificate: 'certs/none.pem' })],
    ['serverPrivateKey', () => givenServer({ serverPrivateKey: 'certs/none.pem' })],
    ['trustedCertificates[1]', () => ({ trustedCertificates: ['certs/root.pem', 'certs/none.pem'] })],
  ])('a file of %s that does not exist', (path, config) => {
    const found = problems(config());
    expect(found).toContainEqual(expect.stringMatching(/: "certs\/none\.pem" .*ENOENT.*; /));
    expect(found.map((problem) => problem.slice(0, problem.indexOf(': ')))).toContain(path);
  });

  it('a folder in the place of a file', () => {
    expect(problems({ trustedCertificates: ['certs'] })).toEqual([
      expect.stringMatching(/^trustedCertificates\[0\]: the text .*EISDIR.*; /),
    ]);
  });

  it('a file that is no certificate', () => {
    writeFileSync(join(folder, 'notes.txt'), 'hello');
    expect(problems({ trustedCertificates: ['notes.txt'] })).toEqual([
      expect.stringMatching(/^trustedCertificates\[0\]: is not PEM; /),
    ]);
  });

  it('a file of another form by its key, with the command for that very file', () => {
    const bundle = openssl(['crl2pkcs7', '-nocrl', '-certfile', join(folder, 'certs/server.pem')]);
    writeFileSync(join(folder, 'certs/server.p7b'), bundle);
    writeFileSync(join(folder, 'certs/wide.key'), Buffer.from(`\uFEFF${server.privateKey}`, 'utf16le'));
    const config = givenServer({ serverCertificate: 'certs/server.p7b', serverPrivateKey: 'certs/wide.key' });
    expect(problems(config)).toEqual([
      expect.stringMatching(
        /^serverCertificate: is PKCS #7 .*; convert it with: openssl pkcs7 -in certs\/server\.p7b /,
      ),
      expect.stringMatching(/^serverPrivateKey: is text in UTF-16, .*iconv -f UTF-16 -t UTF-8 certs\/wide\.key /),
    ]);
  });

  it('an authority that may not sign the names of the stack', () => {
    const nameConstraints = 'critical,permitted;DNS:other.example';
    const bad = issue({ subject: '/CN=Bad', extensions: { ...authorityExtensions, nameConstraints } });
    const config = givenAuthority({ caCertificate: bad.certificate, caPrivateKey: bad.privateKey });
    expect(problems(config)).toEqual([
      expect.stringMatching(/^caCertificate: may sign other\.example alone .*, and not broker\.example; .*"dnsNames"/),
    ]);
  });

  it('a wrong certificate under the key that it was given by', () => {
    expect(pathsOf(givenServer({ serverPrivateKey: root.privateKey }))).toEqual(['serverPrivateKey']);
    expect(pathsOf(givenServer({ serverCertificate: server.certificate }))).toEqual(['serverCertificate']);
    expect(pathsOf(givenServer({ trustedCertificates: [] }))).toEqual(['serverCertificate']);
    expect(pathsOf(givenServer({ serverPrivateKey: locked }))).toEqual(['serverPrivateKey']);
    expect(pathsOf(givenAuthority({ caPrivateKey: server.privateKey }))).toEqual(['caPrivateKey']);
    expect(new Set(pathsOf(givenAuthority({ caCertificate: server.certificate })))).toContain('caCertificate');
    expect(new Set(pathsOf({ trustedCertificates: [root.certificate, server.certificate] }))).toEqual(
      new Set(['trustedCertificates[1]']),
    );
  });

  it('a certificate of a kind that no listener can use, by its key', () => {
    const ed = issue({ privateKey: newKey('Ed448'), subject: '/CN=ed', extensions: serverExtensions, issuer: root });
    const config = givenServer({ serverCertificate: ed.certificate, serverPrivateKey: ed.privateKey });
    expect(problems(config)).toEqual([expect.stringMatching(/^server(Certificate|PrivateKey): .*EC or RSA/)]);
  });

  it.each<[string, unknown]>([
    ['keyAlgorithm', 'RSA-1024'],
    ['keyAlgorithm', 'ecdsa-p256'],
    ['keyAlgorithm', ''],
    ['serverCertificateValidityHours', 0],
    ['serverCertificateValidityHours', 262_801],
    ['serverCertificateEarlyRenewalHours', -1],
    ['serverCertificateEarlyRenewalHours', 262_801],
    ['caValidityHours', 0],
    ['caValidityHours', 1.5],
    ['caGeneration', 0],
    ['caGeneration', 'one'],
    ['trustedCaGenerations', 1],
    ['maxUnreachedDevicesPercent', -1],
    ['maxUnreachedDevicesPercent', 101],
    ['trustedCertificates', 'certs/root.pem'],
    ['clientCaGeneration', 0],
    ['trustedClientCaGenerations', '1'],
    ['clientCertificateValidityHours', 0],
    ['clientCertificateValidityHours', 262_801],
  ])('%s: %j', (key, value) => {
    expect(problems({ [key]: value })).toEqual([expect.stringMatching(new RegExp(`^${key}: \\S.*; write `))]);
  });

  it.each(['trustedCaGenerations', 'trustedClientCaGenerations'])('a generation of %s that is none', (key) => {
    expect(problems({ [key]: [1, 0] })).toEqual([expect.stringMatching(new RegExp(`^${key}\\[1\\]: 0 .*; write `))]);
  });

  it('everything at once', () => {
    const paths = pathsOf({
      ...givenAuthority({ caPrivateKey: '' }),
      ...givenServer({ serverCertificate: 'certs/none.pem', trustedCertificates: ['none', server.certificate] }),
      keyAlgorithm: 'DSA',
      caValidityHours: 0,
      clientCaGeneration: 3,
      trustedClientCaGenerations: [1],
      ...listenerWith({ requireCertificate: true }),
      maxConnections: 0,
    });
    expect(new Set(paths)).toEqual(
      new Set([
        'caPrivateKey',
        'caCertificate',
        'serverCertificate',
        'trustedCertificates[0]',
        'trustedCertificates[1]',
        'keyAlgorithm',
        'caValidityHours',
        'trustedClientCaGenerations',
        'listeners[0].requireCertificate',
        'maxConnections',
      ]),
    );
  });
});

describe('a listener', () => {
  it('asks for no certificate where nothing is said', () => {
    expect(read(listenerWith({})).listeners[0]).toMatchObject({
      requireCertificate: false,
      useIdentityAsUsername: false,
    });
  });

  it('may ask for one, and take the name from it', () => {
    const fields = { tls: true, requireCertificate: true, useIdentityAsUsername: true };
    expect(read(listenerWith(fields)).listeners[0]).toMatchObject(fields);
  });

  it('needs TLS to ask for one', () => {
    expect(problems(listenerWith({ requireCertificate: true }))).toEqual([
      expect.stringMatching(/^listeners\[0\]\.requireCertificate: .*TLS.*; write tls: true/),
    ]);
  });

  it('needs a certificate to take the name from it', () => {
    expect(problems(listenerWith({ tls: true, useIdentityAsUsername: true }))).toEqual([
      expect.stringMatching(/^listeners\[0\]\.useIdentityAsUsername: .*; write requireCertificate: true/),
    ]);
  });

  it.each(['requireCertificate', 'useIdentityAsUsername'])('takes true or false for %s', (field) => {
    expect(problems(listenerWith({ [field]: 'yes' }))).toEqual([
      `listeners[0].${field}: "yes" cannot be used; write true or false`,
    ]);
  });
});

/** Errors are printed and kept in logs. */
describe('no error shows a key', () => {
  const keys = ['caPrivateKey', 'serverPrivateKey'] as const;

  /** Ways to paste a key wrongly. */
  const pasted: [string, (pem: string) => string][] = [
    ['without its first line', (pem) => pem.split('\n').slice(1).join('\n')],
    ['without first and last line', (pem) => pem.split('\n').slice(1, -2).join('\n')],
    ['without them, in one line', (pem) => pem.split('\n').slice(1, -2).join('')],
    ['without them, its lines joined by spaces', (pem) => pem.split('\n').slice(1, -2).join(' ')],
    ['without its first line, the others joined by spaces', (pem) => pem.split('\n').slice(1).join(' ')],
    ['by one of its lines alone', (pem) => pem.split('\n')[1] ?? ''],
    ['without its last line', (pem) => pem.split('\n').slice(0, -2).join('\n')],
    ['in one line', (pem) => pem.replaceAll('\n', ' ')],
    ['with line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
    ['with a letter too much', (pem) => pem.replace('-----\n', '-----\nx')],
  ];

  it.each(keys.flatMap((key) => pasted.map(([how, change]) => [key, how, change] as const)))(
    '%s, pasted %s',
    (key, _, change) => {
      for (const form of [server.privateKey, openssl(['ec'], server.privateKey), locked]) {
        const lines = form.split('\n').filter((line) => line.length >= 16 && !/^-----|^Proc|^DEK/.test(line));
        const given = key === 'caPrivateKey' ? givenAuthority() : givenServer();
        const words = problems({ ...given, [key]: change(form) }).join('\n');
        expect(words).toContain(`${key}: `);
        for (const line of lines) expect(words).not.toContain(line.slice(0, 16));
      }
    },
  );

  it('nor a passphrase', () => {
    const config = givenServer({ serverPrivateKey: locked, serverPrivateKeyPassphrase: 's3cret' });
    const words = problems(config).join('\n');
    expect(words).toContain('passphrase');
    expect(words).not.toContain('s3cret');
  });

  /** Its padding is right by chance, so that OpenSSL gets as far as the key. */
  it('nor one that is wrong in another way than most', () => {
    const quicklyLocked = openssl(['ec', '-aes256', '-passout', 'pass:open sesame'], server.privateKey);
    const wrong = Array.from({ length: 10_000 }, (_, at) => `s3cret${at}`).find(
      (passphrase) => openingError(quicklyLocked, passphrase) === 'ERR_OSSL_UNSUPPORTED',
    );
    const config = givenServer({ serverPrivateKey: quicklyLocked, serverPrivateKeyPassphrase: wrong ?? '' });
    const words = problems(config).join('\n');
    expect(words).toContain('serverPrivateKey: is not opened by the passphrase; correct the passphrase');
    expect(words).not.toContain('s3cret');
  });
});
