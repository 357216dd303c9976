/**
 * Proves that the product's own proof can fail: for each kind of claim that an update makes, one fault is planted into the
 * files of a real broker and turns exactly the claims red that it breaks. Without a fault all of them hold.
 *
 * It also shows what the proof does not see by itself: a right on a topic that nobody probes. That is told by a look at
 * the files, see drift.test.ts and driftFiles.test.ts.
 */

import { execFileSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createServer } from 'node:tls';
import { fingerprintOf } from '../../certificates/facts';
import { revocationLists } from '../../certificates/revocation';
import { deviceFiles, secretIdOf } from '../../fleet/files';
import { clientFileNames, fileNames } from '../../mosquitto/files';
import type { ClientKind } from '../../mosquitto/listeners';
import { renderPasswords } from '../../mosquitto/passwords';
import type { Steadiness } from '../../mosquitto/result';
import type { Target, VerificationPlan } from '../../mosquitto/verificationPlan';
import { observedTopic } from '../../mosquitto/witness';
import { type ChangedFleet, proveArrivals, proveDepartures } from '../../operate/checks/fleetChange';
import { certificates } from '../../operate/checks/serverCertificate';
import { isTls } from '../../operate/client';
import { proveHandshakes } from '../../operate/handshake';
import { Observers } from '../../operate/observers';
import { rehearseDeployed } from '../../operate/rehearsedAccess';
import { cleanUp } from '../unit/openssl';
import { settingsOf } from '../unit/rawConfig';
import { selfSigned } from '../unit/selfSigned';
import { ClaimsBroker, clientFiles, failed, host, issueServer, serverFiles } from './claimsBroker';

jest.setTimeout(120_000);

let claims: ClaimsBroker;

beforeAll(async () => {
  claims = await ClaimsBroker.start();
});

afterAll(async () => {
  await claims.remove();
  cleanUp();
});

/** The text of a file with one fault in it. */
function faulty(name: string, pattern: string | RegExp, replacement: string): Record<string, string> {
  const text = claims.files[name] ?? '';
  const changed = text.replace(pattern, replacement);
  if (changed === text) throw new Error(`${name} has no ${pattern}`);
  return { [name]: changed };
}

/** The configuration with one fault in the lines of a listener. */
function faultyListener(name: string, change: (lines: string) => string): Record<string, string> {
  const [, port] = name.split('-');
  const text = claims.files[fileNames.configuration] ?? '';
  const sections = text.split(/(?=^listener )/m);
  const changed = sections.map((section) => (section.startsWith(`listener ${port}\n`) ? change(section) : section));
  if (changed.join('') === text) throw new Error(`the fault changes nothing of ${name}`);
  return { [fileNames.configuration]: changed.join('') };
}

interface Fault {
  files: () => Record<string, string> | Promise<Record<string, string>>;
  how: 'reload' | 'restart';
  /** The claims that it breaks. */
  broken: () => string[];
}

const { configuration, acl, passwords, deviceAcl, devicePasswords } = fileNames;
const { authorities, revoked } = clientFileNames('accounts');

/** A password file in which one user has another password. */
function withPassword(name: string, username: string): Record<string, string> {
  const [line = ''] = renderPasswords([{ username, password: 'another one' }]).split('\n');
  return faulty(name, new RegExp(`^${username}:.*$`, 'm'), line.replaceAll('$', '$$$$'));
}

async function clientFilesByKind() {
  const files = await clientFiles(claims.clientAuthorities);
  const of = (kind: ClientKind) => {
    const names = clientFileNames(kind);
    return { authorities: files[names.authorities] ?? '', revoked: files[names.revoked] ?? '' };
  };
  return { accounts: of('accounts'), devices: of('devices') };
}

const at = () => claims.places;
const accounts = (claim: string) => [at().plain, at().secured].map((place) => `${place}: ${claim}`);
const secured = (claim: string) => [at().secured, at().devices].map((place) => `${place}: ${claim}`);
const devices = (claim: string) => claims.plan.devices.map(({ username }) => `${at().devices}: ${username} ${claim}`);

const faults: Record<string, Fault> = {
  'a right to publish that is too wide': {
    files: () => faulty(acl, /^user aisa_rpi$/m, '$&\ntopic write test/topic'),
    how: 'reload',
    broken: () => accounts('aisa_rpi may not publish'),
  },
  'a right to read that is too wide': {
    files: () => faulty(acl, /^user aisa_rpi$/m, '$&\ntopic read system/alerts/+'),
    how: 'reload',
    broken: () => accounts('aisa_rpi may not read'),
  },
  'a right to publish that is missing': {
    files: () => faulty(acl, 'topic write device/+/data\n', ''),
    how: 'reload',
    broken: () => accounts('aisa_rpi may publish'),
  },
  'a right to read that is missing': {
    files: () => faulty(acl, 'topic read langchain/process/+\n', ''),
    how: 'reload',
    broken: () => accounts('aisa_rpi may read'),
  },
  'a device that reads what belongs to another': {
    files: () => faulty(deviceAcl, 'pattern read langchain/process/%u', 'pattern read langchain/process/+'),
    how: 'reload',
    broken: () => devices('may not read'),
  },
  'a device that speaks for another': {
    files: () => faulty(deviceAcl, 'pattern write device/%u/data', 'pattern write device/+/data'),
    how: 'reload',
    broken: () => devices('may not publish'),
  },
  'a login without a name that is accepted': {
    files: () => faulty(configuration, 'allow_anonymous false', 'allow_anonymous true'),
    how: 'reload',
    // Where the user name is the client id, nobody gets in without one.
    broken: () => accounts('anonymous is refused'),
  },
  'passwords that nobody asks for': {
    files: () => {
      const { [configuration]: text = '' } = faultyListener(at().plain, (lines) =>
        lines.replace('plugin_use accounts_password_file\n', ''),
      );
      return { [configuration]: text.replace('allow_anonymous false', 'allow_anonymous true') };
    },
    how: 'restart',
    broken: () => [
      ...accounts('anonymous is refused'),
      ...[
        'unknown user is refused',
        'aipi-verify is refused',
        'aisa_rpi with a wrong password is refused',
        'aisa_server with a wrong password is refused',
      ].map((claim) => `${at().plain}: ${claim}`),
    ],
  },
  'a login that is refused': {
    files: () => withPassword(passwords, 'aisa_rpi'),
    how: 'reload',
    broken: () => [
      ...accounts('aisa_rpi can be checked'),
      ...accounts('aisa_rpi holds several connections'),
      ...accounts('aisa_rpi logs in'),
    ],
  },
  'accounts that get in where devices do': {
    files: () => ({ [devicePasswords]: `${claims.files[devicePasswords]}${claims.files[passwords]}` }),
    how: 'reload',
    broken: () => [`${at().devices}: aisa_server is refused`, `${at().devices}: aisa_rpi is refused`],
  },
  'devices that get in where accounts do': {
    files: () => ({ [passwords]: `${claims.files[passwords]}${claims.files[devicePasswords]}` }),
    how: 'reload',
    broken: () => accounts('aipi-verify is refused'),
  },
  'a device that takes the session of another': {
    files: () => faulty(configuration, 'use_username_as_clientid true\n', ''),
    how: 'restart',
    broken: () => [`${at().devices}: aipi-verify.device cannot take the session of aipi-verify`],
  },
  'a port too many': {
    files: () => ({ [configuration]: `${claims.files[configuration]}\nlistener 9883\n` }),
    how: 'restart',
    broken: () => ['no other port is open, dashboard port 9883 included'],
  },
  'another certificate of the same authority': {
    files: async () => serverFiles(await issueServer(claims.authority, host)),
    how: 'reload',
    broken: () => secured('shows the certificate of this stack'),
  },
  'a revoked certificate that is accepted': {
    files: async () => ({
      [revoked]: await revocationLists([claims.clientAuthorities.accounts], 'accounts', []),
    }),
    how: 'reload',
    broken: () => [`${at().secured}: a client with a revoked certificate is refused`],
  },
  'a certificate for devices that is accepted of an account': {
    files: async () => {
      const { accounts: own, devices: others } = await clientFilesByKind();
      return { [authorities]: own.authorities + others.authorities, [revoked]: own.revoked + others.revoked };
    },
    how: 'reload',
    broken: () => [`${at().secured}: a client with a certificate for devices is refused`],
  },
  'certificates that nobody asks for': {
    files: () =>
      faultyListener(at().secured, (lines) => lines.replace('require_certificate true', 'require_certificate false')),
    how: 'restart',
    broken: () =>
      [
        'with a certificate for devices',
        'with a certificate of another authority',
        'with a revoked certificate',
        'without a certificate',
      ].map((shown) => `${at().secured}: a client ${shown} is refused`),
  },
};

test('without a fault every claim holds', async () => {
  expect(await claims.disproved()).toEqual([]);
  expect(failed(await rehearseDeployed(claims.handle))).toEqual([]);
});

describe('the proof of a broker that runs', () => {
  test.each(Object.entries(faults))('is turned red by %s', async (_, { files, how, broken }) => {
    try {
      await claims.give(await files(), how);
      expect(await claims.disproved()).toEqual(broken().sort());
    } finally {
      await claims.give({}, how);
    }
  });

  test('is not turned red by a right on a topic that nobody probes', async () => {
    try {
      await claims.give(faulty(acl, /^user aisa_rpi$/m, '$&\ntopic readwrite secret/#'), 'reload');
      expect(await claims.disproved()).toEqual([]);
    } finally {
      await claims.give({}, 'reload');
    }
  });
});

describe('the proof on a rehearsal of the files', () => {
  test('is turned red by a right on a topic that real clients use', async () => {
    try {
      await claims.give(faulty(acl, /^user aisa_rpi$/m, '$&\ntopic readwrite system/server/status'), 'reload');
      expect(await claims.disproved()).toEqual([]);
      expect(failed(await rehearseDeployed(claims.handle))).toEqual([
        'rehearsal: aisa_rpi may not publish',
        'rehearsal: aisa_rpi may not read',
      ]);
    } finally {
      await claims.give({}, 'reload');
    }
  });

  test('is turned red by a certificate that does not have the name that clients use', async () => {
    expect(failed(await proveHandshakes(claims.handle))).toEqual([]);
    const other = { ...claims.plan, serverNames: ['other.example.org'] };
    expect(failed(await proveHandshakes(claims.handle.by(other)))).toEqual([
      'rehearsal: clients accept the certificate for other.example.org',
    ]);
  });

  test('is turned red in an environment that tells Node to verify nothing, too', async () => {
    const names = { ...claims.plan, serverNames: ['other.example.org'] };
    const authority = { ...claims.plan, certificateAuthority: selfSigned().certificate };
    expect(disprovedUnverified(claims.plan)).toEqual([]);
    for (const plan of [names, authority]) {
      const [name] = plan.serverNames;
      expect(disprovedUnverified(plan)).toEqual(
        expect.arrayContaining([
          `rehearsal: clients accept the certificate for ${name}`,
          ...secured(`certificate is valid for ${name}`),
          ...devices('logs in'),
        ]),
      );
    }
  });
});

/** What a process disproves whose environment says that no certificate is to be verified; tests have a copy of theirs. */
function disprovedUnverified(plan: VerificationPlan): string[] {
  const program = [
    "const { BrokerHandle } = require('./operate/broker.ts');",
    "const { proveHandshakes } = require('./operate/handshake.ts');",
    "const { proveLive } = require('./operate/liveProof.ts');",
    "const broker = BrokerHandle.running(JSON.parse(require('node:fs').readFileSync(0)));",
    'Promise.all([proveHandshakes(broker), proveLive(broker)]).then((checks) =>',
    '  process.stdout.write(JSON.stringify(checks.flat()), () => process.exit()));',
  ];
  const output = execFileSync(process.execPath, ['--require', './setup/typescript.cjs', '-e', program.join('\n')], {
    cwd: resolve(__dirname, '../..'),
    input: JSON.stringify({ ...plan, container: claims.handle.container.id }),
    env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return failed(JSON.parse(String(output)));
}

describe('the proof of a change of devices', () => {
  const device = { id: 'pi-1', generation: 1, role: 'device', metadata: {} };
  const order = () => ({
    devices: [device],
    file: null,
    digest: '',
    roles: settingsOf().roles,
    rootSecret: claims.rootSecret,
    maxRevokedDevicesPercent: 100,
  });
  const none = { added: [], revoked: [], rotated: [], reassigned: [] };
  const before = (generation: number) => ({
    secretId: secretIdOf(claims.rootSecret),
    devices: [['pi-1', generation, 'device'] as [string, number, string]],
    revoked: [],
  });

  test('is turned red by a device that is not let in, and by one that is not kept out', async () => {
    const known = { order: order(), devices: [device], before: before(1) };
    const added = { ...known, before: undefined, change: { ...none, added: ['pi-1'] } };
    const revokedOne = { ...known, devices: [], change: { ...none, revoked: ['pi-1'] } };
    const rotated = { ...known, change: { ...none, rotated: ['pi-1'] } };
    const arrivals = async () => failed(await proveArrivals(claims.handle, added));
    const departures = async (fleet: ChangedFleet) => failed(await proveDepartures(claims.handle, 'live', fleet));
    try {
      expect(await arrivals()).toEqual(['rehearsal: pi-1 logs in']);
      expect(await departures(revokedOne)).toEqual([]);
      await claims.give(deviceFiles(order().roles, [device], claims.rootSecret, undefined), 'reload');
      expect(await arrivals()).toEqual([]);
      expect(await departures(revokedOne)).toEqual(['live: revoked pi-1 is refused']);
      expect(await departures(rotated)).toEqual(['live: pi-1 with its credentials from before is refused']);
    } finally {
      await claims.give({}, 'reload');
    }
  });
});

describe('the proof of certificates', () => {
  test('is turned red by one that has run out, and by one that begins later', async () => {
    const { plan } = claims;
    const { server } = plan.terms;
    if (server === undefined) throw new Error('no certificate');
    const withTerm = (changed: object) => claims.disproved({ ...plan, terms: { server: { ...server, ...changed } } });
    expect(await withTerm({ notAfter: server.notBefore })).toEqual(['certificate server is valid']);
    expect(await withTerm({ notBefore: '2999-01-01T00:00:00.000Z' })).toEqual(['certificate server is valid']);
  });

  test('is turned red by one that has run out where it is shown', async () => {
    const [target] = claims.plan.targets.filter(isTls);
    try {
      await claims.give(serverFiles(await issueServer(claims.authority, host, -1)), 'reload');
      const checks = await Promise.all(certificates(target as Target, claims.plan));
      expect(failed(checks)).toEqual([
        `${target?.name}: certificate is valid for ${host}`,
        `${target?.name}: shows the certificate of this stack`,
      ]);
      expect(checks.find(({ ok }) => !ok)?.detail).toContain('expired');
    } finally {
      await claims.give({}, 'reload');
    }
  });

  test('is turned red by TLS 1.1', async () => {
    const { certificate, privateKey } = await issueServer(claims.authority, host);
    // The broker cannot speak it any more, so a server of another make stands in its place.
    const server = createServer({
      cert: certificate,
      key: privateKey,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    server.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const { port } = server.address() as AddressInfo;
      const [target] = claims.plan.targets.filter(isTls);
      const plan = { ...claims.plan, serverFingerprint: fingerprintOf(certificate) };
      const checks = await Promise.all(certificates({ ...(target as Target), port }, plan));
      expect(failed(checks)).toEqual([`${target?.name}: TLS 1.1 is refused`]);
    } finally {
      server.close();
    }
  });
});

describe('what clients notice of a reload', () => {
  async function noticed(fault: () => Promise<void>): Promise<Steadiness | null> {
    const observers = new Observers();
    try {
      await observers.open(claims.plan, [...claims.plan.users, ...claims.plan.devices]);
      await fault();
      return await observers.report();
    } finally {
      observers.close();
      await claims.give({}, 'reload');
    }
  }

  test('is nothing where nothing is wrong', async () => {
    expect(await noticed(() => claims.give({}, 'reload'))).toMatchObject({ disconnects: 0, lost: 0 });
  });

  test('is a disconnect of an account whose password is another one for a moment', async () => {
    const seen = await noticed(() => claims.give(withPassword(passwords, 'aisa_rpi'), 'reload'));
    // One for each listener that the account is on.
    expect(seen).toMatchObject({ disconnects: 2, lost: 0 });
  });

  test('is a lost message where the right to read is gone for a moment', async () => {
    const lost = faulty(acl, `topic readwrite ${observedTopic}`, `topic write ${observedTopic}`);
    const seen = await noticed(() => claims.give(lost, 'reload'));
    expect(seen).toMatchObject({ disconnects: 0 });
    expect(seen?.lost).toBeGreaterThan(0);
  });
});
