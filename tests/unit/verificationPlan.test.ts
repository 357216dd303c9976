import { planFor, usersOf, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { settingsOf } from './rawConfig';

const listeners = [
  { port: 1883, bindAddress: '127.0.0.1' },
  {
    port: 8883,
    bindAddress: '0.0.0.0',
    tls: true,
    clients: 'devices',
    requireCertificate: true,
    useIdentityAsUsername: true,
  },
  { port: 9001, bindAddress: '::', tls: true, protocol: 'websockets' },
];
const certificates = verifiedCertificates('CA', 'ab12', {}, {});
const config = { listeners, dnsNames: ['a.example', 'b.example'], ipAddresses: ['192.0.2.10'] };

describe('planFor', () => {
  it("reaches each listener by an address of the engine's machine, and says which ones only that machine reaches", () => {
    const plain = { requireCertificate: false, useIdentityAsUsername: false };
    const mutual = { requireCertificate: true, useIdentityAsUsername: true };
    expect(planFor(settingsOf(config), [], [], certificates).targets).toEqual([
      {
        name: 'mqtt-1883',
        scheme: 'mqtt',
        clients: 'accounts',
        address: '127.0.0.1',
        port: 1883,
        loopback: true,
        ...plain,
      },
      {
        name: 'mqtts-8883',
        scheme: 'mqtts',
        clients: 'devices',
        address: '127.0.0.1',
        port: 8883,
        loopback: false,
        ...mutual,
      },
      { name: 'wss-9001', scheme: 'wss', clients: 'accounts', address: '::1', port: 9001, loopback: false, ...plain },
    ]);
  });

  it('reaches a listener at each of its addresses', () => {
    const both = [{ port: 1883, bindAddress: ['127.0.0.1', '::1'] }];
    expect(planFor(settingsOf({ listeners: both }), [], [], certificates).targets).toMatchObject([
      { name: 'mqtt-1883', address: '127.0.0.1', port: 1883, loopback: true },
      { name: 'mqtt-1883 at ::1', address: '::1', port: 1883, loopback: true },
    ]);
  });

  it('carries the engine, the container, the CA and every name of the certificate', () => {
    expect(planFor(settingsOf({ ...config, containerName: 'broker' }), [], [], certificates)).toMatchObject({
      dockerHost: null,
      container: 'broker',
      users: [],
      devices: [],
      certificateAuthority: 'CA',
      serverFingerprint: 'ab12',
      serverNames: ['a.example', 'b.example', '192.0.2.10'],
    });
  });

  it('names a Docker engine that is not the one of the environment', () => {
    const dockerHost = 'ssh://admin@server.example';
    expect(planFor(settingsOf({ ...config, dockerHost }), [], [], certificates).dockerHost).toBe(dockerHost);
  });
});

describe('verifiedCertificates', () => {
  const [first, second] = [
    { certificate: 'a', privateKey: 'b' },
    { certificate: 'c', privateKey: 'd' },
  ];

  it('issues from the first authority of each kind', () => {
    const { clientAuthorities } = verifiedCertificates('CA', null, {}, { accounts: [second, first], devices: [first] });
    expect(clientAuthorities).toEqual({ accounts: second, devices: first });
  });

  it('keeps of each certificate what verification needs', () => {
    const term = { fingerprint: 'f', notBefore: '2026', notAfter: '2027' };
    expect(verifiedCertificates('CA', null, { server: { ...term, dueFrom: '2026' } as typeof term }, {}).terms).toEqual(
      {
        server: term,
      },
    );
  });
});

describe('usersOf', () => {
  const a = { username: 'a', rules: [{ access: 'read' as const, topic: 'x' }] };
  const b = { username: 'b', rules: [] };
  const passwords = [
    { username: 'a', password: 'password-a' },
    { username: 'b', password: 'password-b' },
  ];

  it('joins rules and passwords', () => {
    expect(usersOf([a, b], passwords)).toEqual([
      { ...a, password: 'password-a' },
      { ...b, password: 'password-b' },
    ]);
  });

  it('never gives a user the password of another', () => {
    expect(usersOf([b, a], passwords)).toEqual([
      { ...b, password: 'password-b' },
      { ...a, password: 'password-a' },
    ]);
  });

  it('makes no user without a password', () => {
    expect(() => usersOf([a, b], passwords.slice(0, 1))).toThrow('b');
  });
});
