/**
 * Certificates from elsewhere that cannot be used: each is refused by the part that it is about, with a remedy. Where
 * strict verification of OpenSSL refuses a certificate by itself, that is asked, too.
 *
 * It does not show what is accepted: see certificatesGiven.test.ts.
 */

import {
  checkAuthority,
  checkServer,
  type GivenPair,
  type Surroundings,
  trustedProblems,
} from '../../certificates/given';
import {
  authorityExtensions,
  cleanUp,
  type Extensions,
  type Identity,
  intermediateExtensions,
  issue,
  newKey,
  newRoot,
  openssl,
  serverExtensions,
  strictVerdict,
} from './openssl';

const shape = /^(certificate|privateKey): \S.*; \S/;

let root: Identity;
let first: Identity;
let server: Identity;
let deep: Identity;
let surroundings: Surroundings;

beforeAll(() => {
  root = newRoot();
  first = issue({ subject: '/CN=First', extensions: intermediateExtensions, issuer: root });
  server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: root });
  deep = issue({ subject: '/CN=deep', extensions: serverExtensions, issuer: first });
  surroundings = {
    trusted: [root.certificate],
    hosts: ['broker.example', '192.0.2.10'],
  };
});

afterAll(cleanUp);

type Check = typeof checkServer;

function problems(
  given: Partial<GivenPair>,
  changes: Partial<Surroundings> = {},
  check: Check = checkServer,
): readonly string[] {
  const whole = { certificate: server.certificate, privateKey: server.privateKey, passphrase: '', ...given };
  const checked = check(whole, { ...surroundings, ...changes });
  expect(checked.problems).not.toEqual([]);
  expect(checked.pair).toBeUndefined();
  for (const problem of checked.problems) expect(problem).toMatch(shape);
  return checked.problems;
}

function authorityProblems(given: Identity, changes: Partial<Surroundings> = {}): readonly string[] {
  return problems(given, { hosts: [], ...changes }, checkAuthority);
}

/** For authorities whose key has no identifier, so that OpenSSL can refuse nothing but them. */
const anyAuthorityKey: Extensions = {
  authorityKeyIdentifier: undefined,
  '2.5.29.35': `DER:30168014${'11'.repeat(20)}`,
};

function serverOf(extensions: Extensions, issuer = root, subject = '/CN=server'): Identity {
  return issue({ privateKey: server.privateKey, subject, extensions: { ...serverExtensions, ...extensions }, issuer });
}

describe('the form of a pair', () => {
  it.each<[string, (pem: string) => string, RegExp]>([
    ['empty', () => '', /is empty; /],
    ['of line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n'), /CRLF.*; /],
    ['no PEM', () => 'MIIBnopem', /not PEM; /],
    ['cut off', (pem) => pem.slice(0, pem.length / 2), /; copy it again/],
    ['within other text', (pem) => `subject=CN = server\n${pem}`, /text around.*; /],
    ['whose content is nonsense', (pem) => pem.replace(/\n.*\n/, `\n${'A'.repeat(64)}\n`), /cannot be read.*; /],
  ])('%s', (_, damaged, words) => {
    const certificate = problems({ certificate: damaged(server.certificate) });
    expect(certificate).toEqual([expect.stringMatching(words)]);
    expect(certificate[0]).toMatch(/^certificate: /);
    const privateKey = problems({ privateKey: damaged(server.privateKey) });
    expect(privateKey).toEqual([expect.stringMatching(words)]);
    expect(privateKey[0]).toMatch(/^privateKey: /);
  });

  it('is asked of both parts at once', () => {
    expect(problems({ certificate: '', privateKey: 'hello' })).toEqual([
      expect.stringMatching(/^certificate: is empty/),
      expect.stringMatching(/^privateKey: is not PEM/),
    ]);
  });

  it('with the two parts exchanged', () => {
    const exchanged = problems({ certificate: server.privateKey, privateKey: server.certificate });
    expect(exchanged[0]).toMatch(/^certificate: holds a private key and no certificate; /);
    expect(problems({ privateKey: server.certificate })).toEqual([
      expect.stringMatching(/^privateKey: holds a certificate and no private key; /),
    ]);
  });

  it('whose chain holds nonsense behind the certificate', () => {
    const nonsense = root.certificate.replace(/\n.*\n/, `\n${'A'.repeat(64)}\n`);
    expect(problems({ certificate: server.certificate + nonsense })).toEqual([
      expect.stringMatching(/^certificate: .*cannot be read/),
    ]);
  });
});

describe('a key', () => {
  it('of another certificate', () => {
    expect(problems({ privateKey: deep.privateKey })).toEqual([
      expect.stringMatching(/^privateKey: belongs to another certificate; /),
    ]);
    expect(authorityProblems({ ...root, privateKey: deep.privateKey })).toEqual([
      expect.stringMatching(/^privateKey: belongs to another certificate; /),
    ]);
  });

  it('of the second certificate of the chain', () => {
    const certificate = first.certificate + server.certificate;
    expect(problems({ certificate, privateKey: server.privateKey })).toContainEqual(
      expect.stringMatching(/^privateKey: belongs to another certificate, .*number 2 of the file; put that one first/),
    );
  });

  it.each(['pkey', 'ec'])('that "openssl %s" has encrypted, without and with a wrong passphrase', (command) => {
    const privateKey = openssl([command, '-aes256', '-passout', 'pass:open sesame'], server.privateKey);
    expect(problems({ privateKey })).toEqual([expect.stringMatching(/^privateKey: is encrypted; give its passphrase/)]);
    for (const passphrase of ['s3cret', 'open sesam', 'open sesame ']) {
      const found = problems({ privateKey, passphrase });
      expect(found).toEqual([expect.stringMatching(/^privateKey: .*passphrase; correct/)]);
      expect(found.join('')).not.toContain(passphrase);
    }
  });

  it('that is the public one', () => {
    const privateKey = openssl(['pkey', '-pubout'], server.privateKey);
    expect(problems({ privateKey })).toEqual([expect.stringMatching(/^privateKey: holds a public key .*; /)]);
  });

  it('is never shown', () => {
    const encrypted = openssl(['pkey', '-aes256', '-passout', 'pass:a'], server.privateKey);
    for (const key of [server.privateKey, encrypted]) {
      const lines = key.split('\n').slice(1, -2);
      const damaged = [key.replace('M', 'A'), key.replace(lines[1] ?? '', ''), `# ${key}`, `${key}${lines[0]}\n`];
      for (const privateKey of damaged) {
        const words = problems({ privateKey, passphrase: 'b' }).join('\n');
        for (const line of lines) expect(words).not.toContain(line.slice(0, 16));
      }
    }
  });
});

describe('a chain', () => {
  it('without its intermediate', () => {
    const found = problems(deep);
    expect(found).toEqual([
      expect.stringMatching(/^certificate: leads to "CN=First", which is missing; .*intermediate/),
    ]);
    expect(strictVerdict(deep.certificate, root.certificate)).toContain('unable to get local issuer');
  });

  it('without its root', () => {
    const file = { certificate: deep.certificate + first.certificate, privateKey: deep.privateKey };
    expect(problems(file, { trusted: [] })).toEqual([
      expect.stringMatching(/^certificate: leads to "CN=Root", which is missing; .*"trustedCertificates"/),
    ]);
    expect(authorityProblems(first, { trusted: [] })[0]).toContain('"trustedCertificates"');
  });

  it('to another root of the same name', () => {
    const other = newRoot('/CN=Root');
    expect(problems({}, { trusted: [other.certificate] })[0]).toContain('which is missing');
    expect(strictVerdict(server.certificate, other.certificate)).toBeDefined();
  });

  it('to a root of the same name and key identifier, with another key', () => {
    const extensions = { ...authorityExtensions, subjectKeyIdentifier: '01:02:03:04' };
    const [one, other] = [1, 2].map(() => issue({ subject: '/CN=Twin', extensions })) as [Identity, Identity];
    const leaf = serverOf({}, one);
    expect(problems(leaf, { trusted: [other.certificate] })[0]).toContain('which is missing');
    const { pair } = checkServer(
      { ...leaf, passphrase: '' },
      { ...surroundings, trusted: [other.certificate, one.certificate] },
    );
    expect(pair?.anchor).toBe(one.certificate);
  });

  it('whose own certificate is not the first', () => {
    const certificate = first.certificate + deep.certificate;
    expect(problems({ certificate, privateKey: deep.privateKey })).toContainEqual(
      expect.stringMatching(/^privateKey: belongs to another certificate/),
    );
  });

  it('in a circle', () => {
    const [one, two] = [newRoot('/CN=One'), newRoot('/CN=Two')];
    const cross = ({ privateKey }: Identity, subject: string, issuer: Identity) =>
      issue({ privateKey, subject, extensions: intermediateExtensions, issuer }).certificate;
    const leaf = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer: one });
    const certificate = leaf.certificate + cross(one, '/CN=One', two) + cross(two, '/CN=Two', one);
    expect(problems({ ...leaf, certificate })).toEqual([expect.stringMatching(/^certificate: .*circle; /)]);
  });

  it.each<[string, Extensions, RegExp]>([
    [
      'that is no authority',
      { basicConstraints: 'critical,CA:FALSE', keyUsage: undefined },
      /no certificate authority/,
    ],
    ['that may not sign', { keyUsage: 'critical,cRLSign' }, /keyCertSign/],
    ['without subjectKeyIdentifier', { subjectKeyIdentifier: undefined }, /subjectKeyIdentifier/],
    ['without authorityKeyIdentifier', { authorityKeyIdentifier: undefined }, /authorityKeyIdentifier/],
    ['whose basicConstraints are not critical', { basicConstraints: 'CA:TRUE' }, /critical/],
  ])('through an authority %s', (_, extensions, words) => {
    const bad = issue({ subject: '/CN=Bad', extensions: { ...intermediateExtensions, ...extensions }, issuer: root });
    const leaf = serverOf('subjectKeyIdentifier' in extensions ? anyAuthorityKey : {}, bad);
    const found = problems({ certificate: leaf.certificate + bad.certificate });
    expect(found.filter((each) => words.test(each) || each.includes('which is missing'))).not.toEqual([]);
    expect(strictVerdict(leaf.certificate, root.certificate, bad.certificate)).toBeDefined();
  });
});

interface BadServer {
  rule: string;
  extensions?: Extensions;
  words: RegExp;
  /** What OpenSSL says; left out where it leaves that to others. */
  verdict?: RegExp;
}

const badServers: BadServer[] = [
  {
    rule: 'no authorityKeyIdentifier',
    extensions: { authorityKeyIdentifier: undefined },
    words: /authorityKeyIdentifier; /,
    verdict: /Missing Authority Key Identifier/,
  },
  {
    rule: 'an authorityKeyIdentifier without the key',
    extensions: { authorityKeyIdentifier: 'issuer:always' },
    words: /authorityKeyIdentifier/,
    verdict: /Missing Authority Key Identifier/,
  },
  { rule: 'no subjectAltName', extensions: { subjectAltName: undefined }, words: /no subjectAltName; / },
  {
    rule: 'a subjectAltName without the name',
    extensions: { subjectAltName: 'DNS:other.example,IP:192.0.2.10' },
    words: /does not hold broker\.example, .*; .*"dnsNames"/,
  },
  {
    rule: 'a subjectAltName without the address',
    extensions: { subjectAltName: 'DNS:broker.example,IP:192.0.2.11' },
    words: /does not hold 192\.0\.2\.10, .*"ipAddresses"/,
  },
  {
    rule: 'the address as a name',
    extensions: { subjectAltName: 'DNS:broker.example,DNS:192.0.2.10' },
    words: /does not hold 192\.0\.2\.10, /,
  },
  {
    rule: 'a wildcard of another level',
    extensions: { subjectAltName: 'DNS:*.broker.example,DNS:*.*.example,IP:192.0.2.10' },
    words: /does not hold broker\.example, /,
  },
  {
    rule: 'the purpose of clients',
    extensions: { extendedKeyUsage: 'clientAuth' },
    words: /serverAuth.*; /,
    verdict: /(unsuitable|unsupported) certificate purpose/,
  },
  {
    rule: 'any purpose, which strict clients do not take for that of servers',
    extensions: { extendedKeyUsage: 'anyExtendedKeyUsage' },
    words: /serverAuth.*; /,
    verdict: /(unsuitable|unsupported) certificate purpose/,
  },
  {
    rule: 'a use of its key that servers have not',
    extensions: { keyUsage: 'critical,cRLSign' },
    words: /keyUsage/,
    verdict: /(unsuitable|unsupported) certificate purpose/,
  },
  {
    rule: 'the use of an authority without being one',
    extensions: { keyUsage: 'critical,digitalSignature,keyCertSign' },
    words: /keyUsage|keyCertSign/,
    verdict: /Key usage keyCertSign invalid/i,
  },
  {
    rule: 'an unknown extension that is critical',
    extensions: { '1.2.3.4': 'critical,ASN1:UTF8String:x' },
    words: /critical/,
    verdict: /unhandled critical extension/,
  },
];

describe('the certificate of a server with', () => {
  it.each(badServers)('$rule', ({ extensions = {}, words, verdict }) => {
    const bad = serverOf(extensions);
    const said = strictVerdict(bad.certificate, root.certificate);
    if (verdict === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(verdict);
    const found = problems(bad);
    expect(found).toContainEqual(expect.stringMatching(words));
    for (const problem of found) expect(problem).toMatch(/^certificate: /);
  });

  it('the name of its host in the common name alone', () => {
    const bad = serverOf({ subjectAltName: 'DNS:other.example,IP:192.0.2.10' }, root, '/CN=broker.example');
    expect(problems(bad)).toEqual([expect.stringMatching(/does not hold broker\.example, /)]);
    const none = serverOf({ subjectAltName: undefined }, root, '/CN=broker.example');
    expect(problems(none).join('\n')).toContain('no subjectAltName');
  });

  it("its authority's subject", () => {
    const bad = serverOf({}, root, '/CN=Root');
    expect(problems(bad)).toContainEqual(expect.stringMatching(/^certificate: .*subject.*; .*different/));
  });

  it('no authority at all', () => {
    const own = issue({ subject: '/CN=own', extensions: { ...serverExtensions, authorityKeyIdentifier: undefined } });
    expect(problems(own).join('\n')).toMatch(/subject/);
  });

  it('a short key of RSA', () => {
    const privateKey = newKey('RSA-1024');
    const bad = issue({ privateKey, subject: '/CN=short', extensions: serverExtensions, issuer: root });
    expect(problems(bad)).toEqual([expect.stringMatching(/^certificate: .*RSA key of 1024 bits; use 2048/)]);
    expect(strictVerdict(bad.certificate, root.certificate, '', 'sslserver', ['-auth_level', '2'])).toMatch(
      /key too (small|weak)/,
    );
  });

  it.each(['sha1', 'md5'])('a signature with %s', (digest) => {
    const issuer = newRoot('/CN=Old', newKey('RSA-2048'));
    const bad = issue({ subject: '/CN=old', extensions: serverExtensions, issuer, digest });
    const found = problems(bad, { trusted: [issuer.certificate] });
    expect(found).toEqual([expect.stringMatching(/^certificate: .*signed with (SHA-1|MD5); .*SHA-256/)]);
    expect(strictVerdict(bad.certificate, issuer.certificate, '', 'sslserver', ['-auth_level', '1'])).toMatch(
      /digest algorithm too weak/,
    );
  });

  it('a key of a kind that no listener can use', () => {
    const privateKey = newKey('Ed448');
    const bad = issue({ privateKey, subject: '/CN=ed', extensions: serverExtensions, issuer: root });
    expect(problems(bad).join('\n')).toMatch(/EC or RSA/);
  });

  it('many faults, which are told at once', () => {
    const bad = serverOf({ subjectAltName: 'DNS:other.example', extendedKeyUsage: 'clientAuth' });
    const found = problems({ ...bad, privateKey: first.privateKey }, { trusted: [] });
    for (const words of ['another certificate', 'broker.example', 'serverAuth', 'which is missing']) {
      expect(found.filter((each) => each.includes(words))).not.toEqual([]);
    }
  });
});

interface BadAuthority {
  rule: string;
  extensions: Extensions;
  words: RegExp;
}

const badAuthorities: BadAuthority[] = [
  { rule: 'without keyCertSign', extensions: { keyUsage: 'critical,cRLSign' }, words: /keyCertSign/ },
  { rule: 'without keyUsage', extensions: { keyUsage: undefined }, words: /keyCertSign/ },
  { rule: 'that is none', extensions: { basicConstraints: 'critical,CA:FALSE' }, words: /CA:TRUE/ },
  { rule: 'without basicConstraints', extensions: { basicConstraints: undefined }, words: /CA:TRUE/ },
  {
    rule: 'with basicConstraints that are not critical',
    extensions: { basicConstraints: 'CA:TRUE' },
    words: /critical/,
  },
  {
    rule: 'without subjectKeyIdentifier',
    extensions: { subjectKeyIdentifier: undefined },
    words: /subjectKeyIdentifier/,
  },
];

describe('an authority', () => {
  it.each(badAuthorities)('$rule', ({ extensions, words }) => {
    const bad = issue({ subject: '/CN=Bad', extensions: { ...authorityExtensions, ...extensions } });
    expect(authorityProblems(bad)).toContainEqual(expect.stringMatching(words));
    const said = trustedProblems(bad.certificate);
    expect(said).toContainEqual(expect.stringMatching(words));
    for (const problem of said) expect(problem).not.toMatch(shape);
    const leaf = serverOf(anyAuthorityKey, bad);
    expect(strictVerdict(leaf.certificate, bad.certificate)).toBeDefined();
  });

  it('of a short key of RSA', () => {
    const short = newRoot('/CN=Short', newKey('RSA-1024'));
    expect(authorityProblems(short)).toContainEqual(expect.stringMatching(/RSA key of 1024 bits; /));
    expect(trustedProblems(short.certificate)).toEqual([expect.stringMatching(/1024 bits; /)]);
  });

  it('that is signed with SHA-1', () => {
    const old = issue({ subject: '/CN=Old', extensions: intermediateExtensions, issuer: root, digest: 'sha1' });
    expect(authorityProblems(old)).toContainEqual(expect.stringMatching(/SHA-1; /));
    expect(trustedProblems(old.certificate)).toEqual([expect.stringMatching(/SHA-1; /)]);
  });
});

/** Each passes rule by rule, and the chain as a whole does not. */
describe('a chain that strict clients refuse as a whole', () => {
  function signed(order: { top?: Extensions; middle?: Extensions }) {
    const top = issue({ subject: '/CN=Top', extensions: { ...authorityExtensions, ...order.top } });
    const middle = issue({
      subject: '/CN=Middle',
      extensions: { ...intermediateExtensions, ...order.middle },
      issuer: top,
    });
    return { top, middle, leaf: serverOf({}, middle) };
  }

  it.each<[string, { top?: Extensions; middle?: Extensions }]>([
    ['because it is longer than its root allows', { top: { basicConstraints: 'critical,CA:TRUE,pathlen:0' } }],
    ['because its intermediate is for clients', { middle: { extendedKeyUsage: 'clientAuth' } }],
  ])('%s', (_, order) => {
    const { top, middle, leaf } = signed(order);
    expect(strictVerdict(leaf.certificate, top.certificate, middle.certificate)).toBeDefined();
    problems({ certificate: leaf.certificate + middle.certificate }, { trusted: [top.certificate] });
  });

  it('because its intermediate has the name of its root, and does not say which key signed it', () => {
    const middle = issue({ subject: '/CN=Root', extensions: authorityExtensions, issuer: root });
    const leaf = serverOf({}, middle);
    expect(strictVerdict(leaf.certificate, root.certificate, middle.certificate)).toBeDefined();
    problems({ certificate: leaf.certificate + middle.certificate });
  });

  it('because nothing has a name, and those of the server are not critical', () => {
    const leaf = serverOf({}, root, '/');
    expect(strictVerdict(leaf.certificate, root.certificate)).toBeDefined();
    problems(leaf);
  });

  it('because it ends at an authority that is no root', () => {
    const { middle, leaf } = signed({});
    expect(strictVerdict(leaf.certificate, middle.certificate)).toBeDefined();
    problems(leaf, { trusted: [middle.certificate] });
  });
});

describe('trustedProblems refuses', () => {
  it.each<[string, (pem: string) => string, RegExp]>([
    ['nothing', () => '', /is empty; /],
    ['line ends of Windows', (pem) => pem.replaceAll('\n', '\r\n'), /CRLF/],
    ['text around', (pem) => `# root\n${pem}`, /text around/],
    ['nonsense', (pem) => pem.replace(/\n.*\n/, `\n${'A'.repeat(64)}\n`), /cannot be read/],
    ['a key', () => root.privateKey, /no certificate; /],
    ['the certificate of a server', () => server.certificate, /CA:TRUE/],
    ['a bad one behind a good one', (pem) => pem + server.certificate, /CA:TRUE/],
  ])('%s', (_, change, words) => {
    const found = trustedProblems(change(root.certificate));
    expect(found).toContainEqual(expect.stringMatching(words));
    for (const problem of found) expect(problem).toMatch(/; \S/);
  });
});
