/**
 * What cannot be seen in an input is seen in the message about it: each key of a stack file that takes a text, lists of
 * devices, words of the command line, names of files.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read } from '../../commands/commandLine';
import { find } from '../../commands/stack/deployedDevices';
import { stackFile } from '../../commands/stack/stackFile';
import { parseDeviceList } from '../../fleet/list/list';
import { accountWith, type Config, listenerWith, problemsOf, settingsOf } from './rawConfig';

const zero = '\u200b';
const place = 'U+200B at character 3';
const device = { devices: [{ id: 'pi-1', role: 'device' }] };

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

/** That a message shows what is in it, and where. */
function expectNamed(messages: readonly string[], where = place): void {
  expect(messages.join('\n')).toContain(where);
  expect(messages.join('\n')).not.toMatch(/[\u00a0\u200b\ufeff]/);
}

test.each<[string, Config]>([
  ['an unknown key', { [`ca${zero}Generation`]: 1 }],
  ['an unknown field', listenerWith({ [`po${zero}rt`]: 1 })],
  ['a word of several', listenerWith({ protocol: `mq${zero}tt` })],
  ['an address', listenerWith({ bindAddress: `12${zero}7.0.0.1` })],
  ['a DNS name', { dnsNames: [`mq${zero}tt.example.org`] }],
  ['an IP address', { ipAddresses: [`19${zero}2.0.2.1`] }],
  ['a user name', { accounts: [{ username: `pi${zero}`, topics: [] }] }],
  ['the access of a rule', accountWith(`re${zero}ad a`)],
  ['a topic', accountWith(`re${zero}ad #/a`)],
  ['a device', { devices: [`pi${zero}1`] }],
  ['a device of several fields', { devices: [{ id: `pi${zero}1` }] }],
  ['the role of a device', { devices: [{ id: 'pi-1', role: `de${zero}vice` }] }],
  ['the name of a fact', { devices: [{ id: 'pi-1', metadata: { [`ro${zero}om`]: 'a' } }] }],
  ['a role', { ...device, roles: [{ name: `de${zero}vice`, topics: [] }] }],
  ['the topic of a role', { roles: [{ name: 'device', topics: [`re${zero}ad a`] }] }],
  ['the path of a list', { devicesFile: `de${zero}vices.csv` }],
  ['the path of a certificate', { trustedCertificates: [`ca${zero}.pem`] }],
  ['a raw option', { extraOptions: [`sy${zero}s_interval 60`] }],
  ['an image', { image: `ec${zero}lipse-mosquitto:2` }],
  ['a Docker host', { dockerHost: `un${zero}ix:///var/run/docker.sock` }],
  ['a container', { containerName: `ai${zero}pi` }],
  ['a number', { maxConnections: `10${zero}0` }],
  ['a choice', { persistence: `tr${zero}ue` }],
])('in a stack file: %s', (_, config) => {
  expectNamed(problemsOf(config));
});

test('in what of a raw option is not shown', () => {
  expectNamed(problemsOf({ extraOptions: ['sys_interval\u00a060'] }), '"sys_interval" (U+00A0 at character 13) is not');
});

test('in the name of a stack that becomes part of a name', () => {
  expectNamed([refusal(() => settingsOf({}, `d${zero}`))], 'U+200B at character 12');
});

test.each([
  ['an id', `id\npi${zero}1`],
  ['a generation', `id,generation\npi-1,10${zero}`],
  ['a column', `id,ro${zero}le\npi-1,a`],
  ['the column of ids', `id${zero}\npi-1`],
  ['a fact', `id,metadata.${zero}\npi-1,a`, 'U+200B at character 10'],
])('in a list as CSV: %s', (_, text, where = place) => {
  expectNamed(parseDeviceList(text, 'devices.csv').problems, where);
});

test.each([
  ['an id', `- pi${zero}1`],
  ['a key', `- {id: a, ro${zero}le: b}`],
  ['the key above', `de${zero}vices: []`],
  ['a fact', `- {id: a, metadata: {ro${zero}om: b}}`],
])('in a list as YAML: %s', (_, text) => {
  expectNamed(parseDeviceList(text, 'devices.yaml').problems);
});

test.each([
  ['a command', [`pr${zero}eview`]],
  ['an option', ['up', `--${zero}json`]],
  ['a word too many', ['verify', 'dev', `pr${zero}od`]],
])('on the command line: %s', (_, words) => {
  expectNamed([refusal(() => read(words))]);
});

test('in the id of a device that is asked for', () => {
  expectNamed([refusal(() => find(`pi${zero}1`, [], 'dev'))]);
});

test('in the name of a stack that is asked for', () => {
  const home = mkdtempSync(join(tmpdir(), 'aipi-unseen-'));
  expectNamed([refusal(() => stackFile(home, `pr${zero}od`))], 'U+200B at character 10');
  rmSync(home, { recursive: true });
});

test('in the name of a file, which has no quotes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-unseen-'));
  writeFileSync(join(folder, `a${zero}.csv`), 'id\na/b\n');
  const message = refusal(() => settingsOf({ devicesFile: `a${zero}.csv` }, 'dev', folder));
  expect(message).toContain(String.raw`a\u200b.csv, line 2: id "a/b"`);
  rmSync(folder, { recursive: true });
});
