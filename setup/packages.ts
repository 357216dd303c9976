/** Packages of Debian and its kin. */

import { existsSync, readFileSync } from 'node:fs';
import { failure, run } from './processes';

/** Whether this machine has packages of Debian or Ubuntu. */
export function isDebian(): boolean {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/**
 * Installs packages without those that they recommend. Only root may.
 *
 * @throws Error with the reasons
 */
export async function installPackages(packages: readonly string[], detail: (text: string) => void): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = ['-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::Retries=1'];
  detail('package lists');
  // A foreign source that fails is no reason to stop: whether the packages can be had shows in the next step.
  const lists = await failure(run('apt-get', [...apt, '-o', 'APT::Update::Error-Mode=any', 'update'], { env }));
  detail('packages');
  // Ends what an installation that was cut off has left half done; apt-get refuses to go on before.
  await failure(run('dpkg', ['--configure', '-a'], { env }));
  const failed = await failure(run('apt-get', [...apt, 'install', '--no-install-recommends', ...packages], { env }));
  if (failed !== undefined) throw new Error(lists === undefined ? failed : `${lists}; ${failed}`);
}
