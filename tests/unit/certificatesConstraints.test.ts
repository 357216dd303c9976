/**
 * Authorities that may not sign every name (nameConstraints): refused is what strict verification of OpenSSL refuses, by
 * the names of the authority and of the host.
 */

import { checkAuthority, checkServer } from '../../certificates/given';
import {
  authorityExtensions,
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  serverExtensions,
  strictVerdict,
} from './openssl';

afterAll(cleanUp);

type Case = [constraints: string, names: string, words: RegExp | undefined];

const cases: Case[] = [
  ['permitted;DNS:other.test', 'DNS:mqtt.example', /may sign other\.test alone.*, and not mqtt\.example/],
  ['permitted;DNS:example', 'DNS:mqtt.example', undefined],
  ['permitted;DNS:mqtt.example', 'DNS:MQTT.example', undefined],
  ['permitted;DNS:.example', 'DNS:mqtt.example', undefined],
  ['permitted;DNS:ample', 'DNS:mqtt.example', /alone/],
  ['permitted;DNS:other.test,permitted;DNS:example', 'DNS:mqtt.example', undefined],
  ['permitted;DNS:example', 'DNS:mqtt.example,DNS:mqtt.test', /not mqtt\.test/],
  ['permitted;DNS:example', 'DNS:mqtt.example,IP:192.0.2.1', undefined],
  ['excluded;DNS:example', 'DNS:mqtt.example', /may not sign example.*, and so not mqtt\.example/],
  ['excluded;DNS:other.test', 'DNS:mqtt.example', undefined],
  ['permitted;DNS:example,excluded;DNS:mqtt.example', 'DNS:mqtt.example', /may not sign mqtt\.example/],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', undefined],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:192.0.2.1', /may sign 10\.0\.0\.0\/8 alone.*, and not 192\.0\.2\.1/],
  ['permitted;IP:10.0.0.0/255.0.0.0', 'IP:2001:db8::1', /alone.*, and not 2001:db8/i],
  ['excluded;IP:10.0.0.0/255.0.0.0', 'IP:10.1.2.3', /may not sign 10\.0\.0\.0\/8/],
  ['permitted;IP:2001:db8::/ffff:ffff::', 'IP:2001:db8::1', undefined],
  ['permitted;IP:2001:db8::/ffff:ffff::', 'IP:2001:db9::1', /alone/],
];

function hostsOf(names: string): string[] {
  return names.split(',').map((name) => name.replace(/^(DNS|IP):/, ''));
}

function constrained(nameConstraints: string): Identity {
  return issue({
    subject: '/CN=Constrained',
    extensions: { ...authorityExtensions, nameConstraints: `critical,${nameConstraints}` },
  });
}

it.each(cases)('%s for %s is judged as OpenSSL does', (constraints, names, words) => {
  const authority = constrained(constraints);
  const leaf = issue({
    subject: '/CN=leaf',
    extensions: { ...serverExtensions, subjectAltName: names },
    issuer: authority,
  });
  expect(strictVerdict(leaf.certificate, authority.certificate) === undefined).toBe(words === undefined);
  const hosts = hostsOf(names);
  const asServer = checkServer({ ...leaf, passphrase: '' }, { trusted: [authority.certificate], hosts }).problems;
  const asAuthority = checkAuthority({ ...authority, passphrase: '' }, { trusted: [], hosts }).problems;
  if (words === undefined) {
    expect([asServer, asAuthority]).toEqual([[], []]);
    return;
  }
  expect(asServer).toEqual([expect.stringMatching(words)]);
  expect(asServer[0]).toMatch(/^certificate: its authority "CN=Constrained" .*; have it issued by/);
  expect(asAuthority).toEqual([expect.stringMatching(words)]);
  expect(asAuthority[0]).toMatch(/^certificate: may .*; give an authority that may, or correct "dnsNames"/);
});

it('an authority above the one that signs counts, and its subject, too', () => {
  const top = constrained('permitted;DNS:other.test');
  const middle = issue({ subject: '/CN=Middle', extensions: intermediateExtensions, issuer: top });
  const leaf = issue({
    subject: '/CN=leaf',
    extensions: { ...serverExtensions, subjectAltName: 'DNS:mqtt.example' },
    issuer: middle,
  });
  const given = { certificate: leaf.certificate + middle.certificate, privateKey: leaf.privateKey, passphrase: '' };
  const { problems } = checkServer(given, { trusted: [top.certificate], hosts: ['mqtt.example'] });
  expect(problems).toEqual([expect.stringMatching(/its authority "CN=Constrained" may sign other\.test alone/)]);
});

it.each([
  ['/O=Mine/CN=leaf', true],
  ['/O=Other/CN=leaf', false],
])('a constraint of subjects for %s is judged as OpenSSL does', (subject, isAccepted) => {
  const extensions = {
    ...authorityExtensions,
    // permitted: subjects that begin with O=Mine.
    nameConstraints: 'critical,DER:3017A0153013A41130 0F310D300B060355040A0C044D696E65'.replace(' ', ''),
  };
  const authority = issue({ subject: '/O=Mine/CN=Constrained', extensions });
  const leaf = issue({ subject, extensions: serverExtensions, issuer: authority });
  expect(strictVerdict(leaf.certificate, authority.certificate) === undefined).toBe(isAccepted);
  const { problems } = checkServer({ ...leaf, passphrase: '' }, { trusted: [authority.certificate], hosts: [] });
  expect(problems.length === 0).toBe(isAccepted);
  for (const problem of problems) expect(problem).toContain('subjects that begin with "mine" alone');
});
