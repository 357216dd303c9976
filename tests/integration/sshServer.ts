/**
 * OpenSSH's own server, for a machine that is played: with a host key and users of its own, and no service of this machine.
 * Where the package is not installed, its files alone are fetched into the cache of the product.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { home } from '../../setup/home';
import { alone } from '../../setup/processes';

const installed = '/usr/sbin/sshd';
const packages = ['openssh-server', 'libwrap0'];
/** Programs that newer servers start by themselves, and the option that says where each is. */
const parts = { 'sshd-session': 'SshdSessionPath', 'sshd-auth': 'SshdAuthPath' };

const settings = {
  AuthorizedKeysFile: '.ssh/authorized_keys',
  KbdInteractiveAuthentication: 'no',
  LogLevel: 'VERBOSE',
  PasswordAuthentication: 'no',
  PermitRootLogin: 'prohibit-password',
  PidFile: 'none',
  // Folders of tests are below one that everybody may write.
  StrictModes: 'no',
  UsePAM: 'no',
};

/**
 * A line of a shell that runs the server in the foreground; its words are those of its log. There has to be a user `sshd`,
 * as `preparation` makes it.
 *
 * @param hostKey file
 * @param where address and port
 */
export async function serverLine(hostKey: string, where: { address: string; port: number }): Promise<string> {
  const root = existsSync(installed) ? '' : await fetched();
  const own = Object.entries(parts).flatMap(([name, option]) => {
    const file = join(root, '/usr/lib/openssh', name);
    return root !== '' && existsSync(file) ? [[option, file]] : [];
  });
  const options = [...Object.entries(settings), ...own].map(([name, value]) => `-o ${name}=${value}`);
  const libraries = root === '' ? '' : `env LD_LIBRARY_PATH=${librariesIn(root)} `;
  const place = `-o ListenAddress=${where.address} -p ${where.port}`;
  return `${libraries}${root}${installed} -D -e -f /dev/null -h ${hostKey} ${place} ${options.join(' ')}`;
}

/** What the server wants to find, in a /etc and a /run that are not those of this machine. */
export const preparation = `mkdir -p /run/sshd
chmod 755 /run/sshd
grep -q '^sshd:' /etc/passwd || echo 'sshd:*:47009:47009::/run/sshd:/usr/sbin/nologin' >>/etc/passwd`;

async function fetched(): Promise<string> {
  const root = join(home(), 'sshd');
  await alone(join(home(), 'sshd.lock'), async () => {
    if (existsSync(root)) return;
    mkdirSync(home(), { recursive: true });
    const folder = mkdtempSync(join(home(), 'sshd-'));
    try {
      const download = () => execFileSync('apt-get', ['-qq', 'download', ...packages], { cwd: folder, stdio: 'pipe' });
      try {
        download();
      } catch {
        execFileSync('apt-get', ['-qq', 'update'], { stdio: 'pipe' });
        download();
      }
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.deb'))) {
        execFileSync('dpkg', ['-x', join(folder, name), join(folder, 'root')]);
      }
      renameSync(join(folder, 'root'), root);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return root;
}

function librariesIn(root: string): string {
  const folder = join(root, 'usr/lib');
  const names = readdirSync(folder).filter((name) => name.includes('linux-gnu'));
  return [...names.map((name) => join(folder, name)), ...names.map((name) => join(root, 'lib', name))].join(':');
}
