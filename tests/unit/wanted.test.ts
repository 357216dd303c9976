import { fingerprintOf } from '../../certificates/facts';
import { isKnown, knownOr, unknown } from '../../change/unknown';
import { namesOf, wantedBy } from '../../change/wanted';
import { parseConfiguration } from '../../mosquitto/configuration';
import { wantedOf } from '../../settings/wanted';
import {
  decisionOf,
  deliver,
  deliveryOf,
  fingerprintFor,
  forecastOf,
  newMade,
  nothingObserved,
  wantedByDelivery,
} from './deliveries';
import { cleanUp, type Identity, newRoot } from './openssl';
import { type Config, settingsOf } from './rawConfig';

const open = { port: 1883, bindAddress: '127.0.0.1' };
const secured = { port: 8883, bindAddress: '0.0.0.0', tls: true };
const mutual = { requireCertificate: true, useIdentityAsUsername: true };
const named = { dnsNames: ['broker.example'] };
const made = (name: string) => ({ name, fingerprint: unknown });
const givenOf = ({ certificate }: Identity) => ({ name: undefined, fingerprint: fingerprintOf(certificate) });

let [one, two]: Identity[] = [];

beforeAll(() => {
  [one, two] = [newRoot('/CN=One'), newRoot('/CN=Two')];
});

afterAll(cleanUp);

const roots = (): [Identity, Identity] => {
  if (one === undefined || two === undefined) throw new Error('there are no roots');
  return [one, two];
};

describe('unknown', () => {
  it('is no value, and every value is known', () => {
    expect(isKnown(unknown)).toBe(false);
    for (const value of [undefined, null, '', 0, false, []]) {
      expect(isKnown(value)).toBe(true);
      expect(knownOr(value, 'other')).toBe(value);
    }
    expect(knownOr(unknown, 'other')).toBe('other');
  });

  it('is left out by nothing unnoticed: it has no text of its own', () => {
    expect(() => `${String(unknown)}`).not.toThrow();
    expect(() => `${unknown as unknown as string}`).toThrow(TypeError);
  });
});

describe('what a stack file wants', () => {
  it('is all that it says, and of what the engine makes nothing', () => {
    const settings = settingsOf({ devices: [], listeners: [open], maxRevokedDevicesPercent: 3 });
    const { configuration, ...rest } = wantedOf(settings);
    expect(parseConfiguration(configuration)).toContainEqual({ option: 'listener', value: '1883' });
    expect(rest).toEqual({
      accounts: [
        ['aisa_server', 1],
        ['aisa_rpi', 1],
      ],
      credentials: unknown,
      devices: null,
      secretId: unknown,
      certified: [],
      trust: { signer: null, furtherSigners: [], trusted: [], clients: [] },
      terms: unknown,
      given: [],
      maxRevokedDevicesPercent: 3,
      maxUnreachedDevicesPercent: 0,
    });
  });

  it('has devices as soon as a listener is for them, be there none', () => {
    const devices = { ...open, port: 1884, clients: 'devices' };
    expect(wantedOf(settingsOf({ listeners: [open, devices], devices: [] })).devices).toEqual([]);
    const listed = wantedOf(settingsOf({ listeners: [open, devices], devices: ['b', 'a'] })).devices;
    expect(listed?.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it.each<[string, Config[], string[]]>([
    ['nobody', [{ ...secured, clients: 'devices' }], []],
    ['accounts', [{ ...secured, ...mutual }], ['accounts']],
    ['devices', [{ ...secured, ...mutual, clients: 'devices' }], ['devices']],
    [
      'both',
      [
        { ...secured, ...mutual, clients: 'devices' },
        { ...secured, port: 8884, requireCertificate: true },
      ],
      ['accounts', 'devices'],
    ],
  ])('asks certificates of %s', (_, listeners, certified) => {
    const wanted = wantedOf(settingsOf({ ...named, listeners: [open, ...listeners] }));
    expect(wanted.certified).toEqual(certified);
    expect(wanted.trust.clients).toEqual(certified.includes('devices') ? [made('devices-ca-1')] : []);
  });

  it('has its own authorities by name, the signer first, whose fingerprints are unknown', () => {
    const config = { ...named, listeners: [open, secured], caGeneration: 2, trustedCaGenerations: [1, 2, 3] };
    expect(wantedOf(settingsOf(config)).trust).toEqual({
      signer: made('ca-2'),
      furtherSigners: [],
      trusted: [made('ca-2'), made('ca-1'), made('ca-3')],
      clients: [],
    });
  });

  it('has authorities from elsewhere by their fingerprints, each once', () => {
    const [first, second] = roots();
    const given = {
      ...named,
      listeners: [open, secured],
      caCertificate: first.certificate,
      caPrivateKey: first.privateKey,
      trustedCertificates: [second.certificate, first.certificate],
    };
    const { signer, trusted } = wantedOf(settingsOf(given)).trust;
    expect(signer).toMatchObject({ fingerprint: fingerprintOf(first.certificate) });
    expect(trusted.map(({ fingerprint }) => fingerprint)).toEqual([
      fingerprintOf(first.certificate),
      fingerprintOf(second.certificate),
    ]);
  });

  it('adds authorities from elsewhere to its own', () => {
    const [first] = roots();
    const config = { ...named, listeners: [open, secured], trustedCertificates: [first.certificate] };
    const { signer, trusted } = wantedOf(settingsOf(config)).trust;
    expect(signer).toEqual(made('ca-1'));
    expect(trusted).toEqual([made('ca-1'), expect.objectContaining({ fingerprint: givenOf(first).fingerprint })]);
  });

  it('has no authorities where nobody speaks TLS, whatever stands in the file', () => {
    const [first] = roots();
    const config = { listeners: [open], trustedCertificates: [first.certificate], caGeneration: 2 };
    expect(wantedOf(settingsOf(config)).trust).toEqual({ signer: null, furtherSigners: [], trusted: [], clients: [] });
  });
});

describe('what a delivery wants', () => {
  const both = { ...named, devices: ['a'], listeners: [open, { ...secured, ...mutual, clients: 'devices' }] };

  it('is what the stack file wants, with everything known', () => {
    const keys = newMade();
    const settings = settingsOf(both);
    const [forecast, delivered] = [wantedOf(settings), wantedByDelivery(settings, keys)];
    const { accounts, credentials, secretId, trust, terms, ...same } = delivered;
    expect(forecast).toMatchObject(same);
    expect(accounts).toEqual([...forecast.accounts, ['aipi_verify', 1]]);
    expect(knownOr(credentials, []).map(({ username }) => username)).toEqual([
      'aisa_server',
      'aisa_rpi',
      'aipi_verify',
    ]);
    expect(secretId).toMatch(/^[0-9a-f]{16}$/);
    const authority = (name: string) => ({ name, fingerprint: fingerprintFor(keys, name) });
    expect(trust).toEqual({
      signer: authority('ca-1'),
      furtherSigners: [],
      trusted: [authority('ca-1')],
      clients: [authority('devices-ca-1')],
    });
    expect(Object.keys(knownOr(terms, {}))).toEqual(['ca-1', 'devices-ca-1']);
  });

  it('tells root secrets apart, and has none without a listener for devices', () => {
    const ids = ['r', 's'].map((letter) =>
      knownOr(wantedByDelivery(settingsOf(both), { ...newMade(), rootSecret: letter.repeat(43) }).secretId, ''),
    );
    expect(new Set(ids).size).toBe(2);
    const plain = deliveryOf(settingsOf({ listeners: [open] }), newMade());
    expect(wantedBy(plain, null)).toMatchObject({ devices: null, secretId: unknown, maxRevokedDevicesPercent: 0 });
  });

  it('leaves an authority without a name that stands in no list', () => {
    const delivery = deliveryOf(settingsOf(both), newMade());
    const unnamed = { ...delivery, plan: { ...delivery.plan, terms: {} } };
    expect(namesOf(unnamed)).toEqual({});
    expect(wantedBy(unnamed, []).trust.signer).toEqual({ name: undefined, fingerprint: expect.any(String) });
  });
});

describe('an authority from elsewhere', () => {
  it('is met in the same way by a preview and by a delivery, in every step of a rollover to it', async () => {
    const [first] = roots();
    const keys = newMade();
    const base = { ...named, devices: [], listeners: [open, { ...secured, clients: 'devices' }] };
    const given = { caCertificate: first.certificate, caPrivateKey: first.privateKey };
    const steps: Config[] = [
      {},
      { trustedCertificates: [first.certificate] },
      { ...given, trustedCaGenerations: [1] },
      { ...given, trustedCaGenerations: [] },
    ];
    let files = await deliver({}, settingsOf({ ...base, ...steps[0] }), keys);
    for (const step of steps.slice(1)) {
      const settings = settingsOf({ ...base, ...step });
      const observed = { ...nothingObserved, now: Date.now() };
      const [forecast, decision] = [forecastOf(files, settings, observed), decisionOf(files, settings, keys, observed)];
      expect(forecast.problems).toEqual([]);
      expect(decision.problems).toEqual([]);
      expect(forecast.authorities).toEqual(decision.authorities);
      expect(decision.authorities).not.toEqual([]);
      files = await deliver(files, settings, keys);
      expect(forecastOf(files, settings)).toMatchObject({ problems: [], authorities: [] });
    }
  });
});
