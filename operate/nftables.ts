/** The table of a broker's firewall, in the kernel and on the disk of this machine. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Firewall, type FirewallReport, type Opening, tableName, tableScript } from '../mosquitto/firewall';
import { isDockerDesktop, remoteMachine } from './docker';
import { asRoot } from './root';

const folder = '/etc/aipi-mqtt/firewall';
const units = '/etc/systemd/system';

const scriptFile = (name: string) => `${folder}/${name}.nft`;
const recordFile = (name: string) => `${folder}/${name}.json`;
const unitName = (name: string) => `aipi-mqtt-firewall-${name}.service`;
const wish = (name: string) => `${units}/sysinit.target.wants/${unitName(name)}`;
const addition = (name: string) => `${units}/nftables.service.d/aipi-mqtt-firewall-${name}.conf`;

/**
 * Puts a table in force, in the place of the one that is there, as a whole or not at all. Whoever is connected stays.
 *
 * @throws Error where nft does not take it; nothing is changed then
 */
export async function putInForce({ containerName, openings }: Firewall): Promise<FirewallReport> {
  const script = tableScript(containerName, openings);
  await nft(['--check', '--file', '-'], script);
  await write(scriptFile(containerName), script);
  await write(recordFile(containerName), `${JSON.stringify(openings)}\n`);
  const notKept = await keep(containerName);
  await nft(['--file', '-'], script);
  const table = await tableInForce(containerName);
  return { table: table ?? '', ...(notKept !== undefined && { notKept }) };
}

/** The table as nft lists it, without counters; undefined where there is none. */
export async function tableInForce(containerName: string): Promise<string | undefined> {
  try {
    return await nft(['--stateless', 'list', 'table', 'inet', tableName(containerName)]);
  } catch (error) {
    if (/No such file or directory/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** What was put in force last on this machine; nothing where nothing was. */
export function openingsInForce(containerName: string): Opening[] {
  const file = recordFile(containerName);
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Opening[];
  } catch {
    // Somebody has damaged it; the table itself is compared in any case.
    return [];
  }
}

/** Takes everything away that was put in force. */
export async function takeAway(containerName: string): Promise<void> {
  if ((await tableInForce(containerName)) !== undefined) {
    await nft(['delete', 'table', 'inet', tableName(containerName)]);
  }
  if (hasSystemd() && existsSync(`${units}/${unitName(containerName)}`)) {
    await asRoot(['systemctl', 'disable', '--quiet', unitName(containerName)]);
  }
  const kept = [`${units}/${unitName(containerName)}`, addition(containerName)];
  await asRoot(['rm', '-f', scriptFile(containerName), recordFile(containerName), ...kept]);
  await asRoot(['rmdir', '--ignore-fail-on-non-empty', '-p', folder]).catch(() => {});
  await asRoot(['rmdir', '--ignore-fail-on-non-empty', dirname(addition(containerName))]).catch(() => {});
  if (hasSystemd()) await asRoot(['systemctl', 'daemon-reload']);
}

/**
 * Why there can be no firewall, with the remedy; undefined where there can.
 *
 * @param dockerHost engine of the broker; null for that of the environment
 */
export async function lackOfMeans(dockerHost: string | null): Promise<string | undefined> {
  const elsewhere = remoteMachine(dockerHost);
  if (elsewhere !== undefined) {
    return `the broker is on ${elsewhere}, and a firewall is made on this machine alone; see to it there, and write unfiltered: true in each listener`;
  }
  if (process.platform !== 'linux') {
    return 'a firewall can be made on Linux alone; bind the listeners to addresses that only your network reaches, and write unfiltered: true there';
  }
  if (await isDockerDesktop(dockerHost)) {
    return 'Docker Desktop publishes ports from a machine of its own, which no firewall of this one sees; bind the listeners to addresses that only your network reaches, and write unfiltered: true there';
  }
  try {
    await nft(['--version']);
    await nft(['list', 'tables', 'inet']);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (/there is no sudo|a password is required|not allowed|may not run sudo/i.test(message)) {
      return 'the firewall needs root; run this as root, or let your user use sudo without a password';
    }
    if (/there is no nft|nft: command not found/i.test(message)) {
      return 'the firewall needs nft; install the package nftables, for example: apt-get install nftables';
    }
    return `the kernel takes no firewall (${message})`;
  }
}

function nft(words: readonly string[], input = ''): Promise<string> {
  return asRoot(['nft', ...words], input);
}

/** A file is there as a whole or as it was. */
async function write(path: string, content: string): Promise<void> {
  const script = 'umask 022; mkdir -p "$(dirname "$1")"; cat >"$1.unfinished"; mv "$1.unfinished" "$1"';
  await asRoot(['sh', '-ec', script, 'sh', path], content);
}

/** Source: systemd(1), sd_booted(3). */
function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}

/**
 * A unit of its own: that of the package nftables would take the tables of Docker and of other firewalls away.
 *
 * @returns why the table is not there after a boot
 */
async function keep(containerName: string): Promise<string | undefined> {
  if (!hasSystemd()) return 'this machine has no systemd to put it in force when it boots; run up again after a boot';
  const files = {
    [`${units}/${unitName(containerName)}`]: unitText(containerName),
    [addition(containerName)]: additionText(containerName),
  };
  const isThere = ([path, content]: [string, string]) => existsSync(path) && readFileSync(path, 'utf8') === content;
  if (Object.entries(files).every(isThere) && existsSync(wish(containerName))) return undefined;
  for (const [path, content] of Object.entries(files)) await write(path, content);
  await asRoot(['systemctl', 'daemon-reload']);
  await asRoot(['systemctl', 'enable', '--quiet', unitName(containerName)]);
  return undefined;
}

/** It is done before the network is up, and before Docker of root or of a user is. Source: systemd.special(7). */
function unitText(containerName: string): string {
  return `[Unit]
Description=Who may reach the broker ${containerName}
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target sysinit.target shutdown.target
After=local-fs.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${scriptFile(containerName)}

[Install]
WantedBy=sysinit.target
`;
}

/**
 * The service of the package nftables flushes every table whenever it is started, reloaded, restarted or stopped.
 *
 * A unit that comes after it does not run again then; and where it waits for sockets, as on Fedora, such a unit and that
 * of Docker's socket would wait for each other.
 */
function additionText(containerName: string): string {
  const again = `-/usr/sbin/nft --file ${scriptFile(containerName)}`;
  return `[Service]
ExecStartPost=${again}
ExecReload=${again}
ExecStopPost=${again}
`;
}
