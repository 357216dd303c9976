import { fingerprintOf } from '../../certificates/facts';
import { decide } from '../../change/decide';
import { filesOf } from '../../change/files';
import { recordsIn, trustIn } from '../../change/records';
import { fileNames } from '../../mosquitto/files';
import { decisionOf, deliver, deliveryOf, forecastOf, newMade, nothingObserved } from './deliveries';
import { settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

const fleet = { secretId: 'id', devices: [['pi-1', 2, 'device']], revoked: [['pi-0', 1]] };
const trust = { signer: 'a', trusted: ['a', 'b'], clients: ['c'] };
const issued = { present: [['pi-1', 2]], revoked: [['pi-0', 1]], past: [['pi-0', 1]], digest: 'd' };

const nothing = { fleet: undefined, trust: undefined, issued: {} };

/** Valid JSON, and no record. */
const otherJson = ['null', '[]', '{}', '0', '1e999', 'true', '""', '"text"', '[null]', '[[1]]', '{"devices":null}'];
const damaged = ['', ' ', '{', '{"devices":[', 'garbage', '\u0000', ...otherJson];

const record = (name: string, value: unknown) => ({ [name]: `${JSON.stringify(value)}\n` });

describe('recordsIn', () => {
  it('knows nothing where nothing is deployed', () => {
    expect(recordsIn({})).toEqual(nothing);
  });

  it('reads each record', () => {
    const clock = { run: 'id 2026-01-01T00:00:00Z', ageSeconds: 1.5, time: 1_700_000_000_000 };
    const full = { ...trust, names: { a: 'ca-1' }, clock };
    const files = {
      ...record(fileNames.fleet, fleet),
      ...record(fileNames.trust, full),
      ...record(fileNames.issued, { devices: issued, accounts: issued }),
    };
    expect(recordsIn(files)).toEqual({ fleet, trust: full, issued: { devices: issued, accounts: issued } });
    expect(recordsIn(record(fileNames.trust, trust)).trust).toEqual(trust);
    expect(recordsIn(record(fileNames.trust, { ...trust, signer: null })).trust).toEqual({ ...trust, signer: null });
  });

  it.each(damaged)('is told nothing by %j', (text) => {
    for (const name of [fileNames.fleet, fileNames.trust, fileNames.issued]) {
      expect(recordsIn({ [name]: text })).toEqual(nothing);
    }
  });

  it.each<[string, unknown]>([
    ['no secret id', { ...fleet, secretId: undefined }],
    ['a secret id that is none', { ...fleet, secretId: 7 }],
    ['no devices', { ...fleet, devices: undefined }],
    ['devices that are no list', { ...fleet, devices: {} }],
    ['no revoked', { ...fleet, revoked: undefined }],
    ['a device that is none', { ...fleet, devices: [null] }],
    ['a device without a role', { ...fleet, devices: [['pi-1', 1]] }],
    ['a generation that is no number', { ...fleet, devices: [['pi-1', '1', 'device']] }],
    ['a generation that is half a one', { ...fleet, devices: [['pi-1', 1.5, 'device']] }],
    ['an id that is none', { ...fleet, revoked: [[1, 1]] }],
  ])('is told nothing by a record of the fleet with %s', (_, value) => {
    expect(recordsIn(record(fileNames.fleet, value)).fleet).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['no signer', { ...trust, signer: undefined }],
    ['a signer that is none', { ...trust, signer: 7 }],
    ['nobody trusted', { ...trust, trusted: undefined }],
    ['trusted ones that are no list', { ...trust, trusted: 'a' }],
    ['an authority of clients that is none', { ...trust, clients: [null] }],
    ['names that are none', { ...trust, names: null }],
    ['a name that is none', { ...trust, names: { a: 1 } }],
    ['a clock that is none', { ...trust, clock: null }],
    ['a clock without a run', { ...trust, clock: { ageSeconds: 1, time: 1 } }],
    ['a clock without a time', { ...trust, clock: { run: 'id', ageSeconds: 1 } }],
    ['a clock without an age', { ...trust, clock: { run: 'id', time: 1 } }],
  ])('is told nothing by a record of trust with %s', (_, value) => {
    expect(recordsIn(record(fileNames.trust, value)).trust).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['nobody present', { ...issued, present: undefined }],
    ['revoked ones that are no list', { ...issued, revoked: 5 }],
    ['nobody in the past', { ...issued, past: undefined }],
    ['no digest', { ...issued, digest: undefined }],
    ['a name that is none', { ...issued, past: [[null, 1]] }],
    ['no generation', { ...issued, past: [['pi-0']] }],
  ])('is told of accounts alone by a record of devices with %s', (_, value) => {
    expect(recordsIn(record(fileNames.issued, { devices: value, accounts: issued })).issued).toEqual({
      accounts: issued,
    });
  });

  it('takes the one authority of bundles for the signer before there was a record, and where it is damaged', () => {
    const { certificate } = selfSigned();
    const fingerprint = fingerprintOf(certificate);
    const files = { [fileNames.certificateAuthority]: certificate, 'devices-ca.pem': certificate };
    const known = { signer: fingerprint, trusted: [fingerprint], clients: [] };
    expect(recordsIn(files).trust).toEqual(known);
    for (const text of damaged) expect(recordsIn({ ...files, [fileNames.trust]: text }).trust).toEqual(known);
  });
});

describe('trustIn', () => {
  it('reads whom devices and broker trust, the signer first', () => {
    const pems = [selfSigned(), selfSigned(), selfSigned()].map(({ certificate }) => certificate);
    const [first = '', second = '', third = ''] = pems;
    const files = { [fileNames.certificateAuthority]: first + second, 'devices-ca.pem': third };
    expect(trustIn(files)).toEqual({
      signer: fingerprintOf(first),
      trusted: [fingerprintOf(first), fingerprintOf(second)],
      clients: [fingerprintOf(third)],
    });
  });

  it('knows nobody without files, and by damaged ones', () => {
    const nobody = { signer: null, trusted: [], clients: [] };
    expect(trustIn({})).toEqual(nobody);
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    for (const text of ['', 'garbage', broken]) {
      expect(trustIn({ [fileNames.certificateAuthority]: text, 'devices-ca.pem': text })).toEqual(nobody);
    }
  });
});

/** Lists of the revoked are signed for each try. */
jest.setTimeout(60_000);

describe('damaged files of a broker', () => {
  const settings = settingsOf({
    dnsNames: ['broker.example'],
    devices: ['pi-1', 'pi-2'],
    listeners: [
      { port: 1883, bindAddress: '127.0.0.1' },
      {
        port: 8883,
        bindAddress: '0.0.0.0',
        tls: true,
        clients: 'devices',
        requireCertificate: true,
        useIdentityAsUsername: true,
      },
    ],
  });
  const made = newMade();

  it('stop neither a preview nor a delivery', async () => {
    const files = await deliver({}, settings, made);
    const delivery = deliveryOf(settings, made);
    const names = Object.keys(files);
    expect(names).toEqual(
      expect.arrayContaining(['mosquitto.conf', 'passwords', 'acl', 'fleet.json', 'trust.json', 'issued.json']),
    );
    for (const name of names) {
      for (const text of damaged) {
        const deployed = { ...files, [name]: text };
        expect(() => forecastOf(deployed, settings)).not.toThrow();
        expect(() => decisionOf(deployed, settings, made)).not.toThrow();
      }
    }
    for (const name of [fileNames.fleet, fileNames.trust, fileNames.issued]) {
      for (const text of ['null', '[1]', '{"devices":5}']) {
        const deployed = { ...files, [name]: text };
        const decision = decisionOf(deployed, settings, made);
        const next = await filesOf(delivery, settings.devices, deployed, decision, undefined);
        expect(recordsIn(next)).toEqual(recordsIn(files));
      }
    }
  });

  it('tell nobody that an authority changes which stays', async () => {
    const files = await deliver({}, settings, made);
    for (const text of [...damaged, undefined]) {
      const deployed = Object.fromEntries(
        Object.entries({ ...files, [fileNames.trust]: text }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        ),
      );
      for (const { problems, authorities } of [
        forecastOf(deployed, settings, nothingObserved),
        decisionOf(deployed, settings, made),
      ]) {
        expect({ problems, authorities }).toEqual({ problems: [], authorities: [] });
      }
    }
  });

  it('let nobody stay connected as far as is known', async () => {
    const files = await deliver({}, settings, made);
    for (const name of [fileNames.passwords, fileNames.acl]) {
      for (const text of ['garbage', 'topic read a\n']) {
        expect(decisionOf({ ...files, [name]: text }, settings, made).staying).toEqual([]);
      }
    }
    expect(decide({}, { ...deliveredWanted(), credentials: [] }, nothingObserved).staying).toEqual([]);
  });

  const deliveredWanted = () => ({
    configuration: '',
    accounts: [],
    devices: null,
    secretId: '',
    certified: [],
    trust: { signer: null, furtherSigners: [], trusted: [], clients: [] },
    given: [],
    terms: {},
    maxRevokedDevicesPercent: 0,
    maxUnreachedDevicesPercent: 0,
  });
});
