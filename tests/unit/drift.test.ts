import {
  type Deployed,
  type DeployedContainer,
  driftOf,
  noDrift,
  type Seen,
  type SeenContainer,
} from '../../change/drift';
import { deviceFiles } from '../../fleet/files';
import { containerOptions } from '../../mosquitto/container';
import { folderName } from '../../mosquitto/files';
import { renderPasswords } from '../../mosquitto/passwords';

const trust = '{"signer":null,"trusted":[],"clients":[]}';
const files = {
  'mosquitto.conf': 'listener 1883\nallow_anonymous false\n',
  acl: 'user aipi-verify\ntopic read a\n\nuser aisa_rpi\ntopic read device/control\n',
  passwords: renderPasswords([
    { username: 'aisa_rpi', password: 'one' },
    { username: 'aisa_server', password: 'two' },
  ]),
  'device-acl': 'pattern read device/%u/data\n',
  'trust.json': trust,
};
const folder = folderName(files);
const options = containerOptions(
  {
    containerName: 'broker',
    network: null,
    listeners: [],
    limits: {
      maxConnections: 100,
      maxPacketSizeBytes: 2_000_000,
      maxQueuedMessages: 50_000,
      maxInflightMessages: 20,
      maxKeepaliveSeconds: 600,
      memoryLimitMebibytes: 512,
    },
    logging: { maxSizeMebibytes: 10, maxFiles: 3 },
  },
  'sha256:one',
);
const [madeAt, provedAt, later] = [1_000, 2_000, 3_000];
const running: SeenContainer = { id: 'one', state: 'running', exitCode: 0, startedAt: madeAt, options };
const seen: Seen = {
  container: running,
  volumes: { 'broker-configuration': 500, 'broker-data': 500 },
  folder,
  files,
  rewritten: [],
  exposed: [],
  linkedAt: undefined,
  unfinished: false,
};
const deployed: Deployed = {
  container: { id: 'one', options, image: 'image:1', restartDigest: 'digest', madeAt },
  folder,
  provedAt,
};
const { 'device-acl': _, 'trust.json': __, ...wanted } = files;

const withFiles = (changed: Record<string, string | undefined>): Seen => ({
  ...seen,
  files: Object.fromEntries(
    Object.entries({ ...files, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
});

describe('driftOf', () => {
  it('finds nothing where everything is as it was deployed', () => {
    expect(driftOf(seen, deployed)).toEqual(noDrift);
  });

  it('finds nothing where nothing was deployed, whatever is there', () => {
    const nothing = { container: undefined, folder: undefined, provedAt: undefined };
    expect(driftOf({ ...seen, folder: 'another' }, nothing)).toEqual(noDrift);
  });

  it('delivers to a volume without files, whatever was delivered before', () => {
    const nothing = { container: undefined, folder: 'one', provedAt: undefined };
    const empty = { ...seen, container: undefined, folder: undefined, files: {} };
    expect(driftOf(empty, nothing)).toEqual({ ...noDrift, deliver: true });
  });

  it.each<[string, SeenContainer, object, string]>([
    [
      'stopped',
      { ...running, state: 'stopped', exitCode: 137 },
      { refresh: true, replace: true },
      'The container broker has stopped (exit code 137), and nobody is connected; it is made again',
    ],
    [
      'without an address after a boot',
      { ...running, state: 'stopped', exitCode: 128, startError: 'listen tcp4 192.0.2.7:1883: bind: no such address' },
      { refresh: true, replace: true },
      'Docker could not start the container broker (listen tcp4 192.0.2.7:1883: bind: no such address), ' +
        'and nobody is connected; it is made again',
    ],
    [
      'paused',
      { ...running, state: 'paused' },
      { unpause: true },
      'The container broker is paused, and nobody is served; it goes on',
    ],
    [
      'looping',
      { ...running, state: 'restarting', exitCode: 13 },
      { deliver: true, replace: true },
      'The broker in broker ends at each start (exit code 13), and nobody is connected; it is made again',
    ],
  ])('has an answer of its own for a container that is %s', (_name, container, mending, words) => {
    expect(driftOf({ ...seen, container }, deployed)).toEqual({ ...noDrift, ...mending, words: [words] });
  });

  describe('of a container that is gone', () => {
    const gone: Seen = { ...seen, container: undefined, folder: undefined, files: {} };
    const head = 'The container broker is gone, and nobody is connected; it is made again';

    it('delivers, because nobody can look at the files', () => {
      expect(driftOf(gone, deployed)).toEqual({ ...noDrift, words: [head], refresh: true, deliver: true });
    });

    it.each<[string, Seen['volumes'], string[]]>([
      [
        'is gone, too',
        {},
        [
          'The volume broker-configuration with the files of the broker is gone; they are delivered again',
          'The volume broker-data with sessions and messages is gone; they are lost, unless you bring it back before the update',
        ],
      ],
      [
        'is a younger one',
        { ...seen.volumes, 'broker-data': later },
        [
          'The volume broker-data with sessions and messages is another one by now; they are lost, unless you bring it back before the update',
        ],
      ],
    ])('names a volume that %s', (_name, volumes, words) => {
      expect(driftOf({ ...gone, volumes }, deployed).words).toEqual([head, ...words]);
    });
  });

  it('gives a container back what it can while it runs', () => {
    const changed = { ...options, restart: 'no', memoryMebibytes: 64, networks: ['broker', 'spy'] };
    expect(driftOf({ ...seen, container: { ...running, options: changed } }, deployed)).toEqual({
      ...noDrift,
      restore: { memoryMebibytes: 1_024, memorySwapMebibytes: 1_024, restart: 'unless-stopped' },
      detach: ['spy'],
      words: [
        'Somebody changed the container broker; it is changed back while it runs, and whoever is connected may be cut off once:',
        '  networks: broker, spy in place of broker',
        '  memory in MiB: 64 in place of 1024',
        '  restart policy: no in place of unless-stopped',
      ],
    });
  });

  it.each([
    ['a limit that no engine takes back', { quotas: ['50 processes'] }, '  quotas: 50 processes in place of none'],
    ['a network that it was taken out of', { networks: [] }, '  networks: none in place of broker'],
  ])('makes a container anew for %s', (_name, changed, words) => {
    const container = { ...running, options: { ...options, ...changed } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual({
      ...noDrift,
      replace: true,
      away: true,
      words: ['Somebody changed the container broker; it is made anew, and everybody is away for seconds:', words],
    });
  });

  it('puts nobody out of one that does not run', () => {
    const container = { ...running, state: 'stopped' as const, options: { ...options, quotas: ['50 processes'] } };
    expect(driftOf({ ...seen, container }, deployed)).toMatchObject({ replace: true, away: false });
  });

  it('speaks of the unit of a service', () => {
    const own = { ...options, networkMode: 'host', networks: [] };
    const container = { ...running, options: { ...own, quotas: ['files beside it, /a.conf'] } };
    const service = { ...deployed, container: { ...(deployed.container as DeployedContainer), options: own } };
    expect(driftOf({ ...seen, container }, service).words).toEqual([
      'Somebody changed the service broker; it is made anew, and everybody is away for seconds:',
      '  unit: files beside it, /a.conf in place of none',
    ]);
  });

  it('takes no other words of an engine for a change that nobody can make to a container', () => {
    const container = { ...running, options: { ...options, user: '1883' } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual(noDrift);
  });

  it('tells one that was made by other hands, and how it differs', () => {
    const container = { ...running, id: 'two', options: { ...options, readOnly: false } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual({
      ...noDrift,
      refresh: true,
      away: true,
      words: [
        'The container broker is not the one that was deployed; it is replaced, and everybody is away for seconds',
        '  read-only root: false in place of true',
      ],
    });
  });

  it('does not ask the engine to replace a container that it will not find', () => {
    const text = `${files['mosquitto.conf']}listener 1999\n`;
    const container = { ...running, id: 'two', startedAt: later };
    const drift = driftOf({ ...withFiles({ 'mosquitto.conf': text }), container }, deployed, wanted);
    expect(drift).toMatchObject({ refresh: true, deliver: true, replace: false });
  });

  it('delivers again after a delivery that was cut off, or that the state knows nothing of', () => {
    expect(driftOf({ ...seen, unfinished: true }, deployed)).toEqual({ ...noDrift, deliver: true });
    expect(driftOf(seen, { ...deployed, folder: 'before' })).toMatchObject({
      deliver: true,
      words: ['The broker reads other files than were proved last; they are delivered again'],
    });
    expect(driftOf({ ...seen, folder: undefined, files: {} }, deployed)).toMatchObject({ deliver: true });
  });

  it('tells a link that somebody has turned and turned back', () => {
    expect(driftOf({ ...seen, linkedAt: later }, deployed)).toEqual({
      ...noDrift,
      deliver: true,
      words: ['The broker may have read other files than are there now; they are delivered again'],
    });
    expect(driftOf({ ...seen, linkedAt: madeAt }, deployed)).toEqual(noDrift);
    expect(driftOf({ ...seen, linkedAt: later }, { ...deployed, provedAt: undefined })).toEqual(noDrift);
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'a right too many',
      { acl: `${files.acl}topic readwrite secret/#\n` },
      'acl: user aisa_rpi gained readwrite secret/#',
    ],
    [
      'a right too few',
      { acl: files.acl.replace('read device/control', 'read other') },
      'acl: user aisa_rpi lost read device/control',
    ],
    ['rights of everybody', { acl: `pattern read #\n\n${files.acl}` }, 'acl: user (everybody) gained read #'],
    ['rules that the broker cannot read', { acl: 'user\n' }, 'acl cannot be read any more'],
    ['another user', { acl: `${files.acl}\nuser eve\ntopic read #\n` }, 'acl: user eve gained read #'],
    [
      'a user too many',
      { passwords: files.passwords + renderPasswords([{ username: 'eve', password: 'x' }]) },
      'passwords: one too many: eve',
    ],
    [
      'a user that is missing',
      { passwords: renderPasswords([{ username: 'aisa_rpi', password: 'one' }]) },
      'passwords: missing: aisa_server',
    ],
    [
      'another password',
      {
        passwords: renderPasswords([
          { username: 'aisa_rpi', password: 'eve' },
          { username: 'aisa_server', password: 'two' },
        ]),
      },
      'passwords: with another password: aisa_rpi',
    ],
    ['passwords that the broker cannot read', { passwords: 'eve:hash\n' }, 'passwords cannot be read any more'],
    ['a missing file', { passwords: undefined }, 'passwords is missing'],
    ['a file that only the volume knows', { 'device-acl': 'pattern read #\n' }, 'one of device-acl is another one'],
    ['one file too many', { extra: '' }, 'one of device-acl, extra is another one'],
    [
      'whom devices trust, in its record',
      { 'trust.json': trust.replace('null', '"eve"') },
      'trust.json says something else than the certificates beside it',
    ],
    ['a record of trust that is none', { 'trust.json': '{' }, 'trust.json cannot be read any more'],
    ['a record of trust that is missing', { 'trust.json': undefined }, 'trust.json is missing'],
    [
      'an option that a reload applies',
      { 'mosquitto.conf': files['mosquitto.conf'].replace('false', 'true') },
      'mosquitto.conf: + allow_anonymous true, - allow_anonymous false',
    ],
  ])('says in words what became of a file: %s', (_name, changed, words) => {
    const drift = driftOf(withFiles(changed), deployed, wanted);
    expect(drift).toMatchObject({ deliver: true, replace: false, refresh: false });
    expect(drift.words).toContain(`  ${words}`);
  });

  it('says what is lost with a record of devices or of certificates', () => {
    const made = deviceFiles([{ name: 'device', rules: [] }], [], Buffer.alloc(32, 1).toString('base64'), undefined);
    const mutual = {
      ...wanted,
      ...made,
      'mosquitto.conf': 'crlfile /mosquitto/config/deployed/current/devices-crl.pem\n',
    };
    expect(driftOf(seen, { ...deployed, folder: 'other' }, mutual).words).toHaveLength(1);
    const { words } = driftOf(withFiles({ extra: '' }), deployed, mutual);
    expect(words).toEqual(
      expect.arrayContaining([
        '  fleet.json is missing; what it remembered of devices that were revoked is lost',
        '  devices-crl.pem is missing',
        '  issued.json is missing; certificates that were revoked are accepted again until "clientCaGeneration" is another one',
      ]),
    );
  });

  it('tells a file that was changed and changed back, because the broker may have read it in between', () => {
    const drift = driftOf({ ...seen, rewritten: ['acl'] }, deployed, wanted);
    expect(drift).toEqual({
      ...noDrift,
      deliver: true,
      words: [
        'Somebody changed files of the broker on its volume; they are delivered again',
        '  acl was written to, and the broker may have read something else',
      ],
    });
  });

  it('tells a file that others can read', () => {
    expect(driftOf({ ...seen, exposed: ['passwords'] }, deployed, wanted)).toMatchObject({
      deliver: true,
      words: [expect.any(String), "  passwords is not the broker's alone to read"],
    });
  });

  it('never says a secret that somebody wrote into a file', () => {
    const text = `${files['mosquitto.conf']}remote_password hunter2\nbridge_psk 00ff\n`;
    const { words } = driftOf(withFiles({ 'mosquitto.conf': text }), deployed, wanted);
    expect(words).toContain('  mosquitto.conf: + remote_password …, + bridge_psk …');
  });

  describe('replaces the container', () => {
    const restarted = { ...running, startedAt: later };
    const more = withFiles({ 'mosquitto.conf': `${files['mosquitto.conf']}listener 1999\n` });

    it('where a broker was started on options that a reload does not take back', () => {
      expect(driftOf({ ...more, container: restarted }, deployed, wanted)).toMatchObject({
        deliver: true,
        replace: true,
      });
      expect(driftOf(more, { ...deployed, provedAt: undefined }, wanted)).toMatchObject({ replace: true });
    });

    it('where it may have been, and they were changed back', () => {
      const back = { ...seen, container: restarted, rewritten: ['mosquitto.conf'] };
      expect(driftOf(back, deployed, wanted)).toMatchObject({ deliver: true, replace: true });
    });

    it('but not where nobody has started it since it was proved', () => {
      expect(driftOf(more, deployed, wanted)).toMatchObject({ deliver: true, replace: false });
    });

    it('nor where it was started on the same options', () => {
      const other = { ...withFiles({ acl: '' }), container: restarted };
      expect(driftOf(other, deployed, wanted)).toMatchObject({ deliver: true, replace: false });
    });
  });
});
