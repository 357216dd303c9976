/** Proves that `ssh` has nothing to ask by, and what it makes of a name, by an `ssh` that is played. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { machineOf } from '../../operate/machine';
import { destinationOf } from '../../operate/sshConfiguration';
import { startSsh } from '../../operate/sshProcess';
import { unreachedBySsh } from '../../operate/sshReason';
import { addressFromHere } from '../../operate/there';

const before = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-ssh-'));
  process.env = { ...before, PATH: [folder, before.PATH].join(delimiter), SSH_ASKPASS_REQUIRE: 'force' };
});

afterEach(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

function ssh(script: string): void {
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
}

/** The sixth word is the session. Source: proc(5). */
const isAlone =
  'set -- "$@" $(cat /proc/self/stat); echo "$SSH_ASKPASS_REQUIRE $(test "$(cut -d" " -f6 /proc/$$/stat)" = $$ && echo alone)"';

test('a login has neither a terminal nor a window to ask by', async () => {
  ssh(`echo "$*"; ${isAlone}`);
  expect(await text(startSsh(['--', 'a']).stdout)).toBe('-o BatchMode=yes -- a\nnever alone\n');
  ssh(`[ "$1" != -G ] || exit 1; echo '--- aipi-mqtt ---'; ${isAlone}`);
  expect(await machineOf('ssh://a').run(['true'])).toBe('never alone\n');
});

test.each([
  ['hostname 192.0.2.7', { address: '192.0.2.7', isBehindOthers: false }],
  ['hostname a\nproxyjump none', { address: 'a', isBehindOthers: false }],
  ['hostname a\nproxyjump gate', { address: 'a', isBehindOthers: true }],
  ['hostname a\nproxycommand nc %h %p', { address: 'a', isBehindOthers: true }],
  ['', { address: undefined, isBehindOthers: false }],
])('a configuration of "%s" leads somewhere', async (said, destination) => {
  ssh(`echo '${said}'`);
  expect(await destinationOf(['--', 'a'])).toEqual(destination);
});

test.each([
  ['ssh://site', 'hostname 192.0.2.7', '192.0.2.7'],
  ['systemd+ssh://site', 'hostname 192.0.2.7', '192.0.2.7'],
  ['ssh://site', 'hostname 192.0.2.7\nproxyjump gate', undefined],
  ['ssh://site', '', 'site'],
  ['tcp://site:2376', 'hostname 192.0.2.7', 'site'],
])('a machine at %s with "%s" is reached from here', async (host, said, address) => {
  ssh(`echo '${said}'`);
  expect(await addressFromHere(host)).toBe(address);
});

test.each([
  [
    'root@gate: Permission denied (publickey).',
    'gate, on the way to a, does not let root in by a key (publickey); put yours into',
  ],
  ['Host key verification failed.', 'ssh does not know the host key of a machine on the way to a; compare'],
  [
    'REMOTE HOST IDENTIFICATION HAS CHANGED\nHost key for gate has changed and you',
    'gate, on the way to a, shows another host key',
  ],
  ['ssh: connect to host gate port 22: Connection refused', 'ssh does not reach a (connect to host gate port 22: Conn'],
])('others on the way who say "%s" are told in a sentence', async (said, sentence) => {
  const words = said
    .split('\n')
    .map((line) => `echo '${line}' >&2`)
    .join('; ');
  ssh(`
[ "$1" != -G ] || { echo hostname a; echo proxyjump gate; exit; }
case "$*" in *ControlPath=none*) ${words} ;; esac
echo 'kex_exchange_identification: Connection closed by remote host' >&2
echo 'Connection closed by UNKNOWN port 65535' >&2
exit 255`);
  const told = await unreachedBySsh('ssh://a', ['--', 'a'], 'kex_exchange_identification: Connection closed');
  expect(told).toContain(sentence);
});
