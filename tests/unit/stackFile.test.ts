import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SettingsError } from '../../settings';
import { isEncrypted, readStackFile } from '../../settings/stackFile';

const file = 'Pulumi.dev.yaml';

function read(text: string | Buffer) {
  return readStackFile(Buffer.from(text as string), file, 'aipi-mqtt');
}

function problemsOf(text: string | Buffer): readonly string[] {
  try {
    read(text);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

function config(...lines: string[]): string {
  return ['config:', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

const twoListeners = { 'aipi-mqtt:listeners': [{ port: 18_831 }, { port: 18_883, tls: true }] };
const twoListenersText = config('aipi-mqtt:listeners:', '  - port: 18831', '  - port: 18883', '    tls: true');

describe('a stack file', () => {
  it.each([
    ['with a byte order mark', `\ufeff${twoListenersText}`],
    ['of Windows', twoListenersText.replaceAll('\n', '\r\n')],
    ['with blanks at the ends of its lines', twoListenersText.replaceAll('\n', '  \n')],
    ['with a beginning of its document', `---\n${twoListenersText}`],
    ['in JSON, indented by tabs', JSON.stringify({ config: twoListeners }, null, '\t')],
    ['whose key has no namespace', twoListenersText.replace('aipi-mqtt:', '')],
    ['with an alias', config('aipi-mqtt:listeners:', '  - &one {port: 18831}', '  - {port: 18883, tls: true}')],
  ])('%s says the same', (_, text) => {
    expect(read(text).config).toEqual(twoListeners);
  });

  it.each(['', '# nothing\n', 'config:\n', 'config: {}\n', '---\n', '\ufeff'])('that holds %j sets nothing', (text) => {
    expect(read(text)).toEqual({ secrets: {}, environment: undefined, config: {}, written: [] });
  });

  it('holds what the engine knows beside it', () => {
    const text = `secretsprovider: awskms://alias/a\nencryptedkey: 0123\nencryptionsalt: v1:a=:b\nenvironment:\n  - shared\n`;
    expect(read(text)).toMatchObject({
      secrets: { secretsprovider: 'awskms://alias/a', encryptedkey: '0123', encryptionsalt: 'v1:a=:b' },
      environment: ['shared'],
    });
  });

  it('keeps the facts about a device as they are written', () => {
    const facts = [
      '0000000012345670',
      '10000000123456e7',
      '2024-01-05',
      '1.10',
      '1_000',
      '0x1F',
      '+49301',
      'True',
      'off',
    ];
    const lines = facts.map((fact, index) => `      f${index}: ${fact}`);
    const { config: values, written } = read(
      config('devices:', '  - id: pi', '    metadata:', ...lines, '      010: x'),
    );
    expect(values).toEqual({
      'aipi-mqtt:devices': [
        { id: 'pi', metadata: { ...Object.fromEntries(facts.map((fact, index) => [`f${index}`, fact])), '010': 'x' } },
      ],
    });
    expect(written.map(({ path, text, line }) => [path.at(-1), text, line])).toEqual([
      ...facts.slice(0, 8).map((fact, index) => [`f${index}`, fact, index + 5]),
      ['010', '010', 14],
    ]);
  });

  it('may name a value once and use it again', () => {
    expect(read(config('dnsNames: &names [a.example]', 'extraOptions: *names')).config).toEqual({
      'aipi-mqtt:dnsNames': ['a.example'],
      'aipi-mqtt:extraOptions': ['a.example'],
    });
    const grown = [
      'a: &a [1]',
      ...'bcdefghijklmnopqrs'
        .split('')
        .map((name, index) => `${name}: &${name} [*${'abcdefghijklmnopqr'[index]}, *${'abcdefghijklmnopqr'[index]}]`),
    ];
    expect(problemsOf(config(...grown))).toEqual([`${file}: holds more than 100000 values`]);
  });

  it('knows values that only the engine can read', () => {
    const text = config('aipi-mqtt:caPrivateKey:', '  secure: v1:abc', 'aipi-mqtt:maxConnections: 20');
    const values = read(text).config;
    expect(values).toEqual({ 'aipi-mqtt:caPrivateKey': { secure: 'v1:abc' }, 'aipi-mqtt:maxConnections': 20 });
    expect(isEncrypted(values)).toBe(true);
    expect(isEncrypted({ a: [{ secure: 'x', and: 'y' }] })).toBe(false);
  });

  it('that the repository brings says what it says', () => {
    const text = readFileSync(join(__dirname, '../../Pulumi.prod.yaml'));
    expect(Object.keys(read(text).config)).toEqual(
      ['listeners', 'firewall', 'dnsNames', 'monitoring'].map((key) => `aipi-mqtt:${key}`),
    );
  });

  it('that the repository brings takes the lines of the README below it', () => {
    const text = readFileSync(join(__dirname, '../../Pulumi.dev.yaml'), 'utf8');
    const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
    const pasted = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, lines]) =>
      Object.keys(read(text + lines).config),
    );
    expect(pasted).toEqual([['aipi-mqtt:dnsNames', 'aipi-mqtt:ipAddresses'], ['aipi-mqtt:devices']]);
  });
});

const line = (number: number, problem: string) => `${file}, line ${number}: ${problem}`;

describe('a stack file is refused by its line', () => {
  it.each<[string, string | Buffer, string]>([
    [
      'a number that begins with zero',
      config('aipi-mqtt:maxConnections: 010000'),
      line(
        2,
        'aipi-mqtt:maxConnections: 010000 is not the same number to every reader; write decimal digits without a zero before them, or put it in quotes where a text is meant',
      ),
    ],
    [
      'an id that is a power',
      config('aipi-mqtt:devices:', '  - 12e03'),
      line(
        3,
        'aipi-mqtt:devices[0]: 12e03 is a fraction or a power; write a whole number, or put it in quotes where a text is meant',
      ),
    ],
    [
      'a secret, without showing it',
      config('aipi-mqtt:caPrivateKeyPassphrase: 0123'),
      line(
        2,
        'aipi-mqtt:caPrivateKeyPassphrase: the value is not the same number to every reader; write decimal digits without a zero before them, or put it in quotes where a text is meant',
      ),
    ],
    [
      'a key without a value',
      config('aipi-mqtt:dockerHost:'),
      line(2, 'aipi-mqtt:dockerHost: has no value; write one ("" for an empty text), or leave the key out'),
    ],
    [
      'a tag',
      config('aipi-mqtt:maxConnections: !!int "20"'),
      line(
        2,
        'aipi-mqtt:maxConnections: has a word with "!" before it, which not every reader knows; leave that word out',
      ),
    ],
    [
      'lines that are merged',
      config('aipi-mqtt:listeners:', '  - &a {port: 1}', '  - <<: *a'),
      line(4, 'aipi-mqtt:listeners[1]: "<<" is not known to every reader; write the lines that it stands for'),
    ],
    [
      'an alias of nothing',
      config('aipi-mqtt:containerName: *broker'),
      line(
        2,
        'aipi-mqtt:containerName: names with "*" what no "&" has named before it; write the value, or put it in quotes',
      ),
    ],
    [
      'an alias of itself',
      config('aipi-mqtt:listeners: &a', '  - *a'),
      line(3, 'aipi-mqtt:listeners[0]: holds itself; write the values'),
    ],
    ['a list as a name', '? [a]\n: 1\n', line(1, 'has a name that is no text; put it in quotes')],
    [
      'a directive',
      `%YAML 1.1\n---\n${config()}`,
      line(1, 'a line that begins with "%" changes how the file is read; leave it out'),
    ],
    [
      'two documents',
      `${config('aipi-mqtt:maxConnections: 20')}---\n${config()}`,
      line(3, 'a second document begins; write one, without "---" or "..." behind it'),
    ],
    ['a tab', 'config:\n\taipi-mqtt:maxConnections: 20\n', line(2, 'begins with a tab; write spaces')],
    [
      'a key twice',
      config('aipi-mqtt:maxConnections: 20', 'aipi-mqtt:maxConnections: 30'),
      line(3, 'aipi-mqtt:maxConnections stands twice; put the lines of both under the first one'),
    ],
    [
      'a key twice, once without its namespace',
      config('aipi-mqtt:maxConnections: 20', 'maxConnections: 30'),
      line(3, 'maxConnections is the same key as aipi-mqtt:maxConnections; use one'),
    ],
    [
      'what is pasted below a closed config',
      `config: {}\n  aipi-mqtt:devices:\n    - pi-001\n`,
      line(2, 'stands below "config: {}", which is closed; write "config:" without "{}"'),
    ],
    [
      'what is pasted below another config',
      `config: {}\n${config('aipi-mqtt:devices:', '  - pi-001')}`,
      line(2, 'config stands twice; put the lines of both under the first one'),
    ],
    [
      'what is pasted without its config',
      'aipi-mqtt:devices:\n  - pi-001\n',
      line(1, 'there is no key "aipi-mqtt:devices" here; indent it below "config:"'),
    ],
    [
      'another column',
      config('aipi-mqtt:maxConnections: 20', ' aipi-mqtt:persistence: true'),
      line(
        2,
        'is neither "key: value" nor a value alone; write a space after ":", one key a line, and quotes around a text with ": "',
      ),
    ],
    [
      'a value with a colon',
      config('aipi-mqtt:image: a: b'),
      line(
        2,
        'is neither "key: value" nor a value alone; write a space after ":", one key a line, and quotes around a text with ": "',
      ),
    ],
    [
      'an unfinished merge',
      `<<<<<<< HEAD\n${config()}=======\n`,
      line(1, 'is a mark of a merge that was not finished; finish it'),
    ],
    ['a misspelt upper key', 'Config:\n  a: 1\n', line(1, 'there is no key "Config" here; did you mean "config"?')],
    ['a mark inside', `# head\n\ufeff${config()}`, line(2, 'contains U+FEFF; remove it')],
    ['a line separator', config('aipi-mqtt:image: a\u2028b'), line(2, 'contains U+2028; remove it')],
    [
      'the end of a line of old computers',
      'config:\r  aipi-mqtt:maxConnections: 20\r',
      line(1, 'contains U+000D; remove it'),
    ],
    ['a zero', 'config:\n\n  a: "\u0000"\n', line(3, 'contains U+0000; remove it')],
    [
      'Latin-1',
      Buffer.from('config:\n  aipi-mqtt:image: caf\xe9\n', 'latin1'),
      line(2, 'is no UTF-8; save it as UTF-8'),
    ],
    ['UTF-16', Buffer.from(`\ufeff${config()}`, 'utf16le'), `${file}: is UTF-16; save it as UTF-8`],
    ['a list', '- a\n', `${file}: is no set of "key: value" lines; write "config:", and the keys indented below it`],
    [
      'a list of keys',
      'config:\n  - a\n',
      line(1, 'config is no set of "key: value" lines; write the keys indented below it'),
    ],
    [
      'a text for a list',
      config(`aipi-mqtt:listeners: '[{"port":1883}]'`),
      line(2, 'aipi-mqtt:listeners is a text; write a list'),
    ],
    [
      'what looks encrypted, and is not',
      config('aipi-mqtt:devices:', '  - id: pi', '    metadata: {secure: {a: b}}'),
      line(
        2,
        'aipi-mqtt:devices[0].metadata is a set with "secure" alone, which is how the engine writes what it has encrypted; use another name',
      ),
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it.each([
    [
      'docker:host',
      'nothing reads "docker:host", because the program hands its plug-ins all that they need; write "aipi-mqtt:dockerHost" in its place',
    ],
    ['tls:proxy', 'nothing reads "tls:proxy", because the program hands its plug-ins all that they need; leave it out'],
    ['apii-mqtt:listeners', 'nothing reads "apii-mqtt:listeners"; did you mean "aipi-mqtt:listeners"?'],
    [
      'AIPI-MQTT:listener',
      'nothing reads "AIPI-MQTT:listener"; did you mean "aipi-mqtt:listeners"? If not, leave it out',
    ],
    ['mqtt:dnsNames', 'nothing reads "mqtt:dnsNames"; did you mean "aipi-mqtt:dnsNames"?'],
    ['aws:region', 'nothing reads "aws:region"; did you mean "aipi-mqtt:review"? If not, leave it out'],
    ['aipi-mqtt:config:devices', '"aipi-mqtt:config:devices" has one ":" too many; write "aipi-mqtt:devices"'],
    [
      'pulumi:disable-default-providers',
      '"pulumi:disable-default-providers" would change what the engine does behind this program; leave it out',
    ],
  ])('the key %s', (key, problem) => {
    expect(problemsOf(config('aipi-mqtt:maxConnections: 20', `${key}: x`))).toEqual([line(3, problem)]);
  });

  it('with all that is wrong at once', () => {
    expect(problemsOf(config('aipi-mqtt:image: 1.10', 'aipi-mqtt:maxConnections: 0o17'))).toHaveLength(2);
    expect(problemsOf(`conifg: 1\n${config('docker:host: x', 'aws:a: b')}`)).toHaveLength(3);
  });

  it('but options of the engine that change nothing here', () => {
    expect(read(config('pulumi:tags:', '  owner: a')).config).toEqual({ 'pulumi:tags': { owner: 'a' } });
  });
});

it('never shows a fact about a device, nor what stands where YAML ends', () => {
  const texts = [
    config('aipi-mqtt:devices:', '  - id: pi', '    metadata:', '      key: "s3cret'),
    's3cret\n',
    'a: s3cret: b\n',
  ];
  expect(texts.flatMap(problemsOf).join('\n')).not.toContain('s3cret');
});
