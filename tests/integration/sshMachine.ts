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
import { preparation, serverLine } from './sshServer';

/** A user of it who is nobody else here, and may do nothing as root. */
export const plainUser = { name: 'aipi-plain', id: 47_001 };

/**
 * Ends with its standard input. Arguments: folder, port, folder of the `docker` command, name and number of the plain user, line that runs the server. The shell of users prints
 * words of its own, as files of a shell may, where they would not be taken for those of the engine. Firewalls of this
 * machine are not copied.
 */
const start = `set -e
mount -t tmpfs none "$1/there"
mkdir "$1/there/etc"
find /etc -mindepth 1 -maxdepth 1 ! -name aipi-mqtt -exec cp -a --target-directory="$1/there/etc" {} +
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
mkdir "$1/there/run"
mount --bind /run "$1/there/run"
mount -t tmpfs none /run
if test -S "$1/there/run/docker.sock"; then
  : >/run/docker.sock
  mount --bind "$1/there/run/docker.sock" /run/docker.sock
fi
${preparation}
eval "exec $6" &
exec cat`;

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
    for (const name of ['user', 'stranger', 'host']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    }
    const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').trim();
    const docker = dirname(execFileSync('which', ['docker'], { encoding: 'utf8' }).trim());
    const namespaces = ['--mount', '--pid', '--mount-proc', '--fork', '--kill-child', '--propagation', 'private'];
    const line = await serverLine(join(folder, 'host'), { address: '127.0.0.1', port });
    const parameters = [folder, String(port), docker, plainUser.name, String(plainUser.id), line];
    const [program = '', ...args] = [...privileged, 'unshare', ...namespaces, 'sh', '-c', start, 'sh', ...parameters];
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const server = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env });
    let words = '';
    server.stderr?.on('data', (data) => {
      words += data;
    });
    const machine = new SshMachine(folder, port, server, hostKey);
    for (let tries = 0; tries < 500; tries++) {
      if (await answers(port)) return machine;
      await sleep(20);
    }
    await machine.end();
    throw new Error(`no server of SSH answers: ${words}`);
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
    this.server.stdin?.end();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
