/**
 * An authority that several others have signed: all of the chain is shown, every root is known that it leads to, and a
 * rollover from one of them to the other cuts off nobody who trusts either. OpenSSL, with each root alone, agrees.
 *
 * It does not show what a broker serves: the checks with each root alone do that.
 */

import { fingerprintOf, shortFingerprint } from '../../certificates/facts';
import { type CheckedPair, checkAuthority, checkServer } from '../../certificates/given';
import { rootsOf } from '../../certificates/paths';
import { certificatesOf } from '../../certificates/pem';
import { signersOf } from '../../certificates/trust';
import { recordsIn } from '../../change/records';
import { decisionOf, deliver, forecastOf, newMade, nothingObserved } from './deliveries';
import {
  authorityExtensions,
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  newRoot,
  serverExtensions,
  strictVerdict,
} from './openssl';
import { type Config, settingsOf } from './rawConfig';

const hosts = ['broker.example'];

let old: Identity;
let fresh: Identity;
let crossed: Identity;
let issuer: Identity;
let leaf: Identity;
let oldIssuer: Identity;
let oldLeaf: Identity;

beforeAll(() => {
  [old, fresh] = [newRoot('/CN=Old'), newRoot('/CN=Fresh')];
  const { privateKey } = fresh;
  crossed = issue({ privateKey, subject: '/CN=Fresh', extensions: intermediateExtensions, issuer: old });
  issuer = issue({ subject: '/CN=Issuer', extensions: intermediateExtensions, issuer: fresh });
  oldIssuer = issue({ subject: '/CN=Old issuer', extensions: intermediateExtensions, issuer: old });
  leaf = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer });
  oldLeaf = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer: oldIssuer });
});

afterAll(cleanUp);

const chain = () => leaf.certificate + issuer.certificate + crossed.certificate;

function accepted(certificate: string, trusted: readonly string[], privateKey = leaf.privateKey): CheckedPair {
  const { pair, problems } = checkServer({ certificate, privateKey, passphrase: '' }, { trusted, hosts });
  expect(problems).toEqual([]);
  if (pair === undefined) throw new Error('there is no pair');
  for (const anchor of pair.anchors) {
    expect(strictVerdict(pair.certificate, anchor, pair.intermediates)).toBeUndefined();
  }
  return pair;
}

describe('a chain with a cross-signed intermediate', () => {
  it('is shown as a whole, whichever of the roots is known', () => {
    for (const trusted of [[old], [fresh], [old, fresh], [fresh, old]]) {
      const { intermediates, anchors } = accepted(
        chain(),
        trusted.map(({ certificate }) => certificate),
      );
      expect(intermediates).toBe(issuer.certificate + crossed.certificate);
      expect(new Set(anchors)).toEqual(new Set(trusted.map(({ certificate }) => certificate)));
    }
  });

  it('leads to the nearest root first', () => {
    const { anchor, anchors } = accepted(chain(), [old.certificate, fresh.certificate]);
    expect([anchor, ...anchors]).toEqual([fresh.certificate, fresh.certificate, old.certificate]);
  });

  it('with two certificates of one issuer leads to the root of the first: many clients look at no other', () => {
    const { privateKey } = issuer;
    const twin = issue({ privateKey, subject: '/CN=Issuer', extensions: intermediateExtensions, issuer: old });
    const trusted = [old.certificate, fresh.certificate];
    const [first, second] = [issuer.certificate + twin.certificate, twin.certificate + issuer.certificate];
    expect(accepted(leaf.certificate + first, trusted)).toMatchObject({
      intermediates: first,
      anchors: [fresh.certificate],
    });
    expect(accepted(leaf.certificate + second, trusted)).toMatchObject({
      intermediates: second,
      anchors: [old.certificate],
    });
    // One that leads nowhere is put behind.
    expect(accepted(leaf.certificate + second, [fresh.certificate])).toMatchObject({
      intermediates: first,
      anchors: [fresh.certificate],
    });
  });

  it('is not shown with what leads nowhere from it', () => {
    const { intermediates } = accepted(chain() + oldIssuer.certificate, [fresh.certificate]);
    expect(intermediates).toBe(issuer.certificate + crossed.certificate);
  });

  it('leads to each of two roots of one key: a root may have been renewed', () => {
    const { privateKey } = fresh;
    const renewed = issue({ privateKey, subject: '/CN=Fresh', extensions: authorityExtensions, lasts: 4_000 });
    const roots = [fresh.certificate, renewed.certificate];
    expect(new Set(accepted(leaf.certificate + issuer.certificate, roots).anchors)).toEqual(new Set(roots));
  });

  it('is refused where one of its ways breaks a rule', () => {
    const short = { ...authorityExtensions, basicConstraints: 'critical,CA:TRUE,pathlen:0' };
    const top = issue({ subject: '/CN=Short', extensions: short });
    const { privateKey } = fresh;
    const bad = issue({ privateKey, subject: '/CN=Fresh', extensions: intermediateExtensions, issuer: top });
    const certificate = leaf.certificate + issuer.certificate + bad.certificate;
    const given = { certificate, privateKey: leaf.privateKey, passphrase: '' };
    const { problems } = checkServer(given, { trusted: [fresh.certificate, top.certificate], hosts });
    expect(problems).toEqual([expect.stringMatching(/allows 0 more below it/)]);
  });
});

describe('an authority that signs, and that another one has signed as well', () => {
  it('shows the other certificate, and leads to both roots', () => {
    const given = {
      certificate: fresh.certificate + crossed.certificate,
      privateKey: fresh.privateKey,
      passphrase: '',
    };
    const { pair } = checkAuthority(given, { trusted: [old.certificate], hosts });
    expect(pair).toMatchObject({ intermediates: crossed.certificate, anchors: [fresh.certificate, old.certificate] });
    const signed = issue({ subject: '/CN=signed', extensions: serverExtensions, issuer: fresh });
    expect(strictVerdict(signed.certificate, old.certificate, crossed.certificate)).toBeUndefined();
  });
});

describe('rootsOf', () => {
  it('finds the roots that a shown chain leads to, and no others', () => {
    const roots = [newRoot('/CN=Other'), old, fresh].map(({ certificate }) => certificate);
    const found = rootsOf(certificatesOf(chain()), roots);
    expect(found).toEqual([old, fresh].map(({ certificate }) => fingerprintOf(certificate)));
    expect(rootsOf(certificatesOf(leaf.certificate + issuer.certificate), roots)).toEqual([
      fingerprintOf(fresh.certificate),
    ]);
    expect(rootsOf([], roots)).toEqual([]);
  });

  it('comes to an end in a circle', () => {
    const [one, two] = [newRoot('/CN=One'), newRoot('/CN=Two')];
    const cross = ({ privateKey }: Identity, subject: string, by: Identity) =>
      issue({ privateKey, subject, extensions: intermediateExtensions, issuer: by }).certificate;
    const signed = issue({ subject: '/CN=x', extensions: serverExtensions, issuer: one });
    const circle = [signed.certificate, cross(one, '/CN=One', two), cross(two, '/CN=Two', one)];
    expect(rootsOf(circle, [])).toEqual([]);
    expect(rootsOf(circle, [one.certificate, two.certificate])).toHaveLength(2);
  });
});

describe('a rollover from the old root to the fresh one', () => {
  const base = {
    dnsNames: hosts,
    devices: ['pi'],
    listeners: [
      { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
      { port: 1883, bindAddress: '127.0.0.1' },
    ],
  };
  const given = (certificate: string, { privateKey }: Identity, ...trusted: Identity[]): Config => ({
    ...base,
    serverCertificate: certificate,
    serverPrivateKey: privateKey,
    trustedCertificates: trusted.map((each) => each.certificate),
  });
  const now = () => Date.now();
  const report = (...roots: Identity[]) => ({
    generation: 1,
    trusted: roots.map(({ certificate }) => shortFingerprint(fingerprintOf(certificate))),
    issuer: null,
    certificateExpires: null,
  });

  /** What a preview and a delivery say of each step, one after the other. */
  async function steps(configs: Config[], bundle: Identity[]): Promise<string[][]> {
    const keys = newMade();
    let files = {};
    const said: string[][] = [];
    for (const config of configs) {
      const settings = settingsOf(config);
      const observed = { ...nothingObserved, now: now(), reports: new Map([['pi', report(...bundle)]]) };
      const [forecast, decision] = [forecastOf(files, settings, observed), decisionOf(files, settings, keys, observed)];
      expect(forecast.problems).toEqual(decision.problems);
      expect(forecast.authorities).toEqual(decision.authorities);
      said.push(decision.problems.map(({ says }) => says));
      files = await deliver(files, settings, keys, observed);
    }
    return said;
  }

  it('meets no problem in the order that its remedy names, nor in any other that keeps both', async () => {
    const before = given(oldLeaf.certificate + oldIssuer.certificate, oldLeaf, old);
    const certificateFirst = [before, given(chain(), leaf, old), given(chain(), leaf, old, fresh)];
    const trustFirst = [
      before,
      given(oldLeaf.certificate + oldIssuer.certificate, oldLeaf, old, fresh),
      given(chain(), leaf, old, fresh),
    ];
    const atOnce = [before, given(chain(), leaf, old, fresh)];
    for (const configs of [certificateFirst, trustFirst, atOnce]) {
      // The device has the old root alone, and stays.
      expect((await steps(configs, [old])).flat()).toEqual([]);
    }
  });

  it('asks the devices before the old root is left', async () => {
    const both = given(chain(), leaf, old, fresh);
    const last = given(leaf.certificate + issuer.certificate, leaf, fresh);
    expect((await steps([both, last], [old]))[1]).toEqual([expect.stringContaining('1 of 1 devices')]);
    expect((await steps([both, last], [old, fresh])).flat()).toEqual([]);
  });

  it('asks them, too, where the cross-signed certificate is dropped while both are trusted', async () => {
    const both = given(chain(), leaf, old, fresh);
    const dropped = given(leaf.certificate + issuer.certificate, leaf, old, fresh);
    expect((await steps([both, dropped], [old]))[1]).toEqual([expect.stringContaining('1 of 1 devices')]);
    expect((await steps([both, dropped], [fresh])).flat()).toEqual([]);
  });

  it('is refused where no bundle holds any of its roots', async () => {
    const other = newRoot('/CN=Other');
    const elsewhere = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer: other });
    const said = await steps([given(chain(), leaf, old, fresh), given(elsewhere.certificate, elsewhere, other)], [old]);
    expect(said[1]).toEqual([expect.stringContaining('that no bundle holds yet')]);
  });

  it('is recorded with both roots, and read again', async () => {
    const settings = settingsOf(given(chain(), leaf, old, fresh));
    const files = await deliver({}, settings, newMade(), { ...nothingObserved, now: now() });
    const { trust, trustOfFiles } = recordsIn(files);
    const ends = [fresh, old].map(({ certificate }) => fingerprintOf(certificate));
    for (const each of [trust, trustOfFiles]) expect(each && signersOf(each)).toEqual(ends);
  });
});
