import { asksReports, decide } from '../../change/decide';
import { recordsIn } from '../../change/records';
import { unknown } from '../../change/unknown';
import { type BrokerFiles, fileNames } from '../../mosquitto/files';
import { problemWords } from '../../mosquitto/problem';
import { wantedOf } from '../../settings/wanted';
import {
  decisionOf,
  deliver,
  fingerprintFor,
  forecastOf,
  type Made,
  newMade,
  nothingObserved,
  wantedByDelivery,
} from './deliveries';
import { type Config, settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

const open = { port: 1883, bindAddress: '127.0.0.1' };
const secured = { port: 8883, bindAddress: '0.0.0.0', tls: true };
const mutual = { requireCertificate: true, useIdentityAsUsername: true };
const stacks: Record<string, Config> = {
  plain: { listeners: [open], devices: [] },
  devices: { listeners: [open, { port: 1884, bindAddress: '127.0.0.1', clients: 'devices' }], devices: ['a', 'b'] },
  secured: { listeners: [open, { ...secured, clients: 'devices' }], devices: ['a', 'b'], dnsNames: ['broker.example'] },
  mutual: {
    listeners: [open, { ...secured, clients: 'devices', ...mutual }, { ...secured, port: 8884, ...mutual }],
    devices: ['a', 'b'],
    dnsNames: ['broker.example'],
  },
};
const names = Object.keys(stacks);

const read = (name: string, changes: Config = {}) => settingsOf({ ...stacks[name], ...changes });
const wordsOf = ({ problems }: ReturnType<typeof forecastOf>) => problems.map(problemWords);

/** What a preview and a delivery say of the same change. */
function both(deployed: BrokerFiles, name: string, changes: Config, made: Made, observed = nothingObserved) {
  const settings = read(name, changes);
  return [forecastOf(deployed, settings, observed), decisionOf(deployed, settings, made, observed)] as const;
}

const reportsFrom = (ids: readonly string[], trusted: readonly string[], issuer: string | null = null) =>
  new Map(ids.map((id) => [id, { generation: 1, trusted: [...trusted], issuer, certificateExpires: null }]));

describe.each(names)('a broker of the stack "%s"', (name) => {
  it('is new where nothing is deployed: everything is added, nothing changes, and nobody leaves', () => {
    for (const decision of both({}, name, {}, newMade())) {
      expect(decision).toMatchObject({ problems: [], isFirst: true, leaving: [], authorities: [], restart: [] });
      expect(decision.evicted.flatMap(({ names: left }) => left)).toEqual([]);
      const added = name === 'plain' ? null : { added: ['a', 'b'], revoked: [], rotated: [], reassigned: [] };
      expect(decision.fleet).toEqual(added);
    }
  });

  it('that was delivered just so has nothing to change', async () => {
    const made = newMade();
    const deployed = await deliver({}, read(name), made);
    for (const decision of both(deployed, name, {}, made)) {
      expect(decision).toMatchObject({ problems: [], isFirst: false, leaving: [], authorities: [], restart: [] });
      expect(decision.evicted.flatMap(({ names: left }) => left)).toEqual([]);
      expect(Object.values(decision.fleet ?? {}).flat()).toEqual([]);
    }
  });

  it('lets everybody stay whose password stays, as soon as passwords are known', async () => {
    const made = newMade();
    const deployed = await deliver({}, read(name), made);
    const [forecast, decision] = both(deployed, name, {}, made);
    expect(forecast).toMatchObject({ staying: unknown, secretStays: unknown });
    expect(decision.staying).toEqual(['aisa_server', 'aisa_rpi', 'aipi_verify']);
    expect(decision.secretStays).toBe(name === 'plain' ? unknown : true);
    made.passwords.set('aisa_rpi', 'another one');
    expect(decisionOf(deployed, read(name), made).staying).toEqual(['aisa_server', 'aipi_verify']);
  });

  it('is decided without anything secret', async () => {
    const made = newMade();
    const deployed = await deliver({}, read(name), made);
    for (const before of [{}, deployed]) {
      const text = JSON.stringify(both(before, name, {}, made));
      expect(text).not.toMatch(/password of|PRIVATE KEY|rrrrrr/);
    }
  });
});

describe('devices', () => {
  const made = newMade();
  let deployed: BrokerFiles;

  beforeAll(async () => {
    deployed = await deliver({}, read('devices', { devices: ['a', { id: 'b', generation: 3 }, 'c'] }), made);
  });

  it('are told apart by what becomes of them', () => {
    const devices = ['new', { id: 'b', generation: 4 }, { id: 'c', role: 'gateway' }];
    const roles = ['device', 'gateway'].map((role) => ({ name: role, topics: ['write device/{id}/data'] }));
    for (const decision of both(deployed, 'devices', { devices, roles }, made)) {
      expect(decision.fleet).toEqual({ added: ['new'], revoked: ['a'], rotated: ['b'], reassigned: ['c'] });
      expect(decision.leaving).toEqual(['a', 'b']);
      expect(decision.problems).toEqual([]);
    }
  });

  it.each<[string, Config, string]>([
    [
      'too many that leave',
      { devices: [], maxRevokedDevicesPercent: 50 },
      'devices: this would revoke all 3 deployed devices (a, b, c), and maxRevokedDevicesPercent is 50; ' +
        'put them back, or allow it for this once with maxRevokedDevicesPercent: 100',
    ],
    [
      'a generation that goes back',
      { devices: ['a', { id: 'b', generation: 2 }, 'c'] },
      'devices: b: generation 2 is behind the deployed 3, and a replaced password must not come back; ' +
        'write generation: 3 or more',
    ],
  ])('are refused for %s, with the place and the remedy', (_, changes, words) => {
    for (const decision of both(deployed, 'devices', changes, made)) expect(wordsOf(decision)).toEqual([words]);
  });

  it('do not come back with a password that was revoked', async () => {
    const next = await deliver(deployed, read('devices', { devices: ['a', 'c'] }), made);
    for (const decision of both(next, 'devices', { devices: ['a', { id: 'b', generation: 3 }, 'c'] }, made)) {
      expect(wordsOf(decision)).toEqual([
        'devices: b: was revoked at generation 3, and its password must not come back; write generation: 4',
      ]);
    }
  });

  it('all get another password with another root secret, which only a delivery knows', () => {
    const other = { ...made, rootSecret: 's'.repeat(43) };
    const [forecast, decision] = both(deployed, 'devices', { devices: ['a', 'b', 'c'] }, other);
    // The deployed generation of b counts for the same root secret alone.
    expect(decision).toMatchObject({ secretStays: false, problems: [], leaving: ['a', 'b', 'c'] });
    expect(decision.fleet?.rotated).toEqual(['a', 'b', 'c']);
    expect(forecast).toMatchObject({ secretStays: unknown });
    expect(forecast.fleet?.rotated).toEqual(['b']);
  });

  it('are nobody where no listener is for them, and what is known of them waits for the next one', async () => {
    for (const decision of both(deployed, 'plain', {}, made)) {
      expect(decision).toMatchObject({ fleet: null, leaving: [], problems: [] });
      expect(decision.restart).not.toEqual([]);
    }
    const without = await deliver(deployed, read('plain'), made);
    expect(without[fileNames.fleet]).toBe(deployed[fileNames.fleet]);
    expect(without[fileNames.devicePasswords]).toBeUndefined();
    for (const decision of both(without, 'devices', { devices: ['a', 'c'] }, made)) {
      expect(decision.fleet).toEqual({ added: [], revoked: ['b'], rotated: [], reassigned: [] });
    }
  });
});

describe('lines that only a restart applies', () => {
  it('are named as they change', async () => {
    const made = newMade();
    const deployed = await deliver({}, read('plain'), made);
    for (const decision of both(deployed, 'plain', { maxConnections: 20, maxQueuedMessages: 7 }, made)) {
      expect(decision.restart).toEqual([
        expect.stringMatching(/^- global_max_connections /),
        '- max_queued_messages 50000',
        '+ global_max_connections 20',
        '+ max_queued_messages 7',
      ]);
    }
  });
});

describe('certificates of clients', () => {
  const made = newMade();
  let deployed: BrokerFiles;

  beforeAll(async () => {
    deployed = await deliver({}, read('mutual'), made);
  });

  it('are evicted with the generation that they are of, by kind', () => {
    const accounts = [
      { username: 'aisa_server', topics: ['readwrite #'], generation: 2 },
      { username: 'other', topics: ['read x'] },
    ];
    for (const decision of both(deployed, 'mutual', { accounts, devices: ['b'] }, made)) {
      expect(decision.evicted).toEqual([
        { kind: 'accounts', names: ['aisa_rpi', 'aisa_server'] },
        { kind: 'devices', names: ['a'] },
      ]);
      expect(Object.keys(decision.issued)).toEqual(['accounts', 'devices']);
    }
  });

  it('are evicted once', async () => {
    const left = await deliver(deployed, read('mutual', { devices: ['b'] }), made);
    for (const decision of both(left, 'mutual', { devices: ['b', 'c'] }, made)) {
      expect(decision.evicted.flatMap(({ names: gone }) => gone)).toEqual([]);
      expect(decision.issued.devices?.revoked).toContainEqual(['a', 1]);
    }
  });

  it('are those of every account, that of verification among them', () => {
    const present = [
      ['aipi_verify', 1],
      ['aisa_rpi', 1],
      ['aisa_server', 1],
    ];
    for (const { issued } of both(deployed, 'mutual', {}, made)) expect(issued.accounts?.present).toEqual(present);
  });

  it('of accounts do not come back', async () => {
    const later = [{ username: 'aisa_server', topics: ['readwrite #'], generation: 4 }];
    const next = await deliver(deployed, read('mutual', { accounts: later }), made);
    const earlier = [{ username: 'aisa_server', topics: ['readwrite #'], generation: 3 }];
    for (const decision of both(next, 'mutual', { accounts: earlier }, made)) {
      expect(wordsOf(decision)).toEqual([
        'accounts: aisa_server: generation 3 is behind 4, and its certificates must not come back; write 4 or more',
      ]);
    }
  });

  it('are nobody’s business where no listener asks for them, and are remembered', async () => {
    for (const decision of both(deployed, 'secured', { devices: ['b'] }, made)) {
      expect(decision).toMatchObject({ issued: {}, evicted: [] });
    }
    const without = await deliver(deployed, read('secured', { devices: ['b'] }), made);
    expect(recordsIn(without).issued).toEqual(recordsIn(deployed).issued);
    for (const { evicted } of both(without, 'mutual', { devices: ['b'] }, made)) {
      expect(evicted).toContainEqual({ kind: 'devices', names: ['a'] });
    }
  });
});

describe('the clock', () => {
  const made = newMade();
  const run = 'container 2026-05-31T00:00:00.000Z';
  const now = Date.parse('2026-06-01T00:00:00Z');
  const clock = { run, ageSeconds: 86_400, time: now };

  it('is wrong before a certificate begins', () => {
    const early = { ...nothingObserved, now: Date.parse('2025-12-31T00:00:00Z') };
    expect(wordsOf(decisionOf({}, read('secured'), made, early))).toEqual([
      'the clock of this machine says 2025-12-31T00:00:00.000Z, and certificate ca-1 begins at ' +
        '2026-01-01T00:00:00.000Z; set the clock',
    ]);
    // What no preview can know.
    expect(forecastOf({}, read('secured'), early).problems).toEqual([]);
  });

  it('is wrong where it was moved while the broker ran', async () => {
    const deployed = await deliver({}, read('plain'), made, { ...nothingObserved, clock, now });
    const decided = (hours: number) => {
      const later = { run, ageSeconds: 90_000, time: now + 3_600_000 + hours * 3_600_000 };
      return wordsOf(decisionOf(deployed, read('plain'), made, { ...nothingObserved, clock: later, now: later.time }));
    };
    expect(decided(0)).toEqual([]);
    expect(decided(5)).toEqual([expect.stringContaining('was moved forward by 5 hours while the broker ran')]);
    expect(decided(-5)).toEqual([expect.stringContaining('was moved back by 5 hours while the broker ran')]);
  });

  it('is told by the start of the broker where nothing was noted', () => {
    const moved = { ...clock, time: Date.parse('2029-06-01T00:00:00Z') };
    const observed = { ...nothingObserved, clock: moved, now: moved.time };
    expect(wordsOf(decisionOf({}, read('plain'), made, observed))).toEqual([
      expect.stringContaining('was moved forward by 1096 days'),
    ]);
    const unreadable = { ...nothingObserved, clock: { ...moved, run: 'container' }, now: moved.time };
    expect(decisionOf({}, read('plain'), made, unreadable).problems).toEqual([]);
  });
});

describe('certificate authorities', () => {
  const made = newMade();
  const first = { trustedCaGenerations: [1] };
  const joined = { trustedCaGenerations: [1, 2] };
  const signing = { caGeneration: 2, trustedCaGenerations: [1, 2] };
  const last = { caGeneration: 2, trustedCaGenerations: [2] };
  let old: string;
  let fresh: string;
  let deployed: Record<'first' | 'joined' | 'signing', BrokerFiles>;

  beforeAll(async () => {
    [old, fresh] = [fingerprintFor(made, 'ca-1'), fingerprintFor(made, 'ca-2')];
    deployed = {
      first: await deliver({}, read('secured', first), made),
      joined: await deliver({}, read('secured', joined), made),
      signing: await deliver({}, read('secured', signing), made),
    };
  });

  it.each<['first' | 'joined' | 'signing', Config, string[]]>([
    ['first', joined, ['Bundles will hold the certificate authority ca-2; hand them out, it does not sign yet']],
    ['joined', signing, ['The server certificate will be signed by ca-2 (now ca-1); who does not trust it is cut off']],
    ['signing', last, ['The certificate authority ca-1 is retired: new bundles do not hold it']],
    ['joined', first, ['The certificate authority ca-2 is retired: new bundles do not hold it']],
  ])('change after "%s" by %j in words', (phase, changes, words) => {
    const observed = { ...nothingObserved, reports: reportsFrom(['a', 'b'], [old, fresh]) };
    for (const decision of both(deployed[phase], 'secured', changes, made, observed)) {
      expect(decision).toMatchObject({ problems: [], authorities: words });
    }
  });

  it.each<['first' | 'joined', Config, string]>([
    ['first', signing, 'signed by a certificate authority (ca-2) that no bundle holds yet'],
    ['first', last, 'signed by a certificate authority (ca-2) that no bundle holds yet'],
    ['joined', last, 'the old certificate authority (ca-1) would be retired in the step in which the new one (ca-2)'],
  ])('are refused after "%s" by %j, and no device is asked', (phase, changes, words) => {
    const settings = read('secured', changes);
    for (const wanted of [wantedOf(settings), wantedByDelivery(settings, made)]) {
      expect(asksReports(deployed[phase], wanted)).toBe(false);
      for (const reports of [unknown, new Map()] as const) {
        const { problems } = decide(deployed[phase], wanted, { ...nothingObserved, reports });
        expect(problems.map(problemWords)).toEqual([expect.stringContaining(words)]);
      }
    }
  });

  it('ask devices what they have, and say once that they cannot be asked', () => {
    const settings = read('secured', signing);
    for (const wanted of [wantedOf(settings), wantedByDelivery(settings, made)]) {
      expect(asksReports(deployed.joined, wanted)).toBe(true);
      const { problems } = decide(deployed.joined, wanted, { ...nothingObserved, reports: unknown });
      expect(problems.map(problemWords)).toEqual([
        'the running broker knows which bundles devices have, and cannot be asked; start it, then run up again',
      ]);
    }
  });

  it('ask nobody where there is no device, nor where none is cut off', () => {
    const empty = read('secured', { ...signing, devices: [] });
    for (const [phase, settings] of [
      ['joined', empty],
      ['first', read('secured', joined)],
      ['first', read('secured')],
    ] as const) {
      for (const wanted of [wantedOf(settings), wantedByDelivery(settings, made)]) {
        expect(asksReports(deployed[phase], wanted)).toBe(false);
        expect(
          decide(
            deployed[phase],
            { ...wanted, maxRevokedDevicesPercent: 100 },
            { ...nothingObserved, reports: unknown },
          ).problems,
        ).toEqual([]);
      }
    }
  });

  it('count devices by what they reported, full or cut short', () => {
    const step = (reports: ReturnType<typeof reportsFrom>, changes: Config = {}) =>
      both(deployed.joined, 'secured', { ...signing, ...changes }, made, { ...nothingObserved, reports }).map(wordsOf);
    const said = [expect.stringContaining('this would cut off 1 of 2 devices')];
    for (const authority of [fresh, fresh.slice(0, 16)]) {
      expect(step(reportsFrom(['a', 'b'], [authority]))).toEqual([[], []]);
      expect(step(reportsFrom(['a'], [authority]))).toEqual([said, said]);
      expect(step(reportsFrom(['a'], [authority]), { maxUnreachedDevicesPercent: 50 })).toEqual([[], []]);
    }
  });

  it('of devices are retired in words, after the devices were asked', async () => {
    const other = newMade();
    const two = { trustedClientCaGenerations: [1, 2], clientCaGeneration: 2 };
    const files = await deliver({}, read('mutual', two), other);
    const next = { trustedClientCaGenerations: [2], clientCaGeneration: 2 };
    const reports = reportsFrom(['a', 'b'], [fingerprintFor(other, 'ca-1')], fingerprintFor(other, 'devices-ca-2'));
    for (const decision of both(files, 'mutual', next, other, { ...nothingObserved, reports })) {
      expect(decision).toMatchObject({
        problems: [],
        authorities: ['Certificates of devices from devices-ca-1 will no longer be accepted'],
      });
    }
    for (const decision of both(files, 'mutual', next, other)) expect(decision.problems).toHaveLength(1);
  });

  it('that somebody wrote into the record, or put beside it, are no reason to refuse what takes them away', async () => {
    const made = newMade();
    const deployed = await deliver({}, read('mutual'), made);
    const record = JSON.parse(deployed[fileNames.trust] ?? '');
    const invented = { ...record, signer: '00', trusted: ['00'], clients: ['00'] };
    const { certificate: other } = selfSigned();
    for (const files of [
      { ...deployed, [fileNames.trust]: JSON.stringify(invented) },
      { ...deployed, [fileNames.trust]: JSON.stringify({ ...invented, names: {} }) },
      { ...deployed, [fileNames.certificateAuthority]: other },
    ]) {
      for (const decision of both(files, 'mutual', {}, made)) {
        expect(wordsOf(decision)).toEqual([]);
        expect(decision.authorities).toEqual([]);
      }
    }
  });

  it('that were made anew under the same name are others', () => {
    const other = { ...made, identities: new Map(made.identities).set('ca-1', selfSigned()) };
    const decision = decisionOf(deployed.first, read('secured', first), other);
    expect(fingerprintFor(other, 'ca-1')).not.toBe(old);
    expect(wordsOf(decision)).toEqual([
      expect.stringContaining('signed by a certificate authority (ca-1) that no bundle holds yet'),
    ]);
    expect(decision.authorities).toContain(
      'The server certificate will be signed by ca-1 (now ca-1); who does not trust it is cut off',
    );
  });

  it('of devices that were made anew under the same name are others', async () => {
    const files = await deliver({}, read('mutual'), made);
    const other = { ...made, identities: new Map(made.identities).set('devices-ca-1', selfSigned()) };
    const decision = decisionOf(files, read('mutual'), other);
    expect(decision.problems).toHaveLength(1);
    expect(decision.authorities).toEqual(['Certificates of devices from devices-ca-1 will no longer be accepted']);
  });

  it('are of no matter to a broker that gives TLS up', () => {
    for (const decision of both(deployed.first, 'devices', {}, made)) {
      expect(decision).toMatchObject({ problems: [], authorities: [] });
    }
  });
});
