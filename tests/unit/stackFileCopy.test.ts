import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { forgetStackFile, settingsOf, stackFile } from '../../commands/stack/stackFile';

const projectFile = readFileSync(join(__dirname, '../../Pulumi.yaml'), 'utf8');
const salt = 'v1:xXdZqRT6rsw=:v1:TN3HXCYhHIMxVoBD:ZI0dfok9lPqK/17hRxSfBJPKxZUqBA==';

let folder: string;
let source: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-copy-'));
  [source, home] = [mkdtempSync(join(folder, 'source-')), mkdtempSync(join(folder, 'home-'))];
  writeFileSync(join(source, 'Pulumi.yaml'), projectFile);
});

afterEach(() => rmSync(folder, { recursive: true }));

function copied(text: string, ...once: string[]) {
  writeFileSync(join(source, 'Pulumi.dev.yaml'), text);
  return stackFile(home, 'dev', { source, once });
}

const tls = `config:
  aipi-mqtt:dnsNames:
    - mqtt.example.test
  aipi-mqtt:listeners:
    - port: 18831
    - port: 18883
      tls: true
`;

describe('values for one command', () => {
  it('are read as those of the file, win over them, and are gone with the next one', () => {
    const { values, path } = copied(`${tls}  maxConnections: 20\n`, 'aipi-mqtt:maxConnections=30', 'devices=["007"]');
    expect(values).toMatchObject({ 'aipi-mqtt:maxConnections': 30, 'aipi-mqtt:devices': ['007'] });
    expect(parse(readFileSync(path, 'utf8')).config).toMatchObject({ 'aipi-mqtt:maxConnections': 30 });
    expect(copied(`${tls}  maxConnections: 20\n`).values).toMatchObject({ 'aipi-mqtt:maxConnections': 20 });
    expect(parse(readFileSync(path, 'utf8')).config).not.toHaveProperty('aipi-mqtt:devices');
  });

  it.each([
    ['maxConnections', '"maxConnections" is not KEY=VALUE'],
    ['maxConnections=1\nallow: x', 'is not KEY=VALUE'],
    ['maxConnections=010', '--config, line 2'],
    ['docker:host=tcp://192.0.2.1', 'nothing reads "docker:host"'],
  ])('are refused where they are %j', (once, words) => {
    expect(() => copied(tls, once)).toThrow(words);
  });
});

describe('the copy for the engine', () => {
  it.each([
    ['a file', tls],
    ['a file with a byte order mark', `\ufeff${tls}`],
    ['a file of Windows', `\ufeff${tls.replaceAll('\n', '\r\n')}`],
    ['a file whose document begins', `---\n${tls}`],
  ])('of %s says the same at each time, and keeps what the engine has written into it', (_, text) => {
    const { path } = copied(text);
    const first = parse(readFileSync(path, 'utf8'));
    expect(first.config['aipi-mqtt:listeners']).toEqual([{ port: 18_831 }, { port: 18_883, tls: true }]);
    appendFileSync(path, `encryptionsalt: ${salt}\n`);
    const file = copied(text);
    expect(parse(readFileSync(path, 'utf8'))).toEqual({ ...first, encryptionsalt: salt });
    expect(settingsOf(file, 'dev')?.listeners.map(({ port, tls: isTls }) => [port, isTls])).toEqual([
      [18_831, false],
      [18_883, true],
    ]);
  });

  it('puts every text and every name in quotes, and writes no character that ends a line', () => {
    const { path } = copied(
      'config:\n  aipi-mqtt:extraOptions: [a b, "\\u2028\\x85\\x7f\\ufeff", "\\0", yes, é😀]\n  maxConnections: 20\n',
    );
    const text = readFileSync(path, 'utf8');
    expect(text).toBe(
      [
        '"config":',
        '  "aipi-mqtt:extraOptions":',
        '    - "a b"',
        '    - "\\u2028\\u0085\\u007f\\ufeff"',
        '    - "\\0"',
        '    - "yes"',
        '    - "é😀"',
        '  "aipi-mqtt:maxConnections": 20',
        '',
      ].join('\n'),
    );
  });

  it('stays where nothing changes, so that nothing that is written meanwhile is lost', () => {
    const { path } = copied(tls);
    const before = statSync(path).ino;
    copied(`# a remark\n${tls}`);
    expect(statSync(path).ino).toBe(before);
  });

  it('of an earlier version that was joined from lines gives its salt', () => {
    const { path } = copied(tls);
    writeFileSync(path, `encryptionsalt: ${salt}\n\ufeff${tls}`);
    copied(tls);
    expect(parse(readFileSync(path, 'utf8')).encryptionsalt).toBe(salt);
  });

  it.each([
    ['a provider', 'secretsprovider: passphrase\n', { secretsprovider: 'passphrase', encryptionsalt: salt }],
    ['another provider', 'secretsprovider: awskms://a\n', { secretsprovider: 'awskms://a' }],
    ['a key of its own', 'encryptedkey: 0123\n', { encryptedkey: '0123' }],
    ['a salt of its own', 'encryptionsalt: v1:own\n', { encryptionsalt: 'v1:own' }],
  ])('takes %s from the file, and the rest from the engine where it fits', (_, line, secrets) => {
    const { path } = copied(tls);
    appendFileSync(path, `encryptionsalt: ${salt}\n`);
    copied(line + tls);
    const { config: _config, ...rest } = parse(readFileSync(path, 'utf8'));
    expect(rest).toEqual(secrets);
  });

  it('holds encrypted values and environments as they are, and leaves them to the engine', () => {
    const text = `environment:\n  - shared\nconfig:\n  aipi-mqtt:caPrivateKey:\n    secure: v1:abc\n`;
    const file = copied(text);
    expect(parse(readFileSync(file.path, 'utf8'))).toEqual(parse(text));
    expect(settingsOf(file, 'dev')).toBeUndefined();
    expect(settingsOf(copied('environment: [shared]\n'), 'dev')).toBeUndefined();
    const read = settingsOf(copied('environment: [shared]\n'), 'dev', { 'aipi-mqtt:maxConnections': '77' });
    expect(read?.limits.maxConnections).toBe(77);
  });

  it('goes with everything beside it', () => {
    const file = copied(tls);
    forgetStackFile(file);
    expect(existsSync(file.folder)).toBe(false);
  });
});

describe('the defaults of Pulumi.yaml', () => {
  function rewritten(from: string | RegExp, to: string): void {
    expect(projectFile).toMatch(from);
    writeFileSync(join(source, 'Pulumi.yaml'), projectFile.replace(from, to));
  }

  const declared = /maxConnections:\n {4}type: integer\n.*\n {4}default: 10000/;

  it.each([
    ['a declaration', 'maxConnections:\n    type: integer\n    default: 77'],
    ['a value', 'maxConnections:\n    value: 77'],
    ['a value alone', 'maxConnections: 77'],
    ['a whole name', 'aipi-mqtt:maxConnections: 77'],
  ])('are read as the engine does, from %s', (_, to) => {
    rewritten(declared, to);
    expect(settingsOf(copied(''), 'dev')?.limits.maxConnections).toBe(77);
  });

  it('are refused where nobody reads them, as those of an environment are', () => {
    rewritten(/^config:$/m, 'config:\n  docker:host:\n    value: tcp://elsewhere');
    expect(() => settingsOf(copied(''), 'dev')).toThrow(/nothing reads "docker:host".* write "aipi-mqtt:dockerHost"/);
    writeFileSync(join(source, 'Pulumi.yaml'), projectFile);
    const decrypted = { 'apii-mqtt:listeners': '[]' };
    expect(() => settingsOf(copied('environment: [a]'), 'dev', decrypted)).toThrow(
      /did you mean "aipi-mqtt:listeners"/,
    );
  });

  it('are refused by their line where readers differ', () => {
    rewritten('default: 10000', 'default: 010000');
    expect(() => copied('')).toThrow(/Pulumi\.yaml, line \d+: maxConnections\.default: 010000 is not the same number/);
  });
});
