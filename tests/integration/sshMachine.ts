/**
 * Another machine that ssh leads to, as far as this one can play it: a real server of SSH with a host key and a user's key
 * of its own, whose users have another /etc and other homes than this machine. Kernel, network and Docker engine are the
 * same.
 *
 * Nothing of it has a name on this machine but a folder and a port: its mounts and processes end with it.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privileged } from './processes';

/** A user of it who is nobody else here, and may do nothing as root. */
export const plainUser = { name: 'aipi-plain', id: 47_001 };

/**
 * Arguments: folder, port, folder of the `docker` command, name and number of the plain user. The shell of users writes
 * down each command, after the words that files of a shell may print.
 */
const start = `set -e
mount -t tmpfs none "$1/there"
cp -a /etc "$1/there/etc"
mount --bind "$1/there/etc" /etc
cat >"$1/there/shell" <<end
#!/bin/sh
echo "\\$2" >>"$1/there/commands" 2>/dev/null || :
case "\\$2" in *dial-stdio*) ;; *) echo welcome ;; esac
PATH="\\$PATH:$3"
exec /bin/sh "\\$@"
end
chmod 755 "$1" "$1/there" "$1/there/shell"
: >"$1/there/commands"
chmod 666 "$1/there/commands"
echo "$1/there/shell" >>/etc/shells
sed -i "s|^root:.*|root:*:0:0::$1/there/root:$1/there/shell|" /etc/passwd
echo "$4:*:$5:$5::$1/there/plain:$1/there/shell" >>/etc/passwd
echo "$4:*:1::::::" >>/etc/shadow
for home in root plain; do
  mkdir -p "$1/there/$home/.ssh"
  cp "$1/user.pub" "$1/there/$home/.ssh/authorized_keys"
done
chown -R "$5:$5" "$1/there/plain"
chmod -R go= "$1/there/root" "$1/there/plain"
exec dropbear -F -E -s -m -r "$1/host" -p "127.0.0.1:$2" -P ''`;

export class SshMachine {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly server: ChildProcess,
    private readonly hostKey: string,
  ) {}

  static async start(port: number): Promise<SshMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-test-ssh-'));
    mkdirSync(join(folder, 'there'));
    for (const name of ['user', 'stranger']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    }
    const said = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', join(folder, 'host')], { stdio: 'pipe' });
    const hostKey = String(said).match(/^ssh-ed25519 \S+/m)?.[0] ?? '';
    const docker = dirname(execFileSync('which', ['docker'], { encoding: 'utf8' }).trim());
    const namespaces = ['--mount', '--pid', '--mount-proc', '--fork', '--kill-child', '--propagation', 'private'];
    const parameters = [folder, String(port), docker, plainUser.name, String(plainUser.id)];
    const [program = '', ...args] = [...privileged, 'unshare', ...namespaces, 'sh', '-c', start, 'sh', ...parameters];
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let words = '';
    server.stderr?.on('data', (data) => {
      words += data;
    });
    const machine = new SshMachine(folder, port, server, hostKey);
    while (!(await answers(port))) {
      if (server.exitCode !== null) throw new Error(`no server of SSH: ${words}`);
      await sleep(20);
    }
    return machine;
  }

  /** @param user who logs in */
  host(user = 'root'): string {
    return `ssh://${user}@127.0.0.1:${this.port}`;
  }

  /**
   * `DOCKER_SSH_OPTS`: keys and known hosts of nobody else.
   *
   * @param user `stranger` is let in nowhere
   * @param known whose host key is known as that of this machine
   */
  options(user: 'user' | 'stranger' = 'user', known: 'its own' | 'another' | 'none' = 'its own'): string {
    const hosts = join(this.folder, `known ${known}`.replaceAll(' ', '-'));
    const key = known === 'another' ? readFileSync(join(this.folder, 'stranger.pub'), 'utf8').trim() : this.hostKey;
    writeFileSync(hosts, known === 'none' ? '' : `[127.0.0.1]:${this.port} ${key}\n`);
    const settings = ['IdentitiesOnly=yes', `UserKnownHostsFile=${hosts}`, 'GlobalKnownHostsFile=/dev/null'];
    return ['-F /dev/null', `-i ${join(this.folder, user)}`, ...settings.map((each) => `-o ${each}`)].join(' ');
  }

  async end(): Promise<void> {
    const ended = once(this.server, 'exit');
    // By sudo only the one that it was started by takes its signal.
    this.server.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('close', () => socket.destroy());
    setTimeout(() => socket.destroy(), 100);
  });
}
