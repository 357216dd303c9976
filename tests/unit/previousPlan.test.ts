import { previousPlan } from '../../change/previous';
import { type BrokerFiles, fileNames, serverFileNames } from '../../mosquitto/files';
import type { VerificationPlan } from '../../mosquitto/verificationPlan';
import { witnessOf } from '../../mosquitto/witness';
import { deliver, deliveryOf, fingerprintFor, identityOf, type Made, newMade } from './deliveries';
import { type Config, settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

const account = (username: string, ...topics: string[]) => ({ username, topics });
const topics = ['write device/{id}/data', 'read device/control'];
const mutual = { requireCertificate: true, useIdentityAsUsername: true };
const config: Config = {
  dnsNames: ['broker.example'],
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices', ...mutual },
    { port: 8884, bindAddress: '0.0.0.0', tls: true, ...mutual },
  ],
  accounts: [account('alice', 'read old'), account('bob', 'write old')],
  roles: [{ name: 'device', topics }],
  devices: ['pi-1'],
};

/** The plan for the files from before, when a change to another stack file did not hold. */
async function comeBack(changes: Config, made: Made, madeAfter = made) {
  const before = await deliver({}, settingsOf(config), made);
  const next = settingsOf({ ...config, ...changes });
  const after = await deliver(before, next, madeAfter);
  const { plan } = deliveryOf(next, madeAfter);
  return { before, after, plan, previous: previousPlan(plan, before, after) };
}

const namesOf = (users: VerificationPlan['users']) => users.map(({ username }) => username);
const rulesOf = (users: VerificationPlan['users'], name: string) =>
  users.find(({ username }) => username === name)?.rules;

describe('previousPlan', () => {
  it('is the plan itself where nothing changed, but for the terms of certificates', async () => {
    const { plan, previous } = await comeBack({}, newMade());
    const sorted = ({ users, devices, ...rest }: VerificationPlan) => ({
      ...rest,
      terms: {},
      users: users.map(({ rules, ...user }) => ({ ...user, rules: rules.map((rule) => JSON.stringify(rule)).sort() })),
      devices: devices.map(({ rules, ...user }) => ({
        ...user,
        rules: rules.map((rule) => JSON.stringify(rule)).sort(),
      })),
    });
    expect(sorted(previous)).toEqual(sorted(plan));
  });

  it('has the rules from before', async () => {
    const accounts = [account('alice', 'read new', 'write new'), account('bob', 'write old')];
    const { previous } = await comeBack(
      { accounts, roles: [{ name: 'device', topics: ['write other/{id}'] }] },
      newMade(),
    );
    expect(rulesOf(previous.users, 'alice')).toEqual([{ access: 'read', topic: 'old' }]);
    expect(rulesOf(previous.devices, 'aipi-verify')).toEqual([
      { access: 'read', topic: 'device/control' },
      { access: 'write', topic: 'device/aipi-verify/data' },
    ]);
  });

  it('is proved by users whose password is the one from before, the witness among them', async () => {
    const made = newMade();
    const madeAfter = { ...made, passwords: new Map([['bob', 'another one']]) };
    const accounts = [account('alice', 'read old'), account('bob', 'write old'), account('carol', 'read old')];
    const { previous } = await comeBack({ accounts }, made, madeAfter);
    expect(namesOf(previous.users)).toEqual(['alice', 'aipi_verify']);
    expect(witnessOf(previous.users).password).toBe('password of aipi_verify');
    expect(namesOf(previous.devices)).toEqual(['aipi-verify', 'aipi-verify.device']);
  });

  it('is proved by no device where the root secret is another one', async () => {
    const made = newMade();
    const { previous } = await comeBack({}, made, { ...made, rootSecret: 's'.repeat(43) });
    expect(previous.devices).toEqual([]);
    expect(namesOf(previous.users)).toEqual(['alice', 'bob', 'aipi_verify']);
  });

  it('is proved by no device of a role that nobody had', async () => {
    const roles = [
      { name: 'device', topics },
      { name: 'gateway', topics },
    ];
    const { plan, previous } = await comeBack({ roles, devices: ['pi-1', { id: 'gate', role: 'gateway' }] }, newMade());
    expect(namesOf(plan.devices)).toContain('aipi-verify.gateway');
    expect(namesOf(previous.devices)).toEqual(['aipi-verify', 'aipi-verify.device']);
  });

  it('expects the certificate and the authorities from before, and nothing of their terms', async () => {
    const made = newMade();
    const madeAfter = {
      ...made,
      identities: new Map([...made.identities, ['server', selfSigned()], ['ca-1', selfSigned()]]),
    };
    const { before, previous } = await comeBack({}, made, madeAfter);
    expect(previous.certificateAuthority).toBe(before[fileNames.certificateAuthority]);
    expect(previous.serverFingerprint).toBe(fingerprintFor(made, 'server'));
    expect(previous.serverFingerprint).not.toBe(fingerprintFor(madeAfter, 'server'));
    expect(previous.terms).toEqual({});
  });

  it('asks no certificate that the broker from before would not take', async () => {
    const made = newMade();
    const rolled = { clientCaGeneration: 2, trustedClientCaGenerations: [1, 2] };
    const { plan, previous } = await comeBack(rolled, made);
    expect(plan.clientAuthorities.devices?.certificate).toBe(identityOf(made, 'devices-ca-2').certificate);
    expect(previous.clientAuthorities).toEqual({});
    expect(previous.targets.map(({ name }) => name)).toEqual(['mqtt-1883']);
    // Ahead of its turn it was taken already.
    const before = await deliver({}, settingsOf({ ...config, trustedClientCaGenerations: [1, 2] }), made);
    const later = previousPlan(plan, before, before);
    expect(Object.keys(later.clientAuthorities)).toEqual(['accounts', 'devices']);
    expect(later.targets).toEqual(plan.targets);
  });

  it('knows no certificate without TLS', async () => {
    const plain = { ...config, devices: [], listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] };
    const made = newMade();
    const before = await deliver({}, settingsOf(plain), made);
    const { plan } = deliveryOf(settingsOf(plain), made);
    expect(previousPlan(plan, before, before)).toMatchObject({
      certificateAuthority: '',
      serverFingerprint: null,
      devices: [],
      targets: [{ name: 'mqtt-1883' }],
    });
  });

  it.each<[string, (files: BrokerFiles) => BrokerFiles]>([
    ['nothing', () => ({})],
    ['garbage', (files) => Object.fromEntries(Object.keys(files).map((name) => [name, 'garbage']))],
    ['null', (files) => Object.fromEntries(Object.keys(files).map((name) => [name, 'null\n']))],
    ['rules without a user', (files) => ({ ...files, acl: 'topic read a\n', 'device-acl': 'topic read a\n' })],
    [
      'a certificate that is none',
      (files) => ({
        ...files,
        [serverFileNames('ec').certificate]: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      }),
    ],
  ])('proves nothing by damaged files, and does not throw: %s', async (_, damage) => {
    const { before, after, plan } = await comeBack({}, newMade());
    const previous = previousPlan(plan, damage(before), after);
    const isComplete = previous.users.length > 0 && previous.devices.length > 0 && previous.serverFingerprint !== '';
    expect(isComplete).toBe(false);
  });
});
