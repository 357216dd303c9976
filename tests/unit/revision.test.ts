/** What a stack says at a revision, read from real repositories of git. */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Revision, revisionOf } from '../../commands/stack/revision';
import type { Settings } from '../../settings';
import { cleanUp, type Identity, intermediateExtensions, issue, newRoot, openssl, serverExtensions } from './openssl';

const projectFile = readFileSync(join(__dirname, '../../Pulumi.yaml'), 'utf8');
const secure = 'secure: v1:xXdZqRT6rsw=:TN3HXCYhHIMxVoBD';

let folder: string;
let repository: string;
let place: string;
let root: Identity;
let server: Identity;
let chain: string;

beforeAll(() => {
  root = newRoot();
  const middle = issue({ subject: '/CN=Middle', extensions: intermediateExtensions, issuer: root });
  server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: middle });
  chain = server.certificate + middle.certificate;
});

afterAll(cleanUp);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-git-'));
  repository = join(folder, 'repository');
  // Whatever is left behind would be seen here.
  place = join(folder, 'temporary');
  mkdirSync(place);
  mkdirSync(repository);
  git('init', '--quiet', '--initial-branch', 'main');
  write({ 'Pulumi.yaml': projectFile });
});

afterEach(() => {
  const left = readdirSync(place);
  rmSync(folder, { recursive: true });
  expect(left).toEqual([]);
});

function git(...words: string[]): string {
  const own = ['-c', 'user.name=Test', '-c', 'user.email=test@example.test', '-c', 'commit.gpgSign=false'];
  return execFileSync('git', ['-C', repository, ...own, '-c', 'protocol.file.allow=always', ...words], {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
}

function write(files: Record<string, string>, below = ''): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(repository, below, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** @returns the name of the commit */
function committed(files: Record<string, string>, below = ''): string {
  write(files, below);
  git('add', '--all', '--force');
  git('commit', '--quiet', '--message', 'A state');
  return git('rev-parse', 'HEAD').trim();
}

function at(revision?: string, below = ''): Promise<Revision> {
  return revisionOf('dev', revision, { source: join(repository, below), place });
}

async function settingsAt(revision?: string, below = '') {
  const read = await at(revision, below);
  if (read.kind !== 'settings') throw new Error(JSON.stringify(read));
  return read;
}

async function unknownAt(revision?: string, below = ''): Promise<string> {
  const read = await at(revision, below);
  if (read.kind !== 'unknown') throw new Error(JSON.stringify(read));
  expect(read.says).toMatch(/^[^\n]+$/);
  return read.says;
}

async function problemsAt(revision?: string): Promise<readonly string[]> {
  const read = await at(revision);
  if (read.kind !== 'refused') throw new Error(JSON.stringify(read));
  return read.problems;
}

/** A stack file with some values, each as YAML. */
function stackFile(values: Record<string, string>): Record<string, string> {
  const lines = Object.entries(values).map(([key, value]) => `  aipi-mqtt:${key}: ${value}\n`);
  return { 'Pulumi.dev.yaml': `config:\n${lines.join('')}` };
}

function inQuotes(text: string): string {
  return JSON.stringify(text);
}

/** A stack with a certificate of the server from elsewhere, as paths. */
function givenServer(changes: Record<string, string> = {}): Record<string, string> {
  return {
    'certs/server.pem': chain,
    'certs/root.pem': root.certificate,
    ...stackFile({
      dnsNames: '[broker.example]',
      serverCertificate: 'certs/server.pem',
      serverPrivateKey: 'certs/server.key',
      trustedCertificates: '[certs/root.pem]',
      ...changes,
    }),
  };
}

describe('a revision', () => {
  it('says what it said, and not what the folder says now', async () => {
    const first = committed({
      ...stackFile({ devicesFile: 'lists/devices.csv', maxConnections: '20' }),
      'lists/devices.csv': 'id\npi-001\n',
    });
    git('tag', 'v1');
    committed({ ...stackFile({ maxConnections: '30' }), 'lists/devices.csv': 'id\npi-002\n' });
    write(stackFile({ maxConnections: '40' }));
    for (const revision of [first, first.slice(0, 10), 'v1', 'HEAD~1', 'main^']) {
      const { settings, withheld } = await settingsAt(revision);
      expect([settings.limits.maxConnections, settings.devices.map(({ id }) => id), withheld]).toEqual([
        20,
        ['pi-001'],
        [],
      ]);
    }
    expect((await settingsAt('HEAD')).settings.limits.maxConnections).toBe(30);
    expect((await settingsAt()).settings.limits.maxConnections).toBe(40);
  });

  it('may have the project in a folder of the repository', async () => {
    rmSync(join(repository, 'Pulumi.yaml'));
    committed(
      { 'Pulumi.yaml': projectFile, ...stackFile({ devicesFile: 'devices.csv' }), 'devices.csv': 'id\npi-001\n' },
      'infra/broker ü',
    );
    expect((await settingsAt('HEAD', 'infra/broker ü')).settings.devices).toHaveLength(1);
    expect(await at('HEAD')).toEqual({ kind: 'none' });
  });

  it('may know nothing of the stack yet', async () => {
    committed({ 'Pulumi.Dev.yaml': '' });
    write({ 'Pulumi.dev.yaml': '' });
    expect(await at('HEAD')).toEqual({ kind: 'none' });
    expect((await settingsAt()).settings.containerName).toBe('aipi-mqtt-dev');
  });

  it('may know nothing of a key yet, or of one that there is no more', async () => {
    const [before, after] = [
      /^ {2}maxUnreachedDevicesPercent:\n(?: {4}.*\n)+/m,
      '  gone:\n    type: integer\n    default: 1\n',
    ];
    expect(projectFile).toMatch(before);
    committed({ 'Pulumi.yaml': projectFile.replace(before, after), ...stackFile({ maxConnections: '20' }) });
    write({ 'Pulumi.yaml': projectFile });
    expect((await settingsAt('HEAD')).settings.maxUnreachedDevicesPercent).toBe(
      (await settingsAt()).settings.maxUnreachedDevicesPercent,
    );
    committed(stackFile({ gone: '2' }));
    expect(await problemsAt('HEAD')).toEqual([expect.stringMatching(/^gone: there is no such key/)]);
  });

  it('is read as it is stored, whatever its attributes and the hooks of the clone say', async () => {
    const ran = join(folder, 'ran');
    git('config', 'filter.wide.smudge', `touch ${ran}; cat`);
    git('config', 'diff.wide.textconv', `touch ${ran}; cat`);
    git('config', 'core.fsmonitor', `touch ${ran}`);
    write({ '.git/hooks/post-checkout': `#!/bin/sh\ntouch ${ran}\n` });
    chmodSync(join(repository, '.git/hooks/post-checkout'), 0o755);
    committed({ '.gitattributes': '* filter=wide diff=wide text eol=crlf\n', ...stackFile({ maxConnections: '20' }) });
    rmSync(ran, { force: true });
    expect((await settingsAt('HEAD')).settings.limits.maxConnections).toBe(20);
    expect(existsSync(ran)).toBe(false);
  });

  it('is that of the folder also within a hook of another repository', async () => {
    committed(stackFile({ maxConnections: '20' }));
    const other = join(folder, 'other');
    execFileSync('git', ['init', '--quiet', other]);
    process.env.GIT_DIR = join(other, '.git');
    process.env.GIT_WORK_TREE = other;
    try {
      expect((await settingsAt('HEAD')).settings.limits.maxConnections).toBe(20);
    } finally {
      delete process.env.GIT_DIR;
      delete process.env.GIT_WORK_TREE;
    }
  });

  it('may have a list of 100,000 devices', async () => {
    const ids = Array.from({ length: 100_000 }, (_, index) => `pi-${index}`);
    committed({ ...stackFile({ devicesFile: 'devices.csv' }), 'devices.csv': ['id', ...ids, ''].join('\n') });
    expect((await settingsAt('HEAD')).settings.devices).toHaveLength(100_000);
  });

  it('may be refused by the present reader, for each reason', async () => {
    committed({ ...stackFile({ maxConnections: 'many', devicesFile: 'devices.csv' }) });
    expect(await problemsAt('HEAD')).toEqual([
      expect.stringMatching(/^maxConnections: "many" cannot be used/),
      expect.stringMatching(/^devicesFile: "devices.csv" does not exist/),
    ]);
    committed({ 'devices.csv/list.csv': 'id\n' });
    expect(await problemsAt('HEAD')).toContain(
      'devicesFile: "devices.csv" is not a regular file; write the path of one',
    );
    committed({ 'Pulumi.dev.yaml': 'config:\n  a: [\n' });
    expect(await problemsAt('HEAD')).toEqual([expect.stringMatching(/^Pulumi.dev.yaml, line /)]);
    committed({ 'Pulumi.yaml': '' });
    expect(await problemsAt('HEAD')).toEqual([expect.stringMatching(/^Pulumi.yaml: has no name/)]);
  });
});

describe('what cannot be known', () => {
  it.each([
    [
      'nowhere',
      'there is no revision "nowhere" in this clone, which may be a shallow one; fetch it: git fetch origin nowhere',
    ],
    [
      'origin/main',
      'there is no revision "origin/main" in this clone, which may be a shallow one; fetch it: git fetch origin main',
    ],
    ['--output=x', '"--output=x"'],
    ['--all', '"--all"'],
    ['', 'there is no revision ""'],
    ['a\nb', 'there is no revision "a'],
    ['a\0b', 'there is no revision "a'],
    ['HEAD:Pulumi.yaml', '"HEAD:Pulumi.yaml"'],
    ['$(touch x); `touch x`', 'fetch it, or correct its name'],
    ['0123456789012345678901234567890123456789', 'git fetch origin 0123456789012345678901234567890123456789'],
  ])('the revision %j', async (revision, words) => {
    committed(stackFile({}));
    expect(await unknownAt(revision)).toContain(words);
  });

  it('a revision that a shallow clone lacks', async () => {
    committed(stackFile({ maxConnections: '20' }));
    const before = git('rev-parse', 'HEAD').trim();
    committed(stackFile({ maxConnections: '30' }));
    const clone = join(folder, 'clone');
    git('clone', '--quiet', '--depth', '1', `file://${repository}`, clone);
    const read = await revisionOf('dev', before, { source: clone, place });
    expect(read).toMatchObject({ kind: 'unknown', says: expect.stringContaining(`git fetch origin ${before}`) });
    expect((await revisionOf('dev', 'HEAD', { source: clone, place })).kind).toBe('settings');
  });

  it('a folder that is in no repository', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    const read = await revisionOf('dev', 'HEAD', { source: outside, place });
    expect(read).toMatchObject({
      kind: 'unknown',
      says: expect.stringMatching(/is in no git repository, .*; run it in a clone$/),
    });
  });

  it.each(['devices.csv', 'Pulumi.dev.yaml', 'certs/root.pem'])('a link in the place of %s', async (name) => {
    write({
      ...givenServer({ devicesFile: 'devices.csv' }),
      'devices.csv': 'id\n',
      'certs/server.key': server.privateKey,
    });
    rmSync(join(repository, name));
    symlinkSync('/etc/passwd', join(repository, name));
    committed({});
    expect(await unknownAt('HEAD')).toMatch(
      new RegExp(`^"${name}" is a symbolic link at [0-9a-f]{12}, which is not followed`),
    );
  });

  it('a link on the way', async () => {
    write({ ...stackFile({ devicesFile: 'lists/devices.csv' }), 'real/devices.csv': 'id\n' });
    symlinkSync('real', join(repository, 'lists'));
    committed({});
    expect(await unknownAt('HEAD')).toMatch(/^"lists" is a symbolic link at/);
  });

  it('a submodule', async () => {
    const other = join(folder, 'other');
    committed({ 'devices.csv': 'id\n' });
    git('clone', '--quiet', repository, other);
    git('submodule', '--quiet', 'add', other, 'lists');
    committed(stackFile({ devicesFile: 'lists/devices.csv' }));
    expect(await unknownAt('HEAD')).toMatch(/^"lists" is a submodule at [0-9a-f]{12}, whose files are of another/);
  });

  it.each(['../root.pem', '/etc/ssl/root.pem', 'certs/../../root.pem'])('a certificate at %s', async (path) => {
    committed(givenServer({ trustedCertificates: `[${path}]` }));
    expect(await unknownAt('HEAD')).toMatch(/^trustedCertificates\[0\]: ".*" leads outside of the project folder/);
  });

  it('a list that Git LFS keeps', async () => {
    const text = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n';
    committed({ ...stackFile({ devicesFile: 'devices.csv' }), 'devices.csv': text });
    expect(await unknownAt('HEAD')).toMatch(/^"devices.csv" is kept by Git LFS, and/);
  });

  it('encrypted values, by their keys', async () => {
    const values = {
      accounts: `[{ username: { ${secure} }, topics: [] }]`,
      image: `{ ${secure} }`,
      caPrivateKey: `{ ${secure} }`,
    };
    committed(stackFile(values));
    for (const revision of ['HEAD', undefined]) {
      const read = await at(revision);
      expect(read).toMatchObject({ kind: 'unknown', keys: ['accounts', 'image'] });
      expect(JSON.stringify(read)).not.toContain('xXdZqRT6rsw');
    }
  });

  it('values of an environment', async () => {
    committed({ 'Pulumi.dev.yaml': 'environment:\n  - shared\n' });
    expect(await unknownAt('HEAD')).toBe(
      'Pulumi.dev.yaml takes values from an environment, which only the engine can read',
    );
  });
});

describe('without private keys', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['whose file is not there', {}, ['serverPrivateKey']],
    ['whose file is elsewhere', { serverPrivateKey: '/etc/ssl/private/server.key' }, ['serverPrivateKey']],
    ['whose file is in no revision', { serverPrivateKey: '../server.key' }, ['serverPrivateKey']],
    ['which is encrypted', { serverPrivateKey: `{ ${secure} }` }, ['serverPrivateKey']],
    [
      'which is encrypted, with its passphrase',
      { serverPrivateKey: `{ ${secure} }`, serverPrivateKeyPassphrase: `{ ${secure} }` },
      ['serverPrivateKey', 'serverPrivateKeyPassphrase'],
    ],
  ])('the certificate is read, and the key not: one %s', async (_, changes, expected) => {
    committed(givenServer(changes));
    for (const revision of ['HEAD', undefined]) {
      const { settings, withheld } = await settingsAt(revision);
      expect(withheld).toEqual(expected);
      expect(settings.serverKeyType).toBe('ec');
      expect(settings.certificates.givenServer).toEqual({
        certificate: server.certificate,
        intermediates: chain.slice(server.certificate.length),
        anchor: root.certificate,
        anchors: [root.certificate],
      });
      expect(settings.certificates.given.map(({ path }) => path)).toContain('serverCertificate');
    }
  });

  it('they are no settings that could be deployed', async () => {
    committed(givenServer());
    const { settings } = await settingsAt('HEAD');
    // @ts-expect-error: without private keys
    const deployable: Settings = settings;
    expect(deployable.certificates.givenServer).not.toHaveProperty('privateKey');
  });

  it('an authority is read, too', async () => {
    committed(stackFile({ caCertificate: inQuotes(root.certificate), caPrivateKey: `{ ${secure} }` }));
    const { settings } = await settingsAt('HEAD');
    expect(settings.certificates.givenAuthority).toEqual({
      certificate: root.certificate,
      intermediates: '',
      anchor: root.certificate,
      anchors: [root.certificate],
    });
  });

  it('the certificate is checked as ever', async () => {
    committed(givenServer({ dnsNames: '[other.example]' }));
    expect(await problemsAt('HEAD')).toEqual([
      expect.stringMatching(/^serverCertificate: does not hold other.example/),
    ]);
    committed(givenServer({ trustedCertificates: '[]' }));
    expect(await problemsAt('HEAD')).toEqual([
      expect.stringMatching(/^serverCertificate: leads to .*, which is missing/),
    ]);
    committed(givenServer({ serverCertificate: 'certs/none.pem' }));
    expect(await problemsAt('HEAD')).toEqual([
      expect.stringMatching(/^serverCertificate: "certs\/none.pem" is neither PEM/),
    ]);
    committed(stackFile({ serverPrivateKey: `{ ${secure} }` }));
    expect(await problemsAt('HEAD')).toEqual([expect.stringMatching(/^serverCertificate: is missing, and there is/)]);
    committed(givenServer({ serverPrivateKey: '""', serverPrivateKeyPassphrase: `{ ${secure} }` }));
    expect(await problemsAt('HEAD')).toEqual([expect.stringMatching(/^serverPrivateKey: is missing, and there is/)]);
  });

  it('a key that is there is checked, and not given out', async () => {
    committed({ ...givenServer(), 'certs/server.key': server.privateKey });
    const read = await settingsAt('HEAD');
    expect(read.withheld).toEqual([]);
    expect(JSON.stringify(read)).not.toContain('PRIVATE KEY');
    committed({ 'certs/server.key': root.privateKey });
    expect(await problemsAt('HEAD')).toEqual([
      expect.stringMatching(/^serverPrivateKey: belongs to another certificate/),
    ]);
  });

  it('a key whose passphrase is encrypted is not opened', async () => {
    const locked = openssl(['pkey', '-aes256', '-passout', 'pass:open sesame'], server.privateKey);
    committed({ ...givenServer({ serverPrivateKeyPassphrase: `{ ${secure} }` }), 'certs/server.key': locked });
    expect((await settingsAt('HEAD')).withheld).toEqual(['serverPrivateKeyPassphrase']);
  });
});

it('what a killed run has left is taken away, and what another one uses is not', async () => {
  committed(stackFile({}));
  const [dead, busy] = [
    join(place, 'aipi-mqtt-revision-4194305-x'),
    join(place, `aipi-mqtt-revision-${process.pid}-x`),
  ];
  for (const path of [dead, busy]) mkdirSync(path);
  appendFileSync(join(dead, 'key'), 'key');
  await settingsAt('HEAD');
  expect(readdirSync(place)).toEqual([`aipi-mqtt-revision-${process.pid}-x`]);
  rmSync(busy, { recursive: true });
});
