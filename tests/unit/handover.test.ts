import { parseConfiguration } from '../../mosquitto/configuration';
import { fileNameIn, folderName } from '../../mosquitto/files';
import { type Handover, type HandoverModel, handoverReader, handoverText } from '../../mosquitto/handover';
import type { Layout } from '../../mosquitto/layout';
import { macosHandover, macosLayout } from '../../mosquitto/macos';
import { refusedBy } from '../../mosquitto/refused';
import { renderFiles } from '../../mosquitto/render';
import { windowsHandover, windowsLayout } from '../../mosquitto/windows';
import { settingsOf } from './rawConfig';

const secret = 'password of everybody';
const settings = settingsOf({
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: '0.0.0.0', tls: true },
    { port: 8884, bindAddress: ['0.0.0.0', '::'], tls: true, firewall: ['10.1.0.0/16'], clients: 'devices' },
    { port: 8885, bindAddress: '0.0.0.0', tls: true, unfiltered: true },
  ],
  firewall: ['192.168.0.0/16', 'fd00::/8'],
  dnsNames: ['a.example'],
});

const systems: Array<[string, Layout, (model: HandoverModel) => Handover]> = [
  ['macOS', macosLayout('garden', '/opt/homebrew'), (model) => macosHandover(model, '/opt/homebrew')],
  ['Windows', windowsLayout('garden'), windowsHandover],
];

describe.each(systems)('a handover for %s', (system, layout, handover) => {
  const users = settings.accounts.map((account) => ({ ...account, password: secret }));
  const model = { ...settings, ...handoverReader(layout) };
  const files = renderFiles(model, users, { 'server-ec.key': secret });
  const { listeners, limits, firewall } = settings;
  const handed = handover({ name: 'garden', listeners, limits, firewall, files });
  const text = handoverText(handed, ['Less.']);

  it('says that it was not run, and that a container needs none of it', () => {
    expect(text).toContain(`None of this was run on ${system}`);
    expect(text).toContain('Whoever has Docker there needs none of it');
    expect(text).toContain('What is kept less well than by a container:\n  Less.\n');
  });

  it('holds no secret, neither of the files nor what was made of them', () => {
    const hashes = (files.passwords ?? '').split('\n').flatMap((line) => line.split('$').slice(-2));
    const all = text + Object.values(handed.definitions).join('');
    for (const each of [secret, ...hashes.filter((hash) => hash !== '')]) expect(all).not.toContain(each);
  });

  it('delivers to the folder that the configuration names, before it is linked', () => {
    const paths = parseConfiguration(files['mosquitto.conf'] ?? '').filter(
      ({ value }) => fileNameIn(value) !== undefined,
    );
    expect(paths.length).toBeGreaterThan(8);
    for (const { value } of paths) expect(value.startsWith(`${layout.configuration}/deployed/current/`)).toBe(true);
    const folder = `${layout.configuration}/deployed/${folderName(files)}`;
    const [copied, linked] = [text.search(/files\/\*/), text.search(/(ln -sfn|ItemType Junction)/)];
    expect(text.split(folder).length).toBeGreaterThan(3);
    expect(copied).toBeGreaterThan(0);
    expect(linked).toBeGreaterThan(copied);
  });

  it('binds its addresses itself, in a form that both releases read, and asks for nothing that 2.0 refuses', () => {
    expect(files['mosquitto.conf']).toContain('listener 8884 ::\n');
    expect(files['mosquitto.conf']).not.toMatch(/^plugin/m);
    expect(refusedBy(model)).toEqual([]);
  });

  it('lets in who is meant to, port by port', () => {
    const rules = [...Object.values(handed.definitions), text].join('\n').split('\n');
    const of = (port: number) =>
      rules.filter((line) => new RegExp(`(port|LocalPort) ${port}( |$)`).test(line)).join('\n');
    expect(of(8883)).toMatch(/192\.168\.0\.0\/16'?, ?'?fd00::\/8/);
    expect(of(8884)).toContain('10.1.0.0/16');
    expect(of(8884)).not.toContain('192.168');
    expect([of(1883), of(8885)]).toEqual(['', '']);
  });
});

it('a port for nobody is closed', () => {
  const listeners = [{ ...(settings.listeners[1] ?? fail()), firewall: [] }];
  const model = { name: 'garden', listeners, limits: settings.limits, firewall: [], files: {} };
  expect(macosHandover(model, '/usr/local').definitions['garden.pf']).toBe(
    'block drop in quick on ! lo0 proto tcp from any to any port 8883\n',
  );
  expect(JSON.stringify(windowsHandover(model))).not.toContain('New-NetFirewallRule');
});

function fail(): never {
  throw new Error('no listener');
}
