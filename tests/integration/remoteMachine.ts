/**
 * Another machine that ssh leads to, and TLS to its engine: network, processes, files and Docker engine of its own, behind a
 * line that can be slow, lossy or cut. Only the kernel is that of this machine.
 *
 * It ends with this process: mounts, processes and network are those of namespaces, and its disk is in memory.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { engineCertificates } from './engineCertificates';
import { privileged } from './processes';
import { docker } from './project';
import { preparation, serverLine } from './sshServer';

/** Where its engine answers by TLS. */
const tlsPort = 2376;

/** A user of it who is not in the group of the engine, and one for whom there is no `docker` command. */
export const users = { plain: 47_001, bare: 47_002 } as const;

/**
 * Says its number first, and ends with its standard input. Arguments: folder, folder of the `docker` command, numbers of
 * both users, address. The shell of users prints words of its own, as files of a shell may, where they would not be taken for those
 * of the engine.
 */
const start = `set -e
read -r pid _ </proc/self/stat
mount -t proc none /proc
mount -t tmpfs none "$1/there"
mount -t tmpfs none /run
chmod 755 /run
mkdir "$1/there/etc" "$1/there/docker"
find /etc -mindepth 1 -maxdepth 1 ! -name aipi-mqtt -exec cp -a --target-directory="$1/there/etc" {} +
mount --bind "$1/there/etc" /etc
${preparation}
cat >"$1/there/shell" <<end
#!/bin/sh
echo "\\$2" >>"$1/there/commands" 2>/dev/null || :
case "\\$2" in *dial-stdio*) ;; *) echo welcome ;; esac
PATH="\\$PATH:$2"
exec /bin/sh "\\$@"
end
sed '/^PATH/d;s|exec /bin/sh|PATH=/nowhere exec /bin/sh|' "$1/there/shell" >"$1/there/bare"
chmod 755 "$1" "$1/there" "$1/there/shell" "$1/there/bare"
: >"$1/there/commands"
chmod 666 "$1/there/commands"
printf '%s\\n' "$1/there/shell" "$1/there/bare" >>/etc/shells
sed -i "s|^root:.*|root:*:0:0::$1/there/home-root:$1/there/shell|" /etc/passwd
echo "plain:*:$3:$3::$1/there/home-plain:$1/there/shell" >>/etc/passwd
echo "bare:*:$4:$4::$1/there/home-bare:$1/there/bare" >>/etc/passwd
printf 'plain:*:1::::::\\nbare:*:1::::::\\n' >>/etc/shadow
for user in root plain bare; do
  mkdir -p "$1/there/home-$user/.ssh"
  cat "$1/user.pub" "$1/locked.pub" >"$1/there/home-$user/.ssh/authorized_keys"
  chown -R "$user:" "$1/there/home-$user" 2>/dev/null || chown -R "$(id -u $user)" "$1/there/home-$user"
  chmod -R go= "$1/there/home-$user"
done
echo "$pid"
read -r line
dockerd --data-root "$1/there/docker" --exec-root /run/docker-exec --pidfile /run/docker.pid --group root \\
  --host unix:///run/docker.sock --host "unix://$1/docker.sock" --host "tcp://$5:${tlsPort}" --tlsverify \\
  --tlscacert "$1/engine/ca.pem" --tlscert "$1/engine/engine.pem" --tlskey "$1/engine/engine.key" >"$1/dockerd.log" 2>&1 &
chmod 600 "$1/host" "$1/host-other"
serve() { eval "exec $line" 2>>"$1/ssh.log" & server=$!; }
serve "$1"
while read -r word; do
  case "$word" in
    hangup) kill $(cat "/proc/$server/task/$server/children") || : ;;
    rekey)
      kill "$server" $(cat "/proc/$server/task/$server/children")
      wait "$server" || :
      mv "$1/host" "$1/host-before"
      mv "$1/host-other" "$1/host"
      mv "$1/host-before" "$1/host-other"
      serve "$1"
      ;;
  esac
done`;

export class RemoteMachine {
  private constructor(
    readonly folder: string,
    /** Of this machine, as it is seen from there; and the other way round. */
    readonly addresses: { here: string; there: string },
    private readonly machine: ChildProcess,
    private readonly line: ChildProcess,
    private readonly hostKey: string,
    /** Number of its first process, as this machine counts. */
    private readonly pid: string,
  ) {}

  /** @param number of its network; different ones are there at once */
  static async start(number = freeNumber()): Promise<RemoteMachine> {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-test-remote-'));
    mkdirSync(join(folder, 'there'));
    for (const name of ['user', 'locked', 'stranger', 'host', 'host-other']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    }
    const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').trim();
    const tools = dirname(execFileSync('which', ['docker'], { encoding: 'utf8' }).trim());
    const namespaces = [
      '--mount',
      '--pid',
      '--net',
      '--uts',
      '--ipc',
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
    ];
    const addresses = { here: `10.213.${number}.1`, there: `10.213.${number}.2` };
    engineCertificates(join(folder, 'engine'), `IP:${addresses.there}`);
    const parameters = [folder, tools, ...Object.values(users).map(String), addresses.there];
    const machine = asRoot('unshare', ...namespaces, 'sh', '-c', start, 'sh', ...parameters);
    const pid = await said(machine);
    const program = resolve(__dirname, 'line.py');
    const line = asRoot('python3', program, pid, addresses.here, addresses.there);
    await said(line);
    machine.stdin?.write(`${await serverLine(join(folder, 'host'), { address: '0.0.0.0', port: 22 })}\n`);
    const remote = new RemoteMachine(folder, addresses, machine, line, hostKey, pid);
    await remote.ready();
    return remote;
  }

  private async ready(): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      const isThere = ['docker.sock', 'ssh.log'].every((name) => existsSync(join(this.folder, name)));
      if (isThere && /Server listening/.test(this.serverLog) && (await this.docker.ping().catch(() => false))) return;
      await sleep(50);
    }
    const log = readFileSync(join(this.folder, 'dockerd.log'), 'utf8');
    await this.end();
    throw new Error(`no engine answers there:\n${log.slice(-2_000)}`);
  }

  /** Its engine, by a way that is none of ssh. */
  get docker(): Docker {
    return new Docker({ socketPath: join(this.folder, 'docker.sock') });
  }

  /** Brings an image of this machine's engine there. */
  async load(reference: string): Promise<void> {
    const image = await docker.getImage(reference).get();
    const file = join(this.folder, 'image.tar');
    const { createWriteStream } = await import('node:fs');
    await pipeline(image, createWriteStream(file));
    const loaded = await this.docker.loadImage(file);
    await new Promise((done, fail) => loaded.once('end', done).once('error', fail).resume());
    rmSync(file);
  }

  /** @param user who logs in */
  host(user = 'root'): string {
    return `ssh://${user}@${this.addresses.there}`;
  }

  /** The same engine by TLS. */
  get tlsHost(): string {
    return `tcp://${this.addresses.there}:${tlsPort}`;
  }

  /** `DOCKER_CERT_PATH` for it. */
  get certificates(): string {
    return join(this.folder, 'engine');
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
    writeFileSync(hosts, known === 'none' ? '' : `${this.addresses.there} ${key}\n`);
    const settings = ['IdentitiesOnly=yes', `UserKnownHostsFile=${hosts}`, 'GlobalKnownHostsFile=/dev/null'];
    return ['-F /dev/null', `-i ${join(this.folder, user)}`, ...settings.map((each) => `-o ${each}`)].join(' ');
  }

  /**
   * `DOCKER_SSH_OPTS`: a configuration of ssh, in which `site` is this machine, and known hosts are hashed.
   *
   * @param way past others: by a login to `gate`, behind which it is known as its own loopback
   * @param keys file of the key of each; `locked` is one that {@link lock} encrypts
   * @param known whose host key is known as that of `gate`
   */
  configuration(
    way: 'straight' | 'past others' = 'straight',
    keys: { site?: 'user' | 'locked'; gate?: 'user' | 'locked' } = {},
    known: 'its own' | 'another' | 'none' = 'its own',
  ): string {
    const { site = 'user', gate = 'user' } = keys;
    const file = join(this.folder, ['config', way, site, gate, known].join('-').replaceAll(' ', '-'));
    const hosts = (name: string, address: string, whose: typeof known) => {
      const text = join(this.folder, whose === 'another' ? 'stranger.pub' : 'host.pub');
      const key = readFileSync(text, 'utf8').trim();
      writeFileSync(`${file}-${name}`, whose === 'none' ? '' : `${address} ${key}\n`);
      if (whose !== 'none') execFileSync('ssh-keygen', ['-q', '-H', '-f', `${file}-${name}`], { stdio: 'ignore' });
      return `UserKnownHostsFile ${file}-${name}`;
    };
    const address = way === 'straight' ? this.addresses.there : '127.0.0.1';
    const lines = [
      ...['Host site', `HostName ${address}`, 'User root', `IdentityFile ${join(this.folder, site)}`],
      hosts('site', address, 'its own'),
      ...(way === 'straight' ? [] : ['ProxyJump gate']),
      ...['Host gate', `HostName ${this.addresses.there}`, 'Port 22', 'User plain'],
      ...[`IdentityFile ${join(this.folder, gate)}`, hosts('gate', this.addresses.there, known)],
      ...['Host *', 'IdentitiesOnly yes', 'GlobalKnownHostsFile /dev/null'],
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return `-F ${file}`;
  }

  /**
   * Encrypts the key `locked`, so that an agent alone can use it.
   *
   * @param agent its socket
   */
  lock(agent: string): void {
    const file = join(this.folder, 'locked');
    execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: agent }, stdio: 'ignore' });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', file], { stdio: 'ignore' });
  }

  /** What its server of SSH has said. */
  get serverLog(): string {
    return readFileSync(join(this.folder, 'ssh.log'), 'utf8');
  }

  /** How many logins there were. */
  get logins(): number {
    return this.serverLog.split('Accepted publickey').length - 1;
  }

  /** A program there that listens on a port of all addresses, until it is killed. */
  async listen(port: number): Promise<ChildProcess> {
    const script = `require("node:net").createServer().listen(${port}, () => console.log("listens"))`;
    const child = asRoot('nsenter', '--target', this.pid, '--net', process.execPath, '-e', script);
    await said(child);
    return child;
  }

  /** Its own files and those of its containers that hold one of several texts. */
  filesWith(texts: readonly string[]): string[] {
    const there = join(this.folder, 'there');
    const grep = ['grep', '--recursive', '--files-with-matches', '--devices=skip', '--fixed-strings', '--file=-'];
    const words = ['nsenter', '--target', this.pid, '--mount', ...grep, there, '/run'];
    const [program = '', ...args] = [...privileged, ...words];
    const { status, stdout } = spawnSync(program, args, { input: texts.join('\n'), encoding: 'utf8', maxBuffer: 1e8 });
    if (status === null || status > 2) throw new Error(`grep ended with ${status}`);
    return stdout.split('\n').filter((name) => name !== '');
  }

  /** Lines of shells that users have run there. */
  get commands(): string[] {
    const words = ['nsenter', '--target', this.pid, '--mount', 'cat', join(this.folder, 'there', 'commands')];
    const [program = '', ...args] = [...privileged, ...words];
    return execFileSync(program, args, { encoding: 'utf8' }).split('\n');
  }

  /** From then on it shows another host key, the other time the one from before again. */
  async changeHostKey(): Promise<void> {
    const before = this.serverLog.split('Server listening').length;
    this.machine.stdin?.write('rekey\n');
    while (this.serverLog.split('Server listening').length === before) await sleep(20);
  }

  /** Breaks every connection of ssh; whoever comes again is let in. */
  hangUp(): void {
    this.machine.stdin?.write('hangup\n');
  }

  /**
   * Tells the line something: see line.py.
   *
   * @returns how many packets have passed so far
   */
  async tell(words: string): Promise<number> {
    const answer = said(this.line);
    this.line.stdin?.write(`${words}\n`);
    return Number(await answer);
  }

  async end(): Promise<void> {
    for (const child of [this.machine, this.line]) {
      const ended = child.exitCode === null ? once(child, 'exit') : undefined;
      child.stdin?.end();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Of a network that nobody else has here. */
function freeNumber(): number {
  const taken = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const numbers = Array.from({ length: 150 }, (_, index) => index + 100);
  const free = numbers.filter((number) => !taken.some((address) => address.startsWith(`10.213.${number}.`)));
  return free[Math.floor(Math.random() * free.length)] ?? 0;
}

function asRoot(...words: string[]): ChildProcess {
  const [program = '', ...args] = [...privileged, ...words];
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  child.stdin.on('error', () => {});
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it has no output');
  const [data] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`it ended with ${code}`);
    }),
  ]);
  return String(data).trim();
}
