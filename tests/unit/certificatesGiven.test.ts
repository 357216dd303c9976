/**
 * Certificates from elsewhere that can be used: what becomes of them, and that strict verification of OpenSSL accepts
 * each of them, too.
 *
 * It does not show what is refused: see certificatesRefused.test.ts.
 */

import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  type CheckedPair,
  checkAuthority,
  checkServer,
  type Surroundings,
  trustedProblems,
} from '../../certificates/given';
import {
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  newKey,
  newRoot,
  openssl,
  serverExtensions,
  strictVerdict,
} from './openssl';

const hosts = ['broker.example', '192.0.2.10', '2001:db8::10'];

let root: Identity;
let first: Identity;
let second: Identity;
let direct: Identity;
let deep: Identity;
let surroundings: Surroundings;

beforeAll(() => {
  root = newRoot();
  first = issue({ subject: '/CN=First', extensions: intermediateExtensions, issuer: root });
  second = issue({ subject: '/CN=Second', extensions: intermediateExtensions, issuer: first });
  direct = issue({ subject: '/CN=direct', extensions: serverExtensions, issuer: root });
  deep = issue({ subject: '/CN=deep', extensions: serverExtensions, issuer: second });
  surroundings = { trusted: [root.certificate], hosts };
});

afterAll(cleanUp);

/** The pair of a server that is accepted, by OpenSSL as well. */
function accepted(
  certificate: string,
  privateKey: string,
  passphrase = '',
  changes: Partial<Surroundings> = {},
): CheckedPair {
  const { pair, problems } = checkServer({ certificate, privateKey, passphrase }, { ...surroundings, ...changes });
  expect(problems).toEqual([]);
  if (pair === undefined) throw new Error('there is no pair');
  expect(strictVerdict(pair.certificate, pair.anchor, pair.intermediates)).toBeUndefined();
  return pair;
}

/** The same of an authority: what it signs is accepted. */
function acceptedAuthority(certificate: string, privateKey: string, changes: Partial<Surroundings> = {}): CheckedPair {
  const given = { certificate, privateKey, passphrase: '' };
  const { pair, problems } = checkAuthority(given, { ...surroundings, hosts: [], ...changes });
  expect(problems).toEqual([]);
  if (pair === undefined) throw new Error('there is no pair');
  const signed = issue({ subject: '/CN=signed', extensions: serverExtensions, issuer: pair });
  expect(strictVerdict(signed.certificate, pair.anchor, pair.certificate + pair.intermediates)).toBeUndefined();
  return pair;
}

/** Whether a key as it is handed on needs no passphrase and belongs to the certificate. */
function expectKeyOf(pair: CheckedPair): void {
  expect(pair.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  expect(new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.privateKey))).toBe(true);
}

describe('the certificate of a server', () => {
  it('that a trusted root has signed is a pair without intermediates', () => {
    const pair = accepted(direct.certificate, direct.privateKey);
    expect(pair).toMatchObject({ certificate: direct.certificate, intermediates: '', anchor: root.certificate });
    expectKeyOf(pair);
  });

  it('with its intermediates leads to a trusted root', () => {
    const pair = accepted(deep.certificate + second.certificate + first.certificate, deep.privateKey);
    expect(pair.certificate).toBe(deep.certificate);
    expect(pair.intermediates).toBe(second.certificate + first.certificate);
    expect(pair.anchor).toBe(root.certificate);
  });

  it('may have its intermediates in any order, and is served with them in the right one', () => {
    const pair = accepted(deep.certificate + first.certificate + second.certificate, deep.privateKey);
    expect(pair.intermediates).toBe(second.certificate + first.certificate);
  });

  it('may bring its root, which is then trusted and not served', () => {
    const chain = deep.certificate + second.certificate + first.certificate + root.certificate;
    const pair = accepted(chain, deep.privateKey, '', { trusted: [] });
    expect(pair.intermediates).toBe(second.certificate + first.certificate);
    expect(pair.anchor).toBe(root.certificate);
  });

  it('may bring a root that stands in the middle', () => {
    const chain = deep.certificate + root.certificate + second.certificate + first.certificate;
    expect(accepted(chain, deep.privateKey, '', { trusted: [] }).anchor).toBe(root.certificate);
  });

  it('may have further certificates behind it, which are not served', () => {
    const stranger = newRoot('/CN=Stranger');
    const pair = accepted(direct.certificate + stranger.certificate + first.certificate, direct.privateKey);
    expect(pair).toMatchObject({ intermediates: '', anchor: root.certificate });
  });

  it('finds the right one of two roots of one name', () => {
    const other = newRoot('/CN=Root');
    const trusted = [other.certificate, root.certificate];
    expect(accepted(direct.certificate, direct.privateKey, '', { trusted }).anchor).toBe(root.certificate);
  });

  it('may bring a certificate of its trusted root that an older root has signed', () => {
    const { privateKey } = root;
    const older = newRoot('/CN=Older');
    const crossed = issue({ privateKey, subject: '/CN=Root', extensions: intermediateExtensions, issuer: older });
    expect(accepted(direct.certificate + crossed.certificate, direct.privateKey).anchor).toBe(root.certificate);
  });

  it('may bring two certificates of one authority, of which one has expired', () => {
    const order = { privateKey: first.privateKey, subject: '/CN=First', extensions: intermediateExtensions };
    const expired = issue({ ...order, issuer: root, lasts: 1 });
    const leaf = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer: first });
    for (const chain of [first.certificate + expired.certificate, expired.certificate + first.certificate]) {
      const pair = accepted(leaf.certificate + chain, leaf.privateKey);
      expect(pair.intermediates).toBe(first.certificate);
    }
  });

  it('may lack the last line break, and those of its root and its key', () => {
    const trusted = [root.certificate.trimEnd()];
    const pair = accepted(
      `${deep.certificate}${second.certificate}${first.certificate.trimEnd()}`,
      deep.privateKey.trimEnd(),
      '',
      { trusted },
    );
    for (const each of [pair.certificate, pair.intermediates, pair.anchor]) expect(each.endsWith('-----\n')).toBe(true);
  });

  it.each([
    ['not encrypted, of SEC 1, with its parameters in front', ['ecparam'], ''],
    ['not encrypted, of SEC 1', ['ec'], ''],
    ['encrypted, of PKCS #8', ['pkey', '-aes256', '-passout', 'pass:open sesame'], 'open sesame'],
    ['encrypted, of the old form', ['ec', '-aes256', '-passout', 'pass:open sesame'], 'open sesame'],
  ])('may have a key that is %s', (_, args, passphrase) => {
    const sec1 = openssl(['ec'], direct.privateKey);
    const parameters = openssl(['ecparam', '-name', 'prime256v1']);
    const key = args[0] === 'ecparam' ? parameters + sec1 : openssl(args, direct.privateKey);
    expectKeyOf(accepted(direct.certificate, key, passphrase));
  });

  it('may have a key as "openssl ecparam -genkey" writes it', () => {
    const privateKey = openssl(['ecparam', '-name', 'prime256v1', '-genkey']);
    expect(privateKey).toContain('EC PARAMETERS');
    const { certificate } = issue({ privateKey, subject: '/CN=ec', extensions: serverExtensions, issuer: root });
    expectKeyOf(accepted(certificate, privateKey));
  });

  it('may have a key of RSA, in both forms and encrypted', () => {
    const privateKey = newKey('RSA-2048');
    const { certificate } = issue({ privateKey, subject: '/CN=rsa', extensions: serverExtensions, issuer: root });
    expectKeyOf(accepted(certificate, privateKey));
    expectKeyOf(accepted(certificate, openssl(['rsa', '-traditional'], privateKey)));
    expectKeyOf(
      accepted(certificate, openssl(['rsa', '-traditional', '-aes128', '-passout', 'pass:a'], privateKey), 'a'),
    );
  });

  it('may have a key of Ed25519', () => {
    const order = { privateKey: newKey('Ed25519'), subject: '/CN=ed', extensions: serverExtensions, issuer: root };
    const given = issue(order);
    expectKeyOf(accepted(given.certificate, given.privateKey));
  });

  it('may have a passphrase that its key does not need', () => {
    expectKeyOf(accepted(direct.certificate, direct.privateKey, 'unused'));
  });

  it('may have no extendedKeyUsage at all, and one that holds more than serverAuth', () => {
    for (const extendedKeyUsage of [undefined, 'clientAuth,serverAuth']) {
      const extensions = { ...serverExtensions, extendedKeyUsage };
      const given = issue({ subject: '/CN=usage', extensions, issuer: root });
      expectKeyOf(accepted(given.certificate, given.privateKey));
    }
  });

  it('holds a name through a wildcard', () => {
    accepted(direct.certificate, direct.privateKey, '', { hosts: ['a.wild.example', 'BROKER.example'] });
  });
});

describe('an authority', () => {
  it('that is a root is its own anchor', () => {
    const pair = acceptedAuthority(root.certificate, root.privateKey, { trusted: [] });
    expect(pair).toMatchObject({ certificate: root.certificate, intermediates: '', anchor: root.certificate });
    expectKeyOf(pair);
  });

  it('that another one has signed has those above it as intermediates', () => {
    const pair = acceptedAuthority(second.certificate + first.certificate, second.privateKey);
    expect(pair).toMatchObject({
      certificate: second.certificate,
      intermediates: first.certificate,
      anchor: root.certificate,
    });
  });

  it('may bring its root', () => {
    const chain = second.certificate + first.certificate + root.certificate;
    const pair = acceptedAuthority(chain, second.privateKey, { trusted: [] });
    expect(pair).toMatchObject({ intermediates: first.certificate, anchor: root.certificate });
  });

  it.each(['P-384', 'RSA-2048'] as const)('may have a key of %s', (kind) => {
    const other = newRoot('/CN=Other', newKey(kind));
    const pair = acceptedAuthority(other.certificate, other.privateKey);
    expect(createPublicKey(pair.certificate).asymmetricKeyType).toBe(kind === 'P-384' ? 'ec' : 'rsa');
  });
});

describe('trustedProblems accepts', () => {
  it('a root, several of them in one text, and an authority that a root has signed', () => {
    expect(trustedProblems(root.certificate)).toEqual([]);
    expect(trustedProblems(root.certificate + newRoot('/CN=B').certificate)).toEqual([]);
    expect(trustedProblems(root.certificate + first.certificate)).toEqual([]);
  });
});
