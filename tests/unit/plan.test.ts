import { planFor, usersOf } from '../../mosquitto/plan';
import { settingsOf } from './rawConfig';

const listeners = [
  { port: 1883, bindAddress: '127.0.0.1' },
  { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
  { port: 9001, bindAddress: '::', tls: true, protocol: 'websockets' },
];
const config = { listeners, dnsNames: ['a.example', 'b.example'], ipAddresses: ['192.0.2.10'] };

describe('planFor', () => {
  it("reaches each listener by an address of the engine's machine, and says which ones only that machine reaches", () => {
    expect(planFor(settingsOf(config), [], [], 'CA').targets).toEqual([
      { name: 'mqtt-1883', scheme: 'mqtt', clients: 'accounts', address: '127.0.0.1', port: 1883, loopback: true },
      { name: 'mqtts-8883', scheme: 'mqtts', clients: 'devices', address: '127.0.0.1', port: 8883, loopback: false },
      { name: 'wss-9001', scheme: 'wss', clients: 'accounts', address: '::1', port: 9001, loopback: false },
    ]);
  });

  it('carries the engine, the container, the CA and every name of the certificate', () => {
    expect(planFor(settingsOf({ ...config, containerName: 'broker' }), [], [], 'CA')).toMatchObject({
      dockerHost: null,
      container: 'broker',
      users: [],
      devices: [],
      certificateAuthority: 'CA',
      serverNames: ['a.example', 'b.example', '192.0.2.10'],
    });
  });

  it('names a Docker engine that is not the one of the environment', () => {
    const dockerHost = 'ssh://admin@server.example';
    expect(planFor(settingsOf({ ...config, dockerHost }), [], [], '').dockerHost).toBe(dockerHost);
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
