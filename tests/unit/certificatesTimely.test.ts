/**
 * The time of certificates from elsewhere: it is judged where one of them is delivered anew, by shares of its life, and
 * nothing that is deployed already is refused for it.
 *
 * It does not show that a broker with a certificate that has run out can be worked with.
 */

import { X509Certificate } from 'node:crypto';
import { fingerprintOf } from '../../certificates/facts';
import { checkAuthority, checkServer } from '../../certificates/given';
import { type GivenTerm, givenTerms, timeProblems, trustedTerms } from '../../certificates/timely';
import { problemWords } from '../../mosquitto/problem';
import { decisionOf, deliver, forecastOf, newMade, nothingObserved } from './deliveries';
import { cleanUp, day, hour, type Identity, intermediateExtensions, issue, newRoot, serverExtensions } from './openssl';
import { type Config, settingsOf } from './rawConfig';

const hosts = ['broker.example'];
const minute = hour / 60;

let root: Identity;
let middle: Identity;
let server: Identity;
let oneDay: Identity;
let sixDays: Identity;
let begins: number;

beforeAll(() => {
  root = newRoot();
  middle = issue({ subject: '/CN=Middle', extensions: intermediateExtensions, issuer: root, lasts: 300 });
  [server, oneDay, sixDays] = [200, 1, 6].map((lasts) =>
    issue({ subject: '/CN=server', extensions: serverExtensions, issuer: middle, lasts }),
  ) as [Identity, Identity, Identity];
  begins = Date.parse(new X509Certificate(server.certificate).validFrom);
});

afterAll(cleanUp);

function termsOf({ certificate, privateKey }: Identity): GivenTerm[] {
  const given = { certificate: certificate + middle.certificate, privateKey, passphrase: '' };
  const { pair, problems } = checkServer(given, { trusted: [root.certificate], hosts });
  expect(problems).toEqual([]);
  return pair === undefined ? [] : givenTerms('serverCertificate', pair, 'server');
}

/** What is said of certificates that are not deployed. */
function said(terms: readonly GivenTerm[], now: number, deployed: readonly string[] = []): string[] {
  return timeProblems(terms, new Set(deployed.map((pem) => fingerprintOf(pem))), now).map(problemWords);
}

const endOf = ({ certificate }: Identity) => Date.parse(new X509Certificate(certificate).validTo);

describe('a certificate of a server', () => {
  it('of a day, or of six, is good from its first second on', () => {
    for (const short of [oneDay, sixDays]) expect(said(termsOf(short), begins + minute)).toEqual([]);
  });

  it.each<[string, () => Identity, number]>([
    ['200 days', () => server, day],
    ['6 days', () => sixDays, 14.4 * hour],
    ['one day', () => oneDay, 2.4 * hour],
  ])('of %s must have a day before it, or a tenth of its life', (_, given, least) => {
    const [terms, end] = [termsOf(given()), endOf(given())];
    expect(said(terms, end - least - minute)).toEqual([]);
    expect(said(terms, end - least + minute)).toEqual([
      expect.stringMatching(/^serverCertificate: ends at .*in less than \d+ hours; renew it first/),
    ]);
  });

  it('that has expired or not begun is refused with the moment that the clock says', () => {
    const moment = endOf(server) + hour;
    expect(said(termsOf(server), moment)).toEqual([
      `serverCertificate: has expired at ${new Date(endOf(server)).toISOString()} (now: ${new Date(moment).toISOString()}); renew it, or set the clock`,
    ]);
    expect(said(termsOf(server), begins - day)[0]).toMatch(/^serverCertificate: is not valid before .*set the clock/);
  });

  it('is judged with the authorities above it', () => {
    const late = endOf(middle) + hour;
    expect(said(termsOf(server), late)).toContainEqual(
      expect.stringMatching(/^serverCertificate: its authority "CN=Middle" has expired at .*renew it/),
    );
    expect(said(termsOf(server), endOf(root) + hour)).toContainEqual(
      expect.stringMatching(/^serverCertificate: its authority "CN=Root" has expired/),
    );
  });

  it('is refused for none of several roots as long as one is good', () => {
    const terms = termsOf(server);
    const spare: GivenTerm = {
      ...(terms.at(-1) as GivenTerm),
      fingerprint: 'ff',
      name: '"CN=Past"',
      notAfter: new Date(begins).toISOString(),
    };
    expect(said([...terms, spare], begins + day)).toEqual([]);
  });

  it('that is deployed already is never refused, nor are those with it', () => {
    const deployed = [server.certificate, middle.certificate, root.certificate];
    for (const now of [begins - day, endOf(server) - hour, endOf(server) + day, endOf(root) + day]) {
      expect(said(termsOf(server), now, deployed)).toEqual([]);
    }
    expect(said(termsOf(server), endOf(middle) + hour, [middle.certificate, root.certificate])).toHaveLength(2);
  });
});

describe('authorities', () => {
  it('that sign have to be in time, and nothing more', () => {
    const { pair } = checkAuthority({ ...root, passphrase: '' }, { trusted: [], hosts });
    if (pair === undefined) throw new Error('there is no pair');
    const terms = givenTerms('caCertificate', pair, 'authority');
    expect(said(terms, endOf(root) - minute)).toEqual([]);
    expect(said(terms, endOf(root))).toEqual([expect.stringMatching(/^caCertificate: has expired/)]);
    expect(said(terms, endOf(root), [root.certificate])).toEqual([]);
  });

  it('that are trusted are judged each by itself', () => {
    const terms = trustedTerms('trustedCertificates[0]', [root.certificate, middle.certificate]);
    const late = endOf(middle) + hour;
    expect(said(terms, late)).toEqual([expect.stringMatching(/^trustedCertificates\[0\]: .*"CN=Middle" has expired/)]);
    expect(said(terms, late, [middle.certificate])).toEqual([]);
    expect(said(trustedTerms('trustedCertificates[1]', [middle.certificate]), late)).toEqual([
      expect.stringMatching(/^trustedCertificates\[1\]: has expired/),
    ]);
  });
});

describe('a stack with a certificate from elsewhere', () => {
  const listeners = [
    { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
    { port: 1883, bindAddress: '127.0.0.1' },
  ];
  const config = (given: Identity, devices: string[]): Config => ({
    dnsNames: hosts,
    listeners,
    devices,
    maxRevokedDevicesPercent: 100,
    serverCertificate: given.certificate + middle.certificate,
    serverPrivateKey: given.privateKey,
    trustedCertificates: [root.certificate],
  });

  it('revokes a device whatever the time, and takes no new certificate that is past it; both sides say the same', async () => {
    const keys = newMade();
    const files = await deliver({}, settingsOf(config(server, ['a', 'b'])), keys, {
      ...nothingObserved,
      now: begins + day,
    });
    for (const now of [endOf(server) - hour, endOf(server) + day]) {
      const observed = { ...nothingObserved, now };
      const revoking = settingsOf(config(server, ['a']));
      for (const decision of [forecastOf(files, revoking, observed), decisionOf(files, revoking, keys, observed)]) {
        expect(decision).toMatchObject({ problems: [], leaving: ['b'] });
      }
      const another = settingsOf(config(oneDay, ['a', 'b']));
      const [forecast, decision] = [forecastOf(files, another, observed), decisionOf(files, another, keys, observed)];
      expect(forecast.problems).toEqual([expect.objectContaining({ path: 'serverCertificate' })]);
      expect(decision.problems).toEqual(forecast.problems);
    }
  });

  it('judges nothing where nobody speaks TLS', () => {
    const plain = settingsOf({ ...config(oneDay, []), listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] });
    expect(forecastOf({}, plain, { ...nothingObserved, now: begins + 30 * day }).problems).toEqual([]);
  });
});
