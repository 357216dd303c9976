import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  makePassphrase,
  mustEncrypt,
  opens,
  type Passphrase,
  passphrases,
  usePassphrase,
} from '../../setup/passphrase';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aipi-mqtt-passphrase-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const own = () => join(home, 'passphrase');
const given = (text: string) => ({ source: 'PULUMI_CONFIG_PASSPHRASE', file: undefined, text });

describe('passphrases', () => {
  it('are none where none is given and none was made, and none is made by looking', () => {
    expect(passphrases(home, {})).toEqual([]);
    expect(existsSync(own())).toBe(false);
  });

  it('are all that are at hand, as the engine prefers them', () => {
    writeFileSync(own(), 'made');
    writeFileSync(join(home, 'other'), ' written\n');
    const environment = { PULUMI_CONFIG_PASSPHRASE: 'typed', PULUMI_CONFIG_PASSPHRASE_FILE: 'other' };
    expect(passphrases(home, environment, home)).toEqual([
      given('typed'),
      { source: `PULUMI_CONFIG_PASSPHRASE_FILE (${join(home, 'other')})`, file: join(home, 'other'), text: 'written' },
      { source: own(), file: own(), text: 'made' },
    ]);
  });

  it('say of a file why it cannot be read, which matters to a new stack alone', () => {
    const [unread] = passphrases(home, { PULUMI_CONFIG_PASSPHRASE_FILE: '/none' });
    expect(unread).toMatchObject({ file: '/none', problem: 'cannot be read (ENOENT)' });
    expect(() => mustEncrypt(unread as Passphrase)).toThrow(
      'The passphrase of PULUMI_CONFIG_PASSPHRASE_FILE (/none) cannot be read (ENOENT); correct the name, or leave it out',
    );
  });

  it('take what "npm run env" exported for what it is, before it is made, too', () => {
    expect(passphrases(home, { PULUMI_CONFIG_PASSPHRASE_FILE: own() })).toEqual([]);
  });
});

describe('makePassphrase', () => {
  it('makes one for its owner alone', () => {
    const { text } = makePassphrase(home);
    expect(readFileSync(own(), 'utf8')).toBe(text);
    expect(text).toMatch(/^[\w-]{43}$/);
    expect(statSync(own()).mode & 0o777).toBe(0o600);
  });

  it('never replaces one, unless it is empty', () => {
    writeFileSync(own(), 'kept');
    expect(makePassphrase(home).text).toBe('kept');
    writeFileSync(own(), '');
    expect(makePassphrase(home).text).toMatch(/^[\w-]{43}$/);
  });
});

/** Made by the engine for the passphrase "right". */
const salt = 'v1:oQKyx15xU+0=:v1:GIIIBDlf+06Gcn2j:nSQQhKrDK09rg748HD70v3qZ44zk6g==';

describe('opens', () => {
  it('tells the passphrase that a salt was made with', async () => {
    expect(await opens(given('right'), salt)).toBe(true);
    expect(await opens(given('wrong'), salt)).toBe(false);
    expect(await opens(given(''), salt)).toBe(false);
  });

  it.each(['', 'v2:a:b', 'v1:x', 'v1:AAAA:v1:AAAA:AAAA'])('opens nothing of "%s"', async (text) =>
    expect(await opens(given('right'), text)).toBe(false),
  );
});

test('an empty passphrase is refused for a new stack, and the remedy fits where it is', () => {
  expect(() => mustEncrypt(given(''))).toThrow(
    'The passphrase of PULUMI_CONFIG_PASSPHRASE is empty, so everybody who reads the state would read its secrets; write one, or unset PULUMI_CONFIG_PASSPHRASE',
  );
  expect(() => mustEncrypt({ source: 'x', file: '/x', text: '' })).toThrow('write one, or name a file that holds one');
  expect(() => mustEncrypt(given(' '))).not.toThrow();
});

test('the engine is told of a file, and then of no variable, which it would prefer', () => {
  const [added, environment] = [{}, { PULUMI_CONFIG_PASSPHRASE: '', PATH: '/bin' }];
  usePassphrase({ source: 'x', file: '/x', text: 'y' }, added, environment);
  expect([added, environment]).toEqual([{ PULUMI_CONFIG_PASSPHRASE_FILE: '/x' }, { PATH: '/bin' }]);
});
