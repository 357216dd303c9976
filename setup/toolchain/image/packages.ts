import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../processes';

/** A release of Debian, and what is fetched from it. */
export interface Source {
  suite: string;
  /** With all that they need. */
  wanted: readonly string[];
}

const publicMirror = 'http://deb.debian.org/debian';
const keyrings = ['/usr/share/keyrings/debian-archive-keyring.pgp', '/usr/share/keyrings/debian-archive-keyring.gpg'];

/**
 * Fetches packages of Debian and all that they need into a folder, through an apt of its own: the host's package lists,
 * preferences and hooks are not used, its proxy and logins are. What the folder already holds is not fetched again.
 *
 * @param package the one whose version counts
 * @param version what the software's own version that Debian has must be, or begin with
 * @returns the version of Debian's package and the paths of all package files
 * @throws one sentence: no apt-get, no keyring, lists or packages out of reach, another version in Debian
 */
export async function packages(options: {
  folder: string;
  architecture: string;
  package: string;
  version: string;
  source: Source;
}): Promise<{ debianVersion: string; files: string[] }> {
  const { folder, architecture, package: main, version, source } = options;
  const { suite, wanted } = source;
  const apt = ['-c', await configure(folder, architecture, suite)];
  const reason = await run('apt-get', [...apt, 'update']).then(
    () => 'Debian has none',
    (error: Error) => error.message,
  );
  const found = await run('apt-cache', [...apt, 'show', '--no-all-versions', main]).catch(() => '');
  const debianVersion = /^Version: (.+)$/m.exec(found)?.[1];
  if (debianVersion === undefined)
    throw new Error(`no package lists of Debian ${suite} for ${architecture} (${reason})`);
  const own = /^(?:\d+:)?([^-+~]+)/.exec(debianVersion)?.[1];
  if (own !== version && !own?.startsWith(`${version}.`)) {
    throw new Error(`Debian ${suite} has ${main} ${debianVersion} by now, this program needs ${version}`);
  }
  const [plan] = await Promise.all([
    run('apt-get', [...apt, '--simulate', 'install', ...wanted]),
    run('apt-get', [...apt, '--yes', '--download-only', 'install', ...wanted]),
  ]);
  const files = [...plan.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm)].map(([, name, packageVersion, built]) =>
    join(folder, 'archives', `${name}_${packageVersion?.replace(':', '%3a')}_${built}.deb`),
  );
  return { debianVersion, files };
}

/** Writes apt's configuration and says where it is. */
async function configure(folder: string, architecture: string, suite: string): Promise<string> {
  const keyring = keyrings.find(existsSync);
  if (keyring === undefined) throw new Error('no keyring of Debian; install the package debian-archive-keyring');
  for (const inner of ['lists/partial', 'archives/partial']) mkdirSync(join(folder, inner), { recursive: true });
  writeFileSync(join(folder, 'status'), '');
  // sid's Release file is valid for a week only, and mirrors can lag; that exception is for this source alone.
  const source = `Types: deb
URIs: ${await mirror()}
Suites: ${suite}
Components: main
Targets: Packages
Check-Valid-Until: ${suite === 'sid' ? 'no' : 'yes'}
Signed-By: ${keyring}
`;
  writeFileSync(join(folder, 'debian.sources'), source);
  const configuration = `#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "${architecture}";
APT::Architectures { "${architecture}"; };
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
APT::Sandbox::User "root"; // another user could not read this folder
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
Dir::State "${folder}";
Dir::State::lists "${folder}/lists";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}";
Dir::Cache::archives "${folder}/archives";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "${folder}/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
`;
  writeFileSync(join(folder, 'apt.conf'), configuration);
  return join(folder, 'apt.conf');
}

/** The mirror that a Debian host takes its own release from; elsewhere the public one. */
async function mirror(): Promise<string> {
  const release = readFileSync('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || codename === undefined) return publicMirror;
  const targets = await run('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const uris = [...targets.matchAll(new RegExp(`^${codename} main (\\S+)$`, 'gm'))].map(([, uri]) => uri);
  // Others may serve the same release name; Debian's own archive mostly ends so.
  return uris.find((uri) => /\/debian\/?$/.test(uri ?? '')) ?? uris[0] ?? publicMirror;
}
