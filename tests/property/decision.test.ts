/**
 * Laws of the one decision, over histories of stack files: what was delivered just so has nothing to change; a preview
 * and a delivery of the same stack file say the same, as far as a preview can know; nothing secret is said.
 *
 * They do not prove that a broker does what was decided.
 */

import fc from 'fast-check';
import type { BundleReport } from '../../certificates/trust';
import { asksReports, type Decision, decide, type Observed } from '../../change/decide';
import { recordsIn } from '../../change/records';
import { unknown } from '../../change/unknown';
import type { Wanted } from '../../change/wanted';
import { type BrokerFiles, fileNames } from '../../mosquitto/files';
import type { Settings } from '../../settings';
import { wantedOf } from '../../settings/wanted';
import { deliver, fingerprintFor, type Made, newMade, nothingObserved, wantedByDelivery } from '../unit/deliveries';
import { cleanUp, type Identity, intermediateExtensions, issue, newRoot, serverExtensions } from '../unit/openssl';
import { type Config, settingsOf } from '../unit/rawConfig';

const ids = ['a', 'b', 'c', 'pi-1', 'constructor'];

const listeners = fc.constantFrom<Config[]>(
  [],
  [{ port: 1884, clients: 'devices', bindAddress: '127.0.0.1' }],
  [{ port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices' }],
  [
    { port: 8883, bindAddress: '0.0.0.0', tls: true, clients: 'devices', requireCertificate: true },
    { port: 8884, bindAddress: '0.0.0.0', tls: true, requireCertificate: true },
  ],
);

const devices = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...ids),
    generation: fc.integer({ min: 1, max: 3 }),
    role: fc.constantFrom('device', 'gateway'),
  }),
  { selector: ({ id }) => id, maxLength: ids.length },
);

const accounts = fc.uniqueArray(
  fc.record({
    username: fc.constantFrom('aisa_server', 'alice', 'bob'),
    topics: fc.subarray(['read x', 'write y/+']),
    generation: fc.integer({ min: 1, max: 3 }),
  }),
  { selector: ({ username }) => username, minLength: 1 },
);

const generations = fc
  .subarray([1, 2, 3], { minLength: 1 })
  .chain((trusted) => fc.tuple(fc.constantFrom(...trusted), fc.constant(trusted)));

/** Certificates from elsewhere: two roots, of which the old one has signed the other as well. */
function elsewhere(): Config[] {
  const [old, fresh] = [newRoot('/CN=Old'), newRoot('/CN=Fresh')];
  const { privateKey } = fresh;
  const crossed = issue({ privateKey, subject: '/CN=Fresh', extensions: intermediateExtensions, issuer: old });
  const server = (issuer: Identity, behind = ''): Config => {
    const leaf = issue({ subject: '/CN=leaf', extensions: serverExtensions, issuer });
    return { serverCertificate: leaf.certificate + behind, serverPrivateKey: leaf.privateKey };
  };
  const [byOld, byBoth] = [server(old), server(fresh, crossed.certificate)];
  const authority = { caCertificate: fresh.certificate + crossed.certificate, caPrivateKey: fresh.privateKey };
  const trusting = (...roots: Identity[]): Config => ({ trustedCertificates: roots.map((each) => each.certificate) });
  return [
    trusting(old),
    ...[byOld, byBoth, authority].flatMap((given) => [
      { ...given, ...trusting(old) },
      { ...given, ...trusting(fresh, old) },
    ]),
  ];
}

const given = fc.oneof({ weight: 3, arbitrary: fc.constant<Config>({}) }, fc.constantFrom(...elsewhere()));

afterAll(cleanUp);

const stack: fc.Arbitrary<Settings> = fc
  .record({
    further: listeners,
    devices,
    accounts,
    own: generations,
    clients: generations,
    percent: fc.nat(100),
    given,
  })
  .map(({ further, devices: fleet, accounts: users, own, clients, percent, given: others }) =>
    settingsOf({
      ...others,
      dnsNames: ['broker.example'],
      listeners: [{ port: 1883, bindAddress: '127.0.0.1' }, ...further],
      devices: further.length === 0 ? [] : fleet,
      accounts: users,
      roles: ['device', 'gateway'].map((name) => ({ name, topics: [`write ${name}/{id}`] })),
      caGeneration: own[0],
      trustedCaGenerations: own[1],
      clientCaGeneration: clients[0],
      trustedClientCaGenerations: clients[1],
      maxRevokedDevicesPercent: percent,
      maxUnreachedDevicesPercent: 100 - percent,
    }),
  );

/** One set of certificates for all tries: making them takes longer than deciding. */
const made: Made = newMade();

/** Reports of some devices, by the full fingerprints or by the beginnings of them. */
const reports: fc.Arbitrary<ReadonlyMap<string, BundleReport>> = fc
  .array(
    fc.record({
      id: fc.constantFrom(...ids),
      trusted: fc.option(fc.subarray(['ca-1', 'ca-2', 'ca-3'])),
      issuer: fc.option(fc.constantFrom('devices-ca-1', 'devices-ca-2', 'devices-ca-3')),
      length: fc.constantFrom(16, 64),
    }),
  )
  .map(
    (all) =>
      new Map(
        all.map(({ id, trusted, issuer, length }) => {
          const said = (name: string) => fingerprintFor(made, name).slice(0, length);
          const report = { generation: 1, trusted: trusted?.map(said) ?? null, issuer: issuer && said(issuer) };
          return [id, { ...report, certificateExpires: null }];
        }),
      ),
  );

const observed = (known: Observed['reports']): Observed => ({ ...nothingObserved, reports: known });

/** What is deployed after each of them was delivered. */
async function delivered(steps: readonly Settings[]): Promise<BrokerFiles> {
  let files: BrokerFiles = {};
  for (const settings of steps) files = await deliver(files, settings, made);
  return files;
}

const history = fc.array(stack, { maxLength: 1 });

/** Lists of the revoked are signed for each try. */
jest.setTimeout(60_000);

/** Both ways to want the same: before the engine has made anything, and afterwards. */
const wantedBoth = (settings: Settings): [Wanted, Wanted] => [wantedOf(settings), wantedByDelivery(settings, made)];

/** What of a decision a preview can know, too. */
function foreseeable(decision: Decision) {
  const { staying, secretStays, ...rest } = decision;
  return { ...rest, staying: staying === unknown, secretStays: secretStays === unknown } as const;
}

it('what was delivered just so has nothing to change, whatever was there before', async () => {
  await fc.assert(
    fc.asyncProperty(history, stack, reports, async (steps, settings, said) => {
      const files = await delivered([...steps, settings]);
      for (const wanted of wantedBoth(settings)) {
        expect(asksReports(files, wanted)).toBe(false);
        const decision = decide(files, wanted, observed(said));
        expect(decision).toMatchObject({ problems: [], isFirst: false, leaving: [], authorities: [], restart: [] });
        expect(Object.values(decision.fleet ?? {}).flat()).toEqual([]);
        expect(decision.evicted.flatMap(({ names }) => names)).toEqual([]);
        if (decision.staying !== unknown) expect(decision.staying).toContain('aipi_verify');
      }
      const { [fileNames.acl]: _, ...again } = await deliver(files, settings, made);
      const { [fileNames.acl]: __, ...before } = files;
      // Rules for who left are there once alone.
      expect(again).toEqual(before);
    }),
    { numRuns: 25 },
  );
});

/** Without certificates of authorities that nothing has delivered yet: no device can have one of those. */
function possible(said: ReadonlyMap<string, BundleReport>, files: BrokerFiles): Map<string, BundleReport> {
  const deployed = recordsIn(files).trust?.clients ?? [];
  const isDeployed = (issuer: string | null) => issuer !== null && deployed.some((each) => each.startsWith(issuer));
  return new Map(
    [...said].map(([id, report]) => [id, { ...report, issuer: isDeployed(report.issuer) ? report.issuer : null }]),
  );
}

it('a preview and a delivery say the same of the same stack file', async () => {
  await fc.assert(
    fc.asyncProperty(history, stack, fc.option(reports), async (steps, settings, said) => {
      const files = await delivered(steps);
      const known = said === null ? unknown : possible(said, files);
      const [forecast, decision] = wantedBoth(settings).map((wanted) => ({
        ...foreseeable(decide(files, wanted, observed(known))),
        asks: asksReports(files, wanted),
        staying: undefined,
        secretStays: undefined,
      }));
      expect(forecast).toEqual(decision);
    }),
    { numRuns: 50 },
  );
});

it('where nothing depends on what devices say, it does not matter; else there is one problem without them', async () => {
  await fc.assert(
    fc.asyncProperty(history, stack, reports, async (steps, settings, said) => {
      const files = await delivered(steps);
      for (const wanted of wantedBoth(settings)) {
        const [asked, silent, other] = [said, null, new Map()].map((known) =>
          decide(files, wanted, observed(known ?? unknown)),
        );
        if (!asksReports(files, wanted)) {
          expect(silent).toEqual(asked);
          expect(other).toEqual(asked);
          continue;
        }
        const told = (decision: Decision | undefined) =>
          decision?.problems.filter(({ path, says }) => path === undefined && says.includes('bundles')) ?? [];
        expect(told(silent)).toHaveLength(1);
        expect(told(asked).length).toBeLessThanOrEqual(1);
        expect({ ...silent, problems: [] }).toEqual({ ...asked, problems: [] });
      }
    }),
    { numRuns: 50 },
  );
});

it('who leaves was there, who is added was not, and each is told once', async () => {
  await fc.assert(
    fc.asyncProperty(stack, stack, async (first, settings) => {
      const files = await delivered([first]);
      const { fleet, leaving } = decide(files, wantedByDelivery(settings, made), nothingObserved);
      fc.pre(fleet !== null);
      const [before, now] = [first.devices, settings.devices].map(
        (list) => new Map(list.map((each) => [each.id, each])),
      );
      const changed = [...(now ?? [])].filter(([id, { generation }]) => {
        const old = before?.get(id);
        return old !== undefined && old.generation !== generation;
      });
      const gone = [...(before ?? [])].filter(([id]) => !now?.has(id));
      expect([...leaving].sort()).toEqual([...gone, ...changed].map(([id]) => id).sort());
      expect(fleet?.added).toEqual([...(now?.keys() ?? [])].filter((id) => !before?.has(id)).sort());
    }),
    { numRuns: 50 },
  );
});

it('nothing secret is in a decision', async () => {
  await fc.assert(
    fc.asyncProperty(history, stack, fc.option(reports), async (steps, settings, said) => {
      const files = await delivered(steps);
      const [, wanted] = wantedBoth(settings);
      const text = JSON.stringify(decide(files, wanted, observed(said ?? unknown)));
      expect(text).not.toContain(made.rootSecret);
      expect(text).not.toMatch(/password of|PRIVATE KEY/);
    }),
    { numRuns: 25 },
  );
});

it('damaged records stop no decision, and a delivery after them mends them', async () => {
  const name = fc.constantFrom(fileNames.fleet, fileNames.trust, fileNames.issued);
  const text = fc.oneof(fc.json(), fc.string(), fc.constantFrom('null', '[]', '{}', '{"devices":[[]]}'));
  await fc.assert(
    fc.asyncProperty(stack, stack, name, text, async (first, settings, damaged, rubbish) => {
      const files = { ...(await delivered([first])), [damaged]: rubbish };
      for (const wanted of wantedBoth(settings)) decide(files, wanted, nothingObserved);
      const mended = await deliver(files, settings, made);
      for (const wanted of wantedBoth(settings)) {
        expect(decide(mended, wanted, nothingObserved)).toMatchObject({ problems: [], leaving: [], authorities: [] });
      }
    }),
    { numRuns: 30 },
  );
});
