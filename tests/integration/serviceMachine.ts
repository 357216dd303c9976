/**
 * A machine with systemd and without Docker, that ssh leads to: Debian with files, processes and a network of its own.
 * Only the kernel is that of this machine.
 *
 * It takes its packages from a folder of its own, as there is no network behind it. Its disk is in memory, and its host
 * key and the user's key are of nobody else.
 */

import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DebianRoot, type Outcome, prepareRoot, type Release } from './debianRoot';
import { privileged } from './processes';

/** What a broker needs of the packages. */
const broker = ['iproute2', 'mosquitto', 'netcat-openbsd'];
const system = ['apt', 'ca-certificates', 'dbus', 'nftables', 'openssh-server', 'sudo', 'systemd', 'systemd-sysv'];

/** One has all to install, the other one has it. */
const contents: Readonly<Record<Release, { packages: readonly string[]; kept?: readonly string[] }>> = {
  bookworm: { packages: system, kept: broker },
  trixie: { packages: [...system, ...broker] },
};

/** Users who are not root: one may do all by sudo, one has to give a password for it, one may not, all by the same key. */
export const users = ['admin', 'asked', 'plain'] as const;
type User = (typeof users)[number] | 'root';

const files = (address: string, authorized: string, hostKey: string) => ({
  '/etc/systemd/network/10-host0.network': `[Match]\nName=host0\n[Network]\nAddress=${address}/30\n`,
  '/etc/ssh/ssh_host_ed25519_key': hostKey,
  '/etc/ssh/sshd_config.d/own.conf': 'HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\n',
  '/etc/sudoers.d/own': 'admin ALL=(ALL) NOPASSWD: ALL\nasked ALL=(ALL) ALL\n',
  ...Object.fromEntries(
    ['/root', ...users.map((user) => `/home/${user}`)].map((home) => [`${home}/.ssh/authorized_keys`, authorized]),
  ),
});

const settle = `rm -f /etc/ssh/ssh_host_ecdsa* /etc/ssh/ssh_host_rsa* /etc/ssh/ssh_host_ed25519_key.pub
chmod 600 /etc/ssh/ssh_host_ed25519_key
chmod 440 /etc/sudoers.d/own
for user in ${users.join(' ')}; do useradd --shell /bin/sh $user; chown -R $user: /home/$user; chmod -R go= /home/$user; done
chmod -R go= /root
[ -s /etc/machine-id ] || systemd-machine-id-setup >/dev/null
systemctl -q enable systemd-networkd ssh
mkdir -p /var/log/journal`;

export class ServiceMachine {
  private static folder: string | undefined;
  private readonly off = new AbortController();
  private console: Promise<Outcome> = Promise.resolve({ code: 0, output: '' });
  private said = '';

  private constructor(
    readonly release: Release,
    private readonly root: DebianRoot,
    private readonly link: string,
    /** Of this machine, as it is seen from there; and the other way round. */
    readonly addresses: { here: string; there: string },
  ) {}

  /** Builds what all of them are made of. */
  static async prepare(wanted: readonly Release[]): Promise<void> {
    for (const release of wanted) await prepareRoot(release, contents[release].packages, contents[release].kept);
  }

  /**
   * Boots one.
   *
   * @param before shell script that changes it as root before
   * @param shared folders of this machine that it has, too, by the same path
   */
  static async start(release: Release, before = '', shared: readonly string[] = []): Promise<ServiceMachine> {
    const { packages, kept } = contents[release];
    const root = await DebianRoot.start(release, packages, kept);
    const number = freeNumber();
    const addresses = { here: `10.215.${number}.1`, there: `10.215.${number}.2` };
    const machine = new ServiceMachine(release, root, `aipi-svc-${number}`, addresses);
    try {
      await machine.furnish(before);
      await machine.boot(shared);
    } catch (error) {
      await machine.end();
      throw error;
    }
    return machine;
  }

  private async furnish(before: string): Promise<void> {
    const folder = ServiceMachine.keys();
    const hostKey = join(folder, this.link);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', hostKey]);
    this.know(readFileSync(`${hostKey}.pub`, 'utf8'));
    const authorized = readFileSync(join(folder, 'user.pub'), 'utf8');
    await this.root.write(files(this.addresses.there, authorized, readFileSync(hostKey, 'utf8')));
    await this.root.shell(`${settle}\n${before}`);
  }

  private async boot(shared: readonly string[]): Promise<void> {
    const binds = shared.map((folder) => `--bind=${folder}`);
    const words = ['--capability=CAP_NET_ADMIN', `--network-veth-extra=${this.link}:host0`, ...binds];
    const seen = (text: string) => {
      this.said += text;
    };
    this.console = this.root.boot({ signal: this.off.signal, seen }, ...words);
    let isOff = false;
    void this.console.then(() => {
      isOff = true;
    });
    const isThere = () => networkInterfaces()[this.link] !== undefined;
    for (let tries = 0; tries < 600 && !isOff; tries += 1) {
      if (!isThere()) await this.join().catch(() => undefined);
      if (isThere() && (await this.run('true')).code === 0) return;
      await sleep(50);
    }
    throw new Error(`no machine answers at ${this.addresses.there}:\n${this.said.slice(-4_000)}`);
  }

  /** Brings this machine's end of the line up. */
  private async join(): Promise<void> {
    const batch = `link set ${this.link} up\naddress add ${this.addresses.here}/30 dev ${this.link}\n`;
    const [program = '', ...args] = [...privileged, 'sh', '-c', `printf '${batch}' | PATH="$PATH:/sbin" ip -batch -`];
    await promisify(execFile)(program, args);
  }

  /** @param user who logs in */
  host(user: User = 'root'): string {
    return `ssh://${user}@${this.addresses.there}`;
  }

  /** Runs a shell script there. */
  async run(script: string, user: User = 'root'): Promise<Outcome> {
    const words = [...ServiceMachine.options().split(' '), '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=2'];
    const there = `${user}@${this.addresses.there}`;
    return new Promise((done) => {
      const child = execFile('ssh', [...words, there, 'sh', '-eus'], { maxBuffer: 100_000_000 }, (error, out, err) => {
        done({ code: error === null ? 0 : Number(error.code ?? -1), output: out + err });
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(script);
    });
  }

  /** Runs one that must succeed, and gives its output. */
  async shell(script: string): Promise<string> {
    const { code, output } = await this.run(script);
    if (code !== 0) throw new Error(`${this.release}: ended with ${code}:\n${script}\n${output}`);
    return output;
  }

  /** From then on it shows another host key. */
  async changeHostKey(): Promise<void> {
    const key = join(ServiceMachine.keys(), `${this.link}-other`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    await this.shell(`cat >/etc/ssh/ssh_host_ed25519_key <<'end'\n${readFileSync(key, 'utf8')}end
systemctl restart ssh`);
  }

  private know(key: string): void {
    appendFileSync(join(ServiceMachine.keys(), 'known'), `${this.addresses.there} ${key.trim()}\n`);
  }

  /**
   * `DOCKER_SSH_OPTS`: keys and known hosts of nobody else.
   *
   * @param known whether the host keys of the machines are
   */
  static options(known = true): string {
    const folder = ServiceMachine.keys();
    const hosts = known ? join(folder, 'known') : '/dev/null';
    const settings = ['IdentitiesOnly=yes', `UserKnownHostsFile=${hosts}`, 'GlobalKnownHostsFile=/dev/null'];
    return ['-F /dev/null', `-i ${join(folder, 'user')}`, ...settings.map((each) => `-o ${each}`)].join(' ');
  }

  private static keys(): string {
    if (ServiceMachine.folder === undefined) {
      ServiceMachine.folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-test-service-'));
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(ServiceMachine.folder, 'user')]);
      writeFileSync(join(ServiceMachine.folder, 'known'), '');
    }
    return ServiceMachine.folder;
  }

  /** Forgets the keys; after the last machine has ended. */
  static forget(): void {
    if (ServiceMachine.folder !== undefined) rmSync(ServiceMachine.folder, { recursive: true });
    ServiceMachine.folder = undefined;
  }

  async end(): Promise<void> {
    this.off.abort();
    await this.console;
    await this.root.end();
  }
}

/** Of a network that nobody else has here. */
function freeNumber(): number {
  const taken = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  const numbers = Array.from({ length: 254 }, (_, index) => index + 1).filter((number) => !given.has(number));
  const free = numbers.filter((number) => !taken.some((address) => address.startsWith(`10.215.${number}.`)));
  const number = free[Math.floor(Math.random() * free.length)] ?? 0;
  given.add(number);
  return number;
}

const given = new Set<number>();
