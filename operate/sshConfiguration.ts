/**
 * What `ssh` makes of a name: `~/.ssh/config` may call a machine otherwise than its network does, and lead there by others.
 *
 * Source: ssh(1), -G; ssh_config(5), HostName, ProxyJump and ProxyCommand.
 */

import { execFile } from 'node:child_process';

/** What a configuration runs may wait for something. */
const patienceMilliseconds = 20_000;

type Configuration = Readonly<Record<string, string | undefined>>;

const asked = new Map<string, Promise<Configuration>>();

/**
 * Keywords in small letters, each with its value; none where `ssh` does not say.
 *
 * @param words behind `ssh` that name the machine, as `loginWords` gives them
 */
export function configurationOf(words: readonly string[]): Promise<Configuration> {
  const key = JSON.stringify([words, process.env.PATH]);
  const before = asked.get(key);
  if (before !== undefined) return before;
  const configuration = new Promise<Configuration>((resolve) => {
    const options = { env: process.env, timeout: patienceMilliseconds };
    const child = execFile('ssh', ['-G', ...words], options, (error, stdout) => {
      const lines = error === null ? stdout.split('\n') : [];
      resolve(Object.fromEntries(lines.map((line) => line.split(' ', 2) as [string, string])));
    });
    child.stdin?.on('error', () => {}).end();
  });
  asked.set(key, configuration);
  return configuration;
}

/** Where a machine is. */
export interface Destination {
  /** Name or address in the network; undefined where `ssh` does not say. */
  address: string | undefined;
  /** Whether other machines lead there, so that its network may not be that of this machine. */
  isBehindOthers: boolean;
}

/** @param words as those of `configurationOf` */
export async function destinationOf(words: readonly string[]): Promise<Destination> {
  const { hostname, proxyjump = 'none', proxycommand = 'none' } = await configurationOf(words);
  return { address: hostname, isBehindOthers: proxyjump !== 'none' || proxycommand !== 'none' };
}
