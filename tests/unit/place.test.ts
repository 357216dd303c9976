/** Of backends of files, which need no engine. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseNew, findStack, forgetPlace, lookedIn } from '../../commands/stack/place';
import { type Place, urlOf } from '../../setup/backend';
import type { FoundPulumi } from '../../setup/pulumi';

/** Made by the engine for the passphrase "right". */
const salt = 'v1:oQKyx15xU+0=:v1:GIIIBDlf+06Gcn2j:nSQQhKrDK09rg748HD70v3qZ44zk6g==';

const before = process.env;
let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-place-'));
  home = join(folder, 'home');
  mkdirSync(join(home, 'copies'), { recursive: true });
  process.env = { PATH: before.PATH, AIPI_HOME: home };
});
afterEach(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

const own = (): Place => ({ url: urlOf(join(home, 'state')), by: 'AIPI_HOME', isDemanded: false });
const other = (isDemanded: boolean): Place => ({
  url: urlOf(join(folder, 'other')),
  by: isDemanded ? 'PULUMI_BACKEND_URL' : 'the login in credentials.json',
  isDemanded,
});
const engine = (place: Place): FoundPulumi => ({
  bin: 'none',
  version: '3.259.0',
  words: '',
  place,
  environment: { PULUMI_BACKEND_URL: place.url ?? '' },
});
const copies = () => join(home, 'copies');
const sought = () => {
  const path = join(copies(), 'Pulumi.test-of-places.yaml');
  const file = { folder: copies(), path, project: 'p', values: {}, isForEngine: false, rewritten: [] };
  return { project: 'p', name: 'test-of-places', file };
};

/** A stack as the engine leaves it, in a folder of a backend. To try a passphrase takes a third of a second. */
function deploy(place: string, isByPassphrase = false): void {
  const stacks = join(place, '.pulumi', 'stacks', 'p');
  mkdirSync(stacks, { recursive: true });
  const secrets_providers = isByPassphrase ? { type: 'passphrase', state: { salt } } : { type: 'cloud', state: {} };
  const latest = { resources: [], secrets_providers };
  writeFileSync(join(stacks, 'test-of-places.json'), JSON.stringify({ version: 3, checkpoint: { latest } }));
}

const passphrase = (text: string) => writeFileSync(join(home, 'passphrase'), text);

test('a login for another project does not lead away from AIPI_HOME', async () => {
  deploy(join(home, 'state'), true);
  passphrase('right');
  const found = engine(other(false));
  expect(await findStack(found, sought(), 'read')).toBe(true);
  expect(found.environment).toEqual({
    PULUMI_BACKEND_URL: own().url,
    PULUMI_CONFIG_PASSPHRASE_FILE: join(home, 'passphrase'),
  });
});

test('a login that is gone does not lead away from where the stack was deployed', async () => {
  deploy(join(folder, 'other'));
  expect(await findStack(engine(other(false)), sought(), 'deployed')).toBe(true);
  const found = engine(own());
  expect(await findStack(found, sought(), 'read')).toBe(true);
  expect(lookedIn(found)).toBe(`${other(false).url} (where it was last)`);
});

test('a copy of AIPI_HOME has its own state, though it remembers what the first one did', async () => {
  deploy(join(home, 'state'));
  await findStack(engine(own()), sought(), 'deployed');
  cpSync(home, join(folder, 'copy'), { recursive: true });
  home = join(folder, 'copy');
  process.env.AIPI_HOME = home;
  const found = engine(own());
  expect(await findStack(found, sought(), 'read')).toBe(true);
  expect(lookedIn(found)).toBe(`${own().url} (named by AIPI_HOME)`);
});

test('of two stacks the demanded one counts, and the remembered one without a demand', async () => {
  deploy(join(home, 'state'));
  deploy(join(folder, 'other'));
  await findStack(engine(own()), sought(), 'deployed');
  const demanded = engine(other(true));
  expect(await findStack(demanded, sought(), 'read')).toBe(true);
  expect(lookedIn(demanded)).toBe(`${other(true).url} (named by PULUMI_BACKEND_URL)`);
  const found = engine(other(false));
  expect(await findStack(found, sought(), 'read')).toBe(true);
  expect(found.environment.PULUMI_BACKEND_URL).toBe(own().url);
});

test('another place than the one that was demanded is not taken, but named', async () => {
  deploy(join(home, 'state'));
  await expect(findStack(engine(other(true)), sought(), 'deployed')).rejects.toThrow(
    `The stack "test-of-places" is not in ${other(true).url} (named by PULUMI_BACKEND_URL), but in ${own().url} (named by AIPI_HOME); leave out PULUMI_BACKEND_URL, or move its state`,
  );
});

test('a stack that is nowhere is not there, whatever is remembered of it', async () => {
  deploy(join(folder, 'other'));
  await findStack(engine(other(false)), sought(), 'deployed');
  rmSync(join(folder, 'other'), { recursive: true });
  expect(await findStack(engine(own()), sought(), 'deployed')).toBe(false);
  forgetPlace(sought().file);
  expect(await findStack(engine(own()), sought(), 'deployed')).toBe(false);
});

test('of all passphrases that are at hand the one that fits is taken', async () => {
  deploy(join(home, 'state'), true);
  passphrase('wrong');
  process.env.PULUMI_CONFIG_PASSPHRASE = '';
  process.env.PULUMI_CONFIG_PASSPHRASE_FILE = join(folder, 'given');
  writeFileSync(join(folder, 'given'), 'right\n');
  const found = engine(own());
  expect(await findStack(found, sought(), 'read')).toBe(true);
  expect(found.environment.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(join(folder, 'given'));
  expect(process.env.PULUMI_CONFIG_PASSPHRASE).toBeUndefined();
});

test('the salt that a stack of the same name in another backend has left makes way', async () => {
  deploy(join(home, 'state'), true);
  passphrase('right');
  process.env.PULUMI_CONFIG_PASSPHRASE_FILE = '/none/of/another/project';
  const { path } = sought().file;
  writeFileSync(path, 'encryptionsalt: v1:AAAA:v1:BBBB:CCCC\nconfig: {}\n');
  expect(await findStack(engine(own()), sought(), 'read')).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(`encryptionsalt: ${salt}\nconfig: {}\n`);
});

test('where none fits, the message says where was looked and which it was; nothing is made', async () => {
  deploy(join(home, 'state'), true);
  process.env.PULUMI_CONFIG_PASSPHRASE = 'right';
  expect(await findStack(engine(own()), sought(), 'deployed')).toBe(true);
  process.env.PULUMI_CONFIG_PASSPHRASE = 'wrong';
  const again = findStack(engine(own()), sought(), 'deployed');
  await expect(again).rejects.toThrow(
    `The secrets of "test-of-places" in ${own().url} (named by AIPI_HOME) cannot be read: no passphrase fits (that of PULUMI_CONFIG_PASSPHRASE is not theirs; ${join(home, 'passphrase')} is not there). They were encrypted with that of PULUMI_CONFIG_PASSPHRASE.`,
  );
  expect(existsSync(join(home, 'passphrase'))).toBe(false);
  expect(await findStack(engine(own()), sought(), 'handed over')).toBe(true);
});

test('what is remembered holds no passphrase', async () => {
  deploy(join(home, 'state'), true);
  process.env.PULUMI_CONFIG_PASSPHRASE = 'right';
  await findStack(engine(own()), sought(), 'deployed');
  expect(readFileSync(`${sought().file.path}.place.json`, 'utf8')).not.toContain('right');
});

describe('chooseNew', () => {
  it('makes a passphrase where no stack is, in whatever backend of files', async () => {
    const fresh = engine(other(false));
    await chooseNew(fresh, sought());
    expect(readFileSync(join(home, 'passphrase'), 'utf8')).toMatch(/^[\w-]{43}$/);
    expect(fresh.environment.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(join(home, 'passphrase'));
  });

  it('makes none where stacks are that may be encrypted with the one that is gone', async () => {
    deploy(join(home, 'state'));
    await expect(chooseNew(engine(other(false)), sought())).rejects.toThrow(
      `${join(home, 'passphrase')} is not there, though there are stacks that may be encrypted with it (p/test-of-places): bring it back`,
    );
    passphrase('');
    await expect(chooseNew(engine(own()), sought())).rejects.toThrow('is empty, though there are stacks');
    expect(readFileSync(join(home, 'passphrase'), 'utf8')).toBe('');
  });

  it('refuses one that encrypts nothing', async () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = '';
    await expect(chooseNew(engine(own()), sought())).rejects.toThrow(
      'The passphrase of PULUMI_CONFIG_PASSPHRASE is empty',
    );
    expect(existsSync(join(home, 'passphrase'))).toBe(false);
  });

  it('forgets the salt of a stack that was removed', async () => {
    const { path } = sought().file;
    writeFileSync(path, `"encryptionsalt": "${salt}"\n"config": {}\n`);
    await chooseNew(engine(own()), sought());
    expect(readFileSync(path, 'utf8')).toBe('"config": {}\n');
  });
});
