import { decide } from '../../change/decide';
import { filesOf } from '../../change/files';
import { recordsIn } from '../../change/records';
import { type AclRule, allows, parseAcl, renderAcl, withRules } from '../../mosquitto/acl';
import { type BrokerFiles, fileNames, folderName } from '../../mosquitto/files';
import { fileProblems } from '../../mosquitto/validation';
import { correctedTopics, correctingWitness, witnessOf } from '../../mosquitto/witness';
import { deliver, deliveryOf, fingerprintFor, newMade, nothingObserved, wantedByDelivery } from './deliveries';
import { type Config, settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

const mutual = { requireCertificate: true, useIdentityAsUsername: true };
const config: Config = {
  dnsNames: ['broker.example'],
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices', ...mutual },
  ],
  devices: ['a', 'b', 'c'],
};
const read = (changes: Config = {}) => settingsOf({ ...config, ...changes });

const rulesOfWitness = (files: BrokerFiles): AclRule[] =>
  parseAcl(files[fileNames.acl] ?? '')
    .users.filter(({ username }) => username === 'aipi_verify')
    .flatMap(({ rules }) => rules);

describe('filesOf', () => {
  const made = newMade();
  let first: BrokerFiles;

  beforeAll(async () => {
    first = await deliver({}, read(), made);
  });

  it('makes every file that the broker and the next change read, and the broker takes them', () => {
    expect(Object.keys(first).sort()).toEqual([
      'acl',
      'ca.pem',
      'device-acl',
      'device-passwords',
      'devices-ca.pem',
      'devices-crl.pem',
      'fleet.json',
      'issued.json',
      'mosquitto.conf',
      'passwords',
      'server-ec.key',
      'server-ec.pem',
      'trust.json',
    ]);
    expect(fileProblems(first)).toEqual([]);
  });

  it('makes the same files for the same again, the list of the revoked with its time too', async () => {
    expect(await deliver(first, read(), made)).toEqual(first);
  });

  it('names the same folder whatever the clock says, and remembers the clock', async () => {
    const clock = { run: 'container 2026-05-01T00:00:00Z', ageSeconds: 5, time: 1_780_000_000_000 };
    const files = await deliver(first, read(), made, { ...nothingObserved, clock });
    expect(recordsIn(files).trust?.clock).toEqual(clock);
    expect(recordsIn(first).trust?.clock).toBeUndefined();
    expect(folderName(files)).toBe(folderName(first));
  });

  it('names authorities by their fingerprints', () => {
    const { trust } = recordsIn(first);
    const [own, devices] = [fingerprintFor(made, 'ca-1'), fingerprintFor(made, 'devices-ca-1')];
    expect(trust).toMatchObject({ signer: own, trusted: [own], clients: [devices] });
    expect(trust?.names).toEqual({ [own]: 'ca-1', [devices]: 'devices-ca-1' });
  });

  it('makes another list of the revoked when somebody leaves or an authority comes, and then only', async () => {
    const list = 'devices-crl.pem';
    const added = await deliver(first, read({ devices: ['a', 'b', 'c', 'd'] }), made);
    expect(added[list]).toBe(first[list]);
    const left = await deliver(first, read({ devices: ['a', 'b'] }), made);
    expect(left[list]).not.toBe(first[list]);
    expect(recordsIn(left).issued.devices?.revoked).toEqual([
      ['c', 1],
      ['c', 2],
    ]);
    const joined = await deliver(left, read({ devices: ['a', 'b'], trustedClientCaGenerations: [1, 2] }), made);
    expect(joined[list]?.match(/BEGIN X509 CRL/g)).toHaveLength(2);
    expect(left[list]?.match(/BEGIN X509 CRL/g)).toHaveLength(1);
  });

  it('remembers who left, with each later delivery', async () => {
    const left = await deliver(first, read({ devices: ['a', 'b'] }), made);
    expect(recordsIn(left).fleet?.revoked).toEqual([['c', 1]]);
    const later = await deliver(left, read({ devices: ['a', 'b', 'd'] }), made);
    expect(recordsIn(later).fleet?.revoked).toEqual([['c', 1]]);
    expect(recordsIn(later).issued.devices?.past).toEqual([
      ['c', 1],
      ['c', 2],
    ]);
  });

  it('lets the witness correct the status of those who leave, and of nobody else', async () => {
    const left = await deliver(first, read({ devices: ['a', { id: 'b', generation: 2 }] }), made);
    const rules = rulesOfWitness(left);
    for (const [id, may] of [
      ['a', false],
      ['b', true],
      ['c', true],
    ] as const) {
      expect(allows(rules, 'write', `device/${id}/status`)).toBe(may);
      expect(allows(rules, 'write', `device/${id}/data`)).toBe(false);
    }
    const after = await deliver(left, read({ devices: ['a', { id: 'b', generation: 2 }] }), made);
    expect(allows(rulesOfWitness(after), 'write', 'device/c/status')).toBe(false);
    expect(fileProblems(left)).toEqual([]);
  });

  it('keeps the record of devices, and nothing else of theirs, where no listener is for them', async () => {
    const plain = read({ listeners: [{ port: 1883, bindAddress: '127.0.0.1' }], devices: [] });
    const files = await deliver(first, plain, made);
    expect(Object.keys(files).sort()).toEqual([
      'acl',
      'fleet.json',
      'issued.json',
      'mosquitto.conf',
      'passwords',
      'trust.json',
    ]);
    expect(files[fileNames.fleet]).toBe(first[fileNames.fleet]);
    expect(await deliver({}, plain, newMade())).not.toHaveProperty([fileNames.fleet]);
    const back = await deliver(files, read({ devices: ['a', 'b'] }), made);
    expect(recordsIn(back).fleet?.revoked).toEqual([['c', 1]]);
    expect(recordsIn(back).issued.devices?.past).toContainEqual(['c', 1]);
  });

  it('starts anew with another root secret, and with another authority', async () => {
    const other = { ...made, rootSecret: 's'.repeat(43), identities: new Map(made.identities) };
    other.identities.set('devices-ca-1', selfSigned());
    const files = await deliver(first, read({ devices: ['a'], maxRevokedDevicesPercent: 100 }), other);
    expect(recordsIn(files).fleet?.revoked).toEqual([]);
    expect(files['devices-crl.pem']).not.toBe(first['devices-crl.pem']);
  });

  it('leaves a delivery, a decision and the deployed files as they are', async () => {
    const delivery = deliveryOf(read(), made);
    const decision = decide(first, wantedByDelivery(read(), made), nothingObserved);
    const inputs = JSON.stringify([delivery, decision.fleet, decision.issued, first]);
    await filesOf(delivery, read().devices, first, decision, undefined);
    expect(JSON.stringify([delivery, decision.fleet, decision.issued, first])).toBe(inputs);
  });
});

describe('withRules', () => {
  const acl = renderAcl([{ username: 'aipi_verify', rules: [{ access: 'read', topic: 'a' }] }]);

  it('adds nothing where there is nothing to add', () => {
    expect(withRules(acl, { username: 'aipi_verify', rules: [] })).toBe(acl);
  });

  it('adds rules behind those that are there', () => {
    const text = withRules(acl, { username: 'aipi_verify', rules: [{ access: 'write', topic: 'b' }] });
    expect(text).toBe('user aipi_verify\ntopic read a\n\nuser aipi_verify\ntopic write b\n');
  });

  it.each(['', 'user pi\ntopic read a', '# made by hand\n', 'pattern read a/%u\n'])('is read after %j', (before) => {
    const added = { username: 'other', rules: [{ access: 'deny' as const, topic: 'c d/#' }] };
    const { users, patterns } = parseAcl(withRules(before, added));
    expect(users).toEqual([...parseAcl(before).users, added]);
    expect(patterns).toEqual(parseAcl(before).patterns);
  });
});

describe('correctedTopics', () => {
  it('are the status of each who leaves', () => {
    expect(correctedTopics(['pi-1', 'pi-2'])).toEqual(['device/pi-1/status', 'device/pi-2/status']);
    expect(correctedTopics([])).toEqual([]);
  });

  it('are a thousand at most', () => {
    const leaving = Array.from({ length: 1_001 }, (_, index) => `pi-${index}`);
    expect(correctedTopics(leaving)).toHaveLength(1_000);
    expect(correctedTopics(leaving.slice(0, 1_000))).toHaveLength(1_000);
    expect(correctedTopics(leaving).at(-1)).toBe('device/pi-999/status');
  });
});

describe('correctingWitness', () => {
  it('may read and write them, under the name of the witness, and nothing else', () => {
    expect(correctingWitness(['pi-1'])).toEqual({
      username: 'aipi_verify',
      rules: [{ access: 'readwrite', topic: 'device/pi-1/status' }],
    });
    expect(correctingWitness([]).rules).toEqual([]);
  });
});

describe('witnessOf', () => {
  it('is the account of verification, or says what to do', () => {
    const witness = { username: 'aipi_verify', rules: [] };
    expect(witnessOf([{ username: 'pi', rules: [] }, witness])).toBe(witness);
    expect(() => witnessOf([])).toThrow('the account aipi_verify is missing; run "pulumi up"');
  });
});
