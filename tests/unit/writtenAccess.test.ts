/** What access and explain read of a stack file, and that they read nothing else. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writtenAccess } from '../../commands/stack/access';
import { placeIn, placeWords } from '../../commands/stack/writtenPlace';

const root = join(__dirname, '../..');
const before = process.env.AIPI_HOME;
let source: string;

beforeEach(() => {
  source = mkdtempSync(join(tmpdir(), 'aipi-access-'));
  process.env.AIPI_HOME = join(source, 'home');
  writeFileSync(join(source, 'Pulumi.yaml'), readFileSync(join(root, 'Pulumi.yaml')));
});

afterEach(() => {
  if (before === undefined) delete process.env.AIPI_HOME;
  else process.env.AIPI_HOME = before;
  rmSync(source, { recursive: true });
});

const decrypt = jest.fn(async (): Promise<Record<string, string>> => ({}));

function read(text: string) {
  writeFileSync(join(source, 'Pulumi.prod.yaml'), text);
  decrypt.mockClear();
  return writtenAccess('prod', { source, decrypt });
}

const encrypted = '{secure: v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}';

describe('writtenAccess', () => {
  it('reads an empty file as the defaults', async () => {
    const { model, file, placeOf } = await read('');
    expect(model.accounts.map(({ username }) => username)).toEqual(['aisa_server', 'aisa_rpi']);
    expect(file).toBe('Pulumi.prod.yaml');
    const lines = readFileSync(join(root, 'Pulumi.yaml'), 'utf8').split('\n');
    const place = placeOf('accounts[1].topics[2]');
    expect(lines[(place?.line ?? 0) - 1]).toBe('          - write device/+/status');
    expect(place).toMatchObject({ file: 'Pulumi.yaml', isDefault: true });
  });

  it('looks at no key and no certificate, encrypted or not, and asks nobody', async () => {
    const { model } = await read(
      [
        'config:',
        `  aipi-mqtt:caPrivateKey: ${encrypted}`,
        '  aipi-mqtt:caCertificate: certificates/that/is/nowhere.pem',
        `  aipi-mqtt:extraOptions: [${encrypted}]`,
        '  aipi-mqtt:serverPrivateKey: readable',
        '  aipi-mqtt:devices: [pi-001]',
      ].join('\n'),
    );
    expect(decrypt).not.toHaveBeenCalled();
    expect(model.devices).toEqual([{ id: 'pi-001', role: 'device' }]);
    expect(JSON.stringify(model)).not.toMatch(/readable|nowhere|"secure"/);
  });

  it('asks for access that is encrypted, and takes nothing else of the answer', async () => {
    decrypt.mockResolvedValueOnce({
      'aipi-mqtt:accounts': JSON.stringify([{ username: 'one', topics: ['read #'] }]),
      'aipi-mqtt:caPrivateKey': 'a key',
      'aipi-mqtt:maxConnections': 'no number',
    });
    writeFileSync(join(source, 'Pulumi.prod.yaml'), `config:\n  aipi-mqtt:accounts: [${encrypted}]\n`);
    const { model, placeOf } = await writtenAccess('prod', { source, decrypt });
    expect(model.accounts).toEqual([{ username: 'one', rules: [{ access: 'read', topic: '#' }] }]);
    // What is encrypted stands on one line.
    expect(placeOf('accounts[0].topics[0]')).toBeUndefined();
  });

  it('asks where an environment may say it', async () => {
    decrypt.mockResolvedValueOnce({ 'aipi-mqtt:devices': '["pi-009"]' });
    writeFileSync(join(source, 'Pulumi.prod.yaml'), 'environment: [team/prod]\n');
    const { model } = await writtenAccess('prod', { source, decrypt });
    expect(model.devices).toEqual([{ id: 'pi-009', role: 'device' }]);
  });

  it.each([
    ['config:\n  aipi-mqtt:acounts: []\n', 'acounts: there is no such key; did you mean "accounts"?'],
    ['config:\n  aipi-mqtt:accounts:\n    - username: a\n      topics: [reed a]\n', 'accounts[0].topics[0]: "reed a"'],
  ])('refuses %j', async (text, problem) => {
    await expect(read(text)).rejects.toThrow(problem);
  });
});

describe('placeIn', () => {
  const text = [
    'config:',
    '  accounts:',
    '    - username: a',
    '      topics: &topics',
    '        - read a',
    '        - "write b"',
    '    - {username: b, topics: [read c]}',
    '    - username: c',
    '      topics: *topics',
    '  aipi-mqtt:firewall: [10.0.0.0/8]',
  ].join('\n');
  const sources = [
    { file: 'Pulumi.x.yaml', text, isDefault: false },
    {
      file: 'Pulumi.yaml',
      text: 'config:\n  roles:\n    default:\n      - name: r\n        topics:\n          - read d\n  aipi-mqtt:devices:\n    - pi',
      isDefault: true,
    },
  ];
  it.each([
    ['accounts[0].topics[0]', 'Pulumi.x.yaml:5'],
    ['accounts[0].topics[1]', 'Pulumi.x.yaml:6'],
    ['accounts[0].topics', 'Pulumi.x.yaml:4'],
    ['accounts[1].topics[0]', 'Pulumi.x.yaml:7'],
    // Where it is written, not where it is meant.
    ['accounts[2].topics[0]', 'Pulumi.x.yaml:5'],
    ['firewall', 'Pulumi.x.yaml:10'],
    ['roles[0].topics[0]', 'Pulumi.yaml:6 (default)'],
    ['devices[0]', 'Pulumi.yaml:8 (default)'],
    ['accounts[9].topics[0]', undefined],
    ['listeners[0]', undefined],
  ])('finds %s at %s', (path, expected) => {
    const place = placeIn(sources, 'aipi-mqtt', path);
    expect(place && placeWords(place)).toBe(expected);
  });
});
