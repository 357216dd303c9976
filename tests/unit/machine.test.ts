import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { machineOf, NoCommands, remoteWords, Unreached } from '../../operate/machine';
import { lackIn, lackOfMeans } from '../../operate/nftables';
import { quote } from '../../operate/shellWord';
import { sshProblem } from '../../operate/sshProblem';

const odd = ['a b', "it's", '$HOME `id` "\\"', 'line\nbreak', '', '-n', '*', 'ü!'];

test('a text is one word of a shell, whatever stands in it', () => {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s|' ${odd.map(quote).join(' ')}`], { encoding: 'utf8' });
  expect(stdout).toBe(odd.map((word) => `${word}|`).join(''));
});

test('ssh asks nobody, and leaves host keys to its configuration', () => {
  const words = remoteWords('ssh://u@[fd00::7]:2222/run/d.sock', '', ['true'], '-i key');
  expect(words.slice(0, -7)).toEqual([
    ...['-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR', '-l', 'u', '-p', '2222', '-i', 'key'],
    ...['-o', 'ConnectTimeout=10', '-T', '--', 'fd00::7'],
  ]);
  expect(words.join(' ')).not.toContain('StrictHostKeyChecking');
});

describe('a machine behind ssh', () => {
  let folder: string;
  const before = process.env.PATH;
  const root = machineOf('ssh://root@broker.example');

  /** In place of one that logs in elsewhere: what stands behind the host is one line of a shell, as there. */
  function ssh(script: string): void {
    writeFileSync(
      join(folder, 'ssh'),
      `#!/bin/sh\n[ "$1" != -G ] || exit 1\nwhile [ "$1" != -- ]; do shift; done\nshift 2\n${script}\n`,
    );
    chmodSync(join(folder, 'ssh'), 0o755);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-machine-'));
    process.env.PATH = [folder, before].join(delimiter);
    ssh('exec sh -c "$*"');
  });

  afterEach(() => {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  });

  it('gets each word and the input as they are', async () => {
    expect(await root.run(['printf', '%s|', ...odd])).toBe(odd.map((word) => `${word}|`).join(''));
    expect(await root.run(['cat'], 'input\n')).toBe('input\n');
  });

  it('may have a shell that prints words of its own', async () => {
    ssh('echo welcome; exec sh -c "$*"');
    expect(await root.run(['echo', 'said'])).toBe('said\n');
  });

  it('does as root what only root may, by sudo where one is not', async () => {
    writeFileSync(join(folder, 'id'), '#!/bin/sh\necho 1000\n');
    writeFileSync(join(folder, 'sudo'), '#!/bin/sh\necho "sudo $*"\n');
    for (const name of ['id', 'sudo']) chmodSync(join(folder, name), 0o755);
    expect(await root.asRoot(['nft', 'list', 'tables'])).toBe('sudo --non-interactive -- nft list tables\n');
    writeFileSync(join(folder, 'id'), '#!/bin/sh\necho 0\n');
    expect(await root.asRoot(['echo', 'as root'])).toBe('as root\n');
  });

  it('says the last words of what failed there, and of what was not run', async () => {
    await expect(root.run(['sh', '-c', 'echo why >&2; exit 255'])).rejects.toThrow(/^why$/);
    ssh('echo "Host key verification failed." >&2; exit 255');
    await expect(root.run(['true'])).rejects.toThrow(Unreached);
    ssh('echo HTTP/1.1 400 Bad Request');
    await expect(root.run(['true'])).rejects.toThrow(/^broker\.example runs no commands .* no command is forced for$/);
    process.env.PATH = '/nowhere';
    await expect(root.run(['true'])).rejects.toThrow(
      'there is no "ssh" on PATH, and broker.example is reached by it; install it',
    );
  });

  it('lacks nothing, or says what', async () => {
    const nft = (script: string) => {
      writeFileSync(join(folder, 'nft'), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, 'nft'), 0o755);
    };
    nft('exit 0');
    writeFileSync(join(folder, 'id'), '#!/bin/sh\necho 0\n');
    chmodSync(join(folder, 'id'), 0o755);
    expect(await lackOfMeans('ssh://broker.example')).toBeUndefined();
    nft('echo "Operation not supported" >&2; exit 1');
    expect(await lackOfMeans('ssh://broker.example')).toBe(
      'the kernel on broker.example takes no firewall (Operation not supported)',
    );
    ssh('echo "Connection timed out" >&2; exit 255');
    expect(await lackOfMeans('ssh://broker.example')).toMatch(/^ssh does not reach broker\.example /);
  });
});

test('of the machine of an engine that TCP leads to there are no commands', async () => {
  await expect(machineOf('tcp://[fd00::7]:2375').run(['true'])).rejects.toThrow(NoCommands);
  expect(await lackOfMeans('tcp://[fd00::7]:2375')).toMatch(
    /^the broker is on fd00::7, .* write dockerHost: ssh:\/\/USER@\[fd00::7\], or .* write unfiltered: true in each listener$/,
  );
});

test.each([
  ['Host key verification failed.', /^ssh does not know the host key of h; .*: ssh -p 22 u@h$/],
  ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', /^h shows another host key/],
  ['u@h: Permission denied (publickey,password).', /^h does not let u in by a key \(publickey,password\); /],
  ['ssh: Could not resolve hostname h: No such host', /^ssh does not reach h \(Could not resolve hostname h: /],
  ['', /^ssh does not reach h \(it says no reason\); try it by hand: ssh -p 22 u@h$/],
])('ssh that says "%s" is told in a sentence', (said, sentence) => {
  expect(sshProblem('ssh://u@h:22', `${said}\n`)).toMatch(sentence);
});

test.each([
  ['sh: 1: nft: not found', /^the firewall needs nft on h; install the package nftables there/],
  ['sh: line 1: nft: command not found', /^the firewall needs nft on h/],
  ['sh: 1: exec: sudo: not found', /^the firewall needs root on h; write dockerHost: ssh:\/\/root@/],
  ['sudo: a password is required', /^the firewall needs root on h/],
  ['u is not allowed to run sudo on h.', /^the firewall needs root on h/],
])('what a machine lacks that says "%s" is told in a sentence', (said, sentence) => {
  expect(lackIn(said, { name: 'h' })).toMatch(sentence);
  expect(lackIn(said, { name: undefined })).not.toContain(' on h');
});

test('nothing else is taken for a lack', () => {
  expect(lackIn('Error: Could not process rule', { name: 'h' })).toBeUndefined();
});
