/** No value that the settings accept adds a line to a file of the broker, or reads otherwise there than here. */

import fc from 'fast-check';
import { deviceFiles } from '../../fleet/files';
import { formatRule } from '../../mosquitto/acl';
import { renderFiles } from '../../mosquitto/render';
import type { Settings } from '../../settings';
import { type Config, problemsOf, settingsOf } from '../unit/rawConfig';
import { nasty } from './arbitraries';
import { brokerReadsAcl, brokerReadsConfiguration } from './broker';

const rootSecret = Buffer.alloc(32, 7).toString('base64');

const listener = { port: 8883, protocol: 'mqtt', bindAddress: '0.0.0.0', tls: true };

/** Each place where an operator writes free text. */
const places: Record<string, (text: string) => Config> = {
  'a user name': (text) => ({ accounts: [{ username: text, topics: ['read a'] }] }),
  'a topic': (text) => ({ accounts: [{ username: 'pi', topics: ['read a', `write ${text}`] }] }),
  'a rule': (text) => ({ accounts: [{ username: 'pi', topics: ['read a', text] }] }),
  'a DNS name': (text) => ({ dnsNames: [text] }),
  'an address': (text) => ({ ipAddresses: [text] }),
  'a bind address': (text) => ({ listeners: [{ ...listener, bindAddress: text }] }),
  'a protocol': (text) => ({ listeners: [{ ...listener, protocol: text }] }),
  'a log type': (text) => ({ logTypes: ['information', text] }),
  'a raw option': (text) => ({ extraOptions: [text] }),
  'the value of a raw option': (text) => ({ extraOptions: [`sys_interval ${text}`] }),
  'the image': (text) => ({ image: text }),
  'the name of the container': (text) => ({ containerName: text }),
  'the Docker host': (text) => ({ dockerHost: text }),
  'the id of a device': (text) => ({ devices: [{ id: text }] }),
  'the metadata of a device': (text) => ({ devices: [{ id: 'd', metadata: { note: text } }] }),
  'the name of a role': (text) => ({ roles: [{ name: text, topics: ['read a'] }], devices: [{ id: 'd', role: text }] }),
  'a topic of a role': (text) => ({ roles: [{ name: 'device', topics: [`read ${text}`] }], devices: ['d'] }),
};

const benign: Record<string, string> = {
  'a user name': 'pi',
  'a rule': 'read a',
  'a DNS name': 'a.example',
  'an address': '192.0.2.10',
  'a bind address': '127.0.0.1',
  'a protocol': 'mqtt',
  'a log type': 'error',
  'a raw option': 'sys_interval 60',
  'the image': 'eclipse-mosquitto:2.1.2',
  'the Docker host': 'ssh://server',
  'the id of a device': 'pi-001',
  'the name of a role': 'gateway',
  'a topic of a role': 'device/{id}/data',
};

/** The files of the devices say what the settings say, and no more. */
function faithfulDevices({ roles, devices }: Settings): void {
  const files = deviceFiles(roles, devices, rootSecret, undefined);
  const role = roles.find(({ name }) => name === devices[0]?.role);
  if (role === undefined) return;
  const patterns = role.rules.map(({ access, topic }) => `${access} ${topic.replaceAll('{id}', '%u')}`);
  expect(brokerReadsAcl(String(files['device-acl']))).toEqual({ users: new Map(), patterns: patterns.sort() });
  const lines = String(files['device-passwords']).split('\n');
  expect(lines).toHaveLength(devices.length + 3);
  expect(lines.filter((line) => line.startsWith(`${devices[0]?.id}:`))).toHaveLength(1);
}

function faithful(config: Config): void {
  const settings = settingsOf(config);
  const users = settings.accounts.map((account) => ({ ...account, password: 'secret' }));
  const files = renderFiles(settings, users);
  const acl = String(files.acl);
  const passwords = String(files.passwords);
  const configuration = String(files['mosquitto.conf']);
  const plain = String(renderFiles({ ...settings, extraOptions: [] }, users)['mosquitto.conf']);

  for (const text of [acl, passwords, configuration]) {
    expect(Buffer.from(text).toString()).toBe(text);
    expect(text).not.toMatch(/[\0\r]/);
  }
  expect(brokerReadsAcl(acl)).toEqual({
    users: new Map(users.map(({ username, rules }) => [username, rules.map(formatRule).sort()])),
    patterns: [],
  });
  faithfulDevices(settings);
  expect(passwords.split('\n')).toHaveLength(users.length + 1);
  expect(passwords.split(':')).toHaveLength(users.length + 1);
  const lines = brokerReadsConfiguration(configuration);
  for (const option of settings.extraOptions) expect(lines).toContain(option.replace(/ +$/, ''));
  expect(lines).toHaveLength(brokerReadsConfiguration(plain).length + settings.extraOptions.length);
  expect(lines.filter((line) => line.startsWith('listener '))).toHaveLength(settings.listeners.length);
}

describe.each(Object.keys(places))('%s', (place) => {
  const configOf = (text: string): Config => ({ dnsNames: ['a.example'], ...places[place]?.(text) });
  const good = benign[place] ?? 'abc';

  it('is accepted where it is harmless', () => {
    expect(problemsOf(configOf(good))).toEqual([]);
    faithful(configOf(good));
  });

  it('is refused, or stays in its place', () => {
    const text = fc.oneof(
      nasty,
      nasty.map((bad) => bad + good),
      nasty.map((bad) => good + bad),
      nasty.map((bad) => good.slice(0, 1) + bad + good.slice(1)),
    );
    fc.assert(
      fc.property(text, (value) => {
        const config = configOf(value);
        const problems = problemsOf(config);
        if (problems.length === 0) faithful(config);
        else expect(problems.join('')).not.toMatch(/[\n\r\0]/);
      }),
      { numRuns: 80 },
    );
  });

  it('is refused with a line break anywhere', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('\n', '\r', '\0'), (at, control) => {
        const cut = at % (good.length + 1);
        expect(problemsOf(configOf(good.slice(0, cut) + control + good.slice(cut)))).not.toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
