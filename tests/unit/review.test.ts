import { z } from 'zod';
import type { Terms } from '../../review/decision';
import { type Review, reviewForm } from '../../review/form';
import reviewSchema from '../../review/review.schema.json';
import { cleanUp, type Identity, intermediateExtensions, issue, newRoot } from './openssl';
import type { Config } from './rawConfig';
import { lasting, reviewFrom } from './reviews';

const tls = { port: 8883, bindAddress: '0.0.0.0', tls: true };
const local = { port: 1883, bindAddress: '127.0.0.1' };
const ofDevices = { port: 8884, bindAddress: '0.0.0.0', tls: true, clients: 'devices' };
const stack: Config = {
  listeners: [local, tls, ofDevices],
  dnsNames: ['broker.example'],
  devices: ['pi-1', 'pi-2', 'pi-3', 'pi-4'],
  maxRevokedDevicesPercent: 100,
};
const other = (changes: Config) => reviewFrom(stack, { ...stack, ...changes });
afterAll(cleanUp);

const levelsOf = (changes: Config) => other(changes).levels.map(({ level }) => level);

it('has a published form', () => {
  expect(z.toJSONSchema(reviewForm)).toEqual(reviewSchema);
  expect(reviewForm.parse(JSON.parse(JSON.stringify(other({ devices: [] }))))).toBeDefined();
});

describe('the verdict', () => {
  it('is no change for the same stack file', () => {
    expect(other({}).verdict).toMatchObject({ isChange: false, sentence: 'No changes: nobody is disconnected.' });
  });

  it('is a first deployment where nothing is deployed', () => {
    expect(reviewFrom(undefined, stack).verdict.sentence).toBe('A first deployment: nobody is connected yet.');
  });

  it('is nobody where a device is added or gets another role', () => {
    const roles = [
      { name: 'device', topics: ['read a'] },
      { name: 'sensor', topics: ['read b'] },
    ];
    const moved = reviewFrom(
      { ...stack, roles },
      { ...stack, roles, devices: ['pi-1', 'pi-2', 'pi-3', { id: 'pi-4', role: 'sensor' }, 'pi-5'] },
    );
    expect(moved.verdict).toMatchObject({ disconnected: 'nobody', sentence: 'Nobody is disconnected.' });
    expect(moved.devices).toMatchObject({
      added: ['pi-5'],
      reassigned: [{ id: 'pi-4', from: 'device', to: 'sensor' }],
    });
    expect(moved.access.map(({ kind, name, change, topic }) => [kind, name, change, topic])).toEqual([
      ['devices', 'device -> sensor', 'gained', 'b'],
      ['devices', 'device -> sensor', 'lost', 'a'],
    ]);
  });

  it('names who is put out', () => {
    const { verdict } = other({ devices: ['pi-1', 'pi-2', { id: 'pi-3', generation: 2 }] });
    expect(verdict).toMatchObject({ disconnected: 'some', who: ['pi-3', 'pi-4'] });
    expect(verdict.sentence).toBe('Nobody is disconnected but pi-3, pi-4.');
  });

  it('names accounts whose password changes, and those that are gone', () => {
    const accounts = [{ username: 'aisa_server', topics: ['readwrite #'], generation: 2 }];
    expect(other({ accounts }).verdict.who).toEqual(['aisa_rpi', 'aisa_server']);
    expect(other({ accounts }).accounts).toEqual({ added: [], removed: ['aisa_rpi'], rotated: ['aisa_server'] });
  });

  it('is everybody where only a restart applies it', () => {
    const { verdict } = other({ maxConnections: 500 });
    expect(verdict).toMatchObject({ disconnected: 'everybody', seconds: 2 });
    expect(verdict.because).toContain('+ global_max_connections 500');
    expect(other({ containerName: 'another' }).verdict.disconnected).toBe('everybody');
    expect(other({ image: 'eclipse-mosquitto:2.1.1' }).verdict.disconnected).toBe('everybody');
  });

  it('is every device where their root secret is another one', () => {
    const { verdict, bundles, irreversible, levels } = other({ deviceSecretGeneration: 2 });
    expect(verdict.who).toEqual(['pi-1', 'pi-2', 'pi-3', 'pi-4']);
    expect(bundles).toEqual(['every device gets a new password, from another root secret']);
    expect(irreversible).toEqual(['the root secret of all devices is replaced, and the one from before is gone']);
    expect(levels.map(({ level }) => level)).toContain('protected-replaced');
  });

  it('is a refusal where an update would be refused, and then nothing else is predicted', () => {
    const { verdict } = other({ devices: ['pi-1'], maxRevokedDevicesPercent: 20 });
    expect(verdict).toMatchObject({ isChange: true, disconnected: 'nobody' });
    expect(verdict.refused).toHaveLength(1);
    expect(verdict.sentence).toMatch(/^An update would be refused, and change nothing: devices: this would revoke/);
  });
});

describe('a level', () => {
  it('is none where nothing of it is so', () => {
    expect(levelsOf({ devices: ['pi-1', 'pi-2', 'pi-3', 'pi-4', 'pi-5'] })).toEqual([]);
  });

  it.each<[string, Config, string]>([
    ['#', { accounts: [{ username: 'aisa_rpi', topics: ['write #'] }] }, 'access-widened'],
    [
      'topics of more than one device, for an account',
      { accounts: [{ username: 'aisa_new', topics: ['read device/+/data'] }] },
      'access-widened',
    ],
    [
      'topics of other devices, for a role',
      { roles: [{ name: 'device', topics: ['write device/{id}/data', 'read device/+/data'] }] },
      'access-widened',
    ],
    ['the world', { firewall: ['0.0.0.0/0'] }, 'listener-opened'],
    ['no firewall', { listeners: [local, { ...tls, unfiltered: true }, ofDevices] }, 'listener-opened'],
    [
      'a port without TLS',
      { listeners: [local, { ...tls, tls: false, insecurePlaintext: true }, ofDevices] },
      'tls-weakened',
    ],
    ['a restart', { maxConnections: 500 }, 'everybody-disconnected'],
    ['half of the fleet', { devices: ['pi-1', 'pi-2'] }, 'fleet-shrinks'],
  ])('is met by %s', (_, changes, level) => {
    expect(levelsOf(changes)).toContain(level);
  });

  it('is met by a certificate that asks for something', () => {
    const review = reviewFrom(stack, stack, { terms: lasting('ca-1', 10) });
    expect(review.levels.map(({ level }) => level)).toEqual(['certificate-expires']);
    expect(review.certificates.list.find(({ name }) => name === 'ca-1')).toMatchObject({
      daysLeft: 10,
      outcome: 'stays',
    });
  });

  it.each<[string, Config, Config, string]>([
    [
      'a listener on another port that asks devices for no certificate',
      { listeners: [local, tls, { ...ofDevices, requireCertificate: true }] },
      { listeners: [local, tls, { ...ofDevices, port: 8885 }] },
      'mqtts-8885 asks devices for no certificate, which all others did',
    ],
    [
      'a certificate in the place of the password',
      { listeners: [local, tls, { ...ofDevices, requireCertificate: true }] },
      { listeners: [local, tls, { ...ofDevices, requireCertificate: true, useIdentityAsUsername: true }] },
      'mqtts-8884 no longer asks clients for a password beside their certificate',
    ],
  ])('of weaker TLS is met by %s', (_, before, after, why) => {
    const { levels } = reviewFrom({ ...stack, ...before }, { ...stack, ...after });
    expect(levels.find(({ level }) => level === 'tls-weakened')?.because).toEqual([why]);
  });

  it('of weaker TLS is not met by a listener for this machine alone, beside one that asks for certificates', () => {
    const asking = [local, { ...tls, requireCertificate: true }, ofDevices];
    const { levels } = reviewFrom(
      { ...stack, listeners: asking },
      { ...stack, listeners: [...asking, { ...local, port: 1999 }] },
    );
    expect(levels.map(({ level }) => level)).toEqual(['everybody-disconnected']);
  });

  it('fails where the stack file says so', () => {
    const failing = (failOn: string[]) =>
      other({ maxConnections: 500, review: { failOn } }).levels.filter(({ fails }) => fails);
    expect(failing([])).toEqual([]);
    expect(failing(['everybody-disconnected', 'drift'])).toHaveLength(1);
  });
});

describe('certificates', () => {
  it('are replaced with a name of the server, and nobody is disconnected', () => {
    const review = other({ dnsNames: ['other.example'] });
    expect(review.certificates.list.find(({ name }) => name === 'server')?.outcome).toBe('replaced');
    expect(review.verdict.disconnected).toBe('nobody');
    expect(review.bundles).toEqual(['host that devices connect to: other.example in place of broker.example']);
    expect(review.certificates.list.find(({ name }) => name === 'server')?.warning).toBe(
      'the certificate of the server no longer holds broker.example: who connects by it stays, and cannot come back',
    );
    const more = other({ dnsNames: ['broker.example', 'other.example'] });
    expect(more.certificates.list.find(({ name }) => name === 'server')).toMatchObject({
      outcome: 'replaced',
      warning: null,
    });
  });

  it('are renewed in their last days', () => {
    const review = reviewFrom(stack, stack, { terms: lasting('server', 10, 'update') });
    expect(review.certificates.list[0]).toMatchObject({
      name: 'server',
      daysLeft: 10,
      outcome: 'renewed',
      warning: null,
    });
    expect(review.verdict).toMatchObject({ isChange: true, disconnected: 'nobody' });
    expect(review.levels).toEqual([]);
  });

  it('are told by the steps of a rollover', () => {
    const review = other({ trustedCaGenerations: [1, 2] });
    expect(review.certificates.steps).toEqual([
      'Bundles will hold the certificate authority ca-2; hand them out, it does not sign yet',
    ]);
    expect(review.certificates.list.find(({ name }) => name === 'ca-2')?.outcome).toBe('made');
    expect(review.verdict.refused).toEqual([]);
    const refused = other({ caGeneration: 2, trustedCaGenerations: [2] });
    expect(refused.verdict.refused[0]).toContain('no bundle holds yet');
  });
});

describe('a certificate of the server', () => {
  const served = { ...stack, ipAddresses: [] };
  const outcomeOf = ({ certificates }: Review) => certificates.list.find(({ name }) => name === 'server')?.outcome;

  it('is replaced where another authority from elsewhere signs it, under the same root, too', () => {
    const root = newRoot();
    const order = { extensions: intermediateExtensions, issuer: root };
    const [one, two] = [issue({ subject: '/CN=One', ...order }), issue({ subject: '/CN=Two', ...order })];
    const by = ({ certificate, privateKey }: Identity) => ({
      ...served,
      caCertificate: certificate + root.certificate,
      caPrivateKey: privateKey,
    });
    const [rootOne, rootTwo] = [newRoot('/CN=A'), newRoot('/CN=B')];
    const byRoot = ({ certificate, privateKey }: Identity) => ({
      ...served,
      caCertificate: certificate,
      caPrivateKey: privateKey,
    });
    const { certificate } = rootTwo;
    expect(outcomeOf(reviewFrom(by(one), by(two)))).toBe('replaced');
    expect(outcomeOf(reviewFrom(by(one), by(one)))).toBe('stays');
    expect(
      outcomeOf(
        reviewFrom(
          { ...byRoot(rootOne), trustedCertificates: [certificate] },
          { ...byRoot(rootTwo), trustedCertificates: [rootOne.certificate] },
        ),
      ),
    ).toBe('replaced');
  });

  it('is renewed by as many hours before its end as are asked for now', () => {
    const early = (hours: number) => ({ ...stack, serverCertificateEarlyRenewalHours: hours });
    const of = (before: number, after: number) =>
      reviewFrom(early(before), early(after), { terms: lasting('server', 40, 'update') });
    expect(outcomeOf(of(720, 720))).toBe('stays');
    expect(outcomeOf(of(720, 1_000))).toBe('renewed');
    expect(of(720, 1_000).levels).toEqual([]);
  });

  it('asks for nothing where this change replaces it, or where the authority that is in its last days goes', () => {
    const elsewhere = { server: { ...lasting('server', 10).server, renewal: 'elsewhere' } } as Terms;
    expect(reviewFrom(stack, stack, { terms: elsewhere }).levels.map(({ level }) => level)).toEqual([
      'certificate-expires',
    ]);
    expect(
      reviewFrom(stack, { ...stack, dnsNames: ['broker.example', 'b.example'] }, { terms: elsewhere }).levels,
    ).toEqual([]);
    const retired = reviewFrom(
      { ...stack, caGeneration: 2, trustedCaGenerations: [1, 2] },
      { ...stack, caGeneration: 2 },
      { terms: lasting('ca-1', 10) },
    );
    expect(retired.levels).toEqual([]);
  });
});

describe('access', () => {
  const [own, admin] = [
    { name: 'device', topics: ['write d/{id}'] },
    { name: 'admin', topics: ['readwrite #'] },
  ];
  const of = (before: Config, after: Config) => reviewFrom({ ...stack, ...before }, { ...stack, ...after });
  const widenedBy = ({ levels }: Review) => levels.find(({ level }) => level === 'access-widened')?.because ?? [];
  const linesOf = ({ access }: Review) =>
    access.map(({ kind, name, change, topic }) => `${kind} ${name} ${change} ${topic}`);

  it('of a device that moves is that of its role before, whatever becomes of that role', () => {
    const one = { id: 'pi-1', role: 'old' };
    const renamed = of(
      { roles: [own, { name: 'old', topics: ['read b'] }], devices: [one] },
      { roles: [own, { name: 'new', topics: ['read b'] }], devices: [{ ...one, role: 'new' }] },
    );
    expect(linesOf(renamed)).toEqual(['role new gained b', 'role old lost b']);
    const hidden = of(
      { roles: [own, { name: 'old', topics: ['read b'] }, admin], devices: [one] },
      { roles: [own, { name: 'old', topics: ['readwrite #'] }, admin], devices: [{ ...one, role: 'admin' }] },
    );
    expect(widenedBy(hidden)).toContain('devices old -> admin gain read and write of everything (#)');
  });

  it('of a device that is added is widened by the role that it names', () => {
    const roles = [own, admin];
    const added = (role: string) =>
      of({ roles }, { roles, devices: [...(stack.devices as string[]), { id: 'pi-5', role }] });
    expect(widenedBy(added('admin'))).toEqual([
      'devices that are added as admin gain read and write of everything (#)',
    ]);
    expect(widenedBy(added('device'))).toEqual([]);
  });

  it('is widened by # also where some of it is denied, and no role says what belongs to devices', () => {
    const roles = [{ name: 'device', topics: ['read a'] }];
    const granted = (...topics: string[]) => ({ roles, accounts: [{ username: 'aisa_server', topics }] });
    expect(widenedBy(of(granted('read a'), granted('read +/#', 'deny z')))).toEqual([
      'the account aisa_server gains read of everything (#) that is not denied',
    ]);
    expect(widenedBy(of(granted('read #', 'deny z'), granted('read #', 'deny y')))).toEqual([]);
  });
});

it('says that devices cannot come back where no listener is for them any more', () => {
  const { bundles, levels } = other({ listeners: [local, tls], devices: [] });
  expect(bundles).toEqual(['no listener is for devices any more: none of them can come back']);
  expect(levels.find(({ level }) => level === 'fleet-shrinks')?.because).toEqual([
    '4 of 4 devices are gone, and maxFleetShrinkPercent is 10',
  ]);
});

it('says that another Docker engine has another broker', () => {
  expect(other({ dockerHost: 'ssh://admin@server' }).irreversible).toEqual([
    'another dockerHost, where it leads to another engine, starts another broker with empty volumes; the one from before goes on there, with its sessions and messages',
  ]);
});

it('says which certificates of accounts are no longer accepted', () => {
  const asking = { ...stack, listeners: [local, { ...tls, requireCertificate: true }, ofDevices] };
  const { certificates } = reviewFrom(asking, { ...asking, clientCaGeneration: 2 });
  expect(certificates.list.find(({ name }) => name === 'accounts-ca-1')).toMatchObject({
    outcome: 'retired',
    warning:
      'certificates of accounts from accounts-ca-1 are no longer accepted: who is connected stays, and cannot come back',
  });
  const { certificates: none } = reviewFrom(asking, stack);
  expect(none.list.find(({ name }) => name === 'accounts-ca-1')).toMatchObject({ outcome: 'retired', warning: null });
});

it('tells what an update or a review will let through from now on', () => {
  const { settings, verdict } = other({ maxCutOffClients: 9, review: { failOn: ['drift'] } });
  expect(verdict.sentence).toBe('Nobody is disconnected.');
  expect(settings).toEqual([
    { key: 'maxCutOffClients', before: '0', after: '9' },
    { key: 'review.failOn', before: '', after: 'drift' },
  ]);
  expect(other({ maxRevokedDevicesPercent: 20 }).settings).toHaveLength(1);
  expect(other({ maxUnreachedDevicesPercent: 20 }).settings).toHaveLength(1);
});

it('tells every other key by its name', () => {
  const { settings, image, live } = other({
    memoryLimitMebibytes: 600,
    logMaxFiles: 7,
    image: 'eclipse-mosquitto:2.1.1',
  });
  expect(settings).toEqual([
    { key: 'memoryLimitMebibytes', before: '512', after: '600' },
    { key: 'logMaxFiles', before: '5', after: '7' },
  ]);
  expect(image).toEqual({ before: 'eclipse-mosquitto:2.1.2', after: 'eclipse-mosquitto:2.1.1' });
  expect(live.join()).toContain('memory in MiB: 1200 in place of 1024');
});
