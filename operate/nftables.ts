/** The table of a broker's firewall, in the kernel and on the disk of the engine's machine. */

import { type Firewall, type FirewallReport, tableName, tableScript } from '../mosquitto/firewall';
import { meanwhile } from '../mosquitto/meanwhile';
import { type Machine, machineOf, Unreached } from './machine';

const folder = '/etc/aipi-mqtt/firewall';
const units = '/etc/systemd/system';

const scriptFile = (name: string) => `${folder}/${name}.nft`;
const recordFile = (name: string) => `${folder}/${name}.json`;
const unitFile = (name: string) => `${units}/aipi-mqtt-firewall-${name}.service`;

/**
 * Its own unit: that of the package nftables would take the tables of Docker and of other firewalls away. A file is there
 * as a whole or as it was.
 *
 * Arguments: folder, container, file of the unit, unit, table. Standard input: what was put in force in one line, then the
 * table. Standard output: whether it comes back after a boot in one line, then the table as nft lists it.
 *
 * Source for the folder of systemd: sd_booted(3).
 */
const put = `umask 022
mkdir -p "$1"
new="$1/$2.unfinished"
trap 'rm -f "$new" "$new.nft" "$new.json"; rmdir -p "$1" 2>/dev/null || :' EXIT
cat >"$new"
# Whoever sends it may be ended before its end.
test "$(tail -n 1 "$new")" = '}'
sed 1d "$new" >"$new.nft"
sed 1q "$new" >"$new.json"
nft --check --file "$new.nft"
mv "$new.nft" "$1/$2.nft"
mv "$new.json" "$1/$2.json"
if test -d /run/systemd/system; then
  unit="\${3##*/}"
  if ! printf %s "$4" | cmp -s - "$3" || ! systemctl is-enabled --quiet "$unit"; then
    printf %s "$4" >"$3.unfinished"
    mv "$3.unfinished" "$3"
    systemctl daemon-reload
    systemctl enable --quiet "$unit"
  fi
  echo kept
else
  echo 'not kept'
fi
nft --file "$1/$2.nft"
nft --stateless list table inet "$5"`;

/** Arguments as those of `put`. What is not there is no fault. */
const remove = `printf 'table inet %s\\ndelete table inet %s\\n' "$5" "$5" | nft --file -
if test -d /run/systemd/system && test -e "$3"; then systemctl disable --quiet "\${3##*/}"; fi
rm -f "$1/$2.nft" "$1/$2.json" "$1/$2.unfinished" "$1/$2.unfinished.nft" "$1/$2.unfinished.json" "$3" "$3.unfinished"
rmdir -p "$1" 2>/dev/null || :
if test -d /run/systemd/system; then systemctl daemon-reload; fi`;

const namesOf = (name: string) => [folder, name, unitFile(name), unitText(name), tableName(name)];

/**
 * Puts a table in force, in the place of the one that is there, as a whole or not at all. Whoever is connected stays.
 *
 * @throws Error where nft does not take it; nothing is changed then
 */
export async function putInForce(machine: Machine, firewall: Firewall): Promise<FirewallReport> {
  const { containerName, openings } = firewall;
  const input = `${JSON.stringify(firewall)}\n${tableScript(containerName, openings)}`;
  const said = await inShell(machine, put, namesOf(containerName), input);
  const at = said.indexOf('\n') + 1;
  const notKept = `${machine.name ?? 'this machine'} has no systemd to put it in force when it boots; run up again after a boot`;
  return { table: said.slice(at), ...(said.startsWith('not kept') && { notKept }) };
}

/** The table as nft lists it, without counters; undefined where there is none. */
export async function tableInForce(machine: Machine, containerName: string): Promise<string | undefined> {
  try {
    return await inShell(machine, 'nft --stateless list table inet "$1"', [tableName(containerName)]);
  } catch (error) {
    if (/No such file or directory/.test((error as Error).message)) return undefined;
    throw error;
  }
}

/** What was put in force last on a machine, whoever has changed it since; undefined where nothing was. */
export async function firewallInForce(machine: Machine, containerName: string): Promise<Firewall | undefined> {
  if (isOther(machine)) return undefined;
  const said = await machine.run(['sh', '-ec', 'test ! -e "$1" || cat "$1"', 'sh', recordFile(containerName)]);
  try {
    const { owner, openings } = JSON.parse(said) as Partial<Firewall>;
    return owner === undefined || openings === undefined ? undefined : { containerName, owner, openings };
  } catch {
    // There is none, or somebody has damaged it; the table itself is compared in any case.
    return undefined;
  }
}

/**
 * Puts in force what lets nobody in whom either this firewall or the one before keeps out: which of both brokers answers
 * is not known.
 */
export async function putInForceMeanwhile<T extends Firewall>(machine: Machine, firewall: T): Promise<FirewallReport> {
  const before = await firewallInForce(machine, firewall.containerName);
  return putInForce(machine, { ...firewall, openings: meanwhile(before?.openings ?? [], firewall.openings) });
}

/** Takes away what somebody has left who was ended while he wrote; whoever writes now fails, and says so. */
export async function takeUnfinishedAway(machine: Machine, containerName: string): Promise<void> {
  if (isOther(machine)) return;
  const left = `${folder}/${containerName}.unfinished`;
  const found = await machine.run(['sh', '-ec', 'test ! -e "$1" || echo "$1"', 'sh', left]);
  const script = 'rm -f "$1" "$1.nft" "$1.json"; rmdir -p "$2" 2>/dev/null || :';
  if (found !== '') await inShell(machine, script, [left, folder]);
}

/** Takes everything away that was put in force. */
export async function takeAway(machine: Machine, containerName: string): Promise<void> {
  if (isOther(machine)) return;
  await inShell(machine, remove, namesOf(containerName));
}

/**
 * Why there can be no firewall, with the remedy; undefined where there can.
 *
 * @param dockerHost engine of the broker; null for that of the environment
 */
export async function lackOfMeans(dockerHost: string | null): Promise<string | undefined> {
  const machine = machineOf(dockerHost);
  if (isOther(machine)) {
    return 'a firewall can be made on Linux alone; bind the listeners to addresses that only your network reaches, and write unfiltered: true there';
  }
  try {
    await inShell(machine, 'nft list tables inet >/dev/null', []);
    return undefined;
  } catch (error) {
    if (error instanceof Lack || error instanceof Unreached) return error.message;
    return `the kernel${at(machine)} takes no firewall (${(error as Error).message})`;
  }
}

/** Something that the machine lacks. The message says what, and the remedy. */
class Lack extends Error {}

async function inShell(
  machine: Machine,
  script: string,
  parameters: readonly string[],
  input?: string,
): Promise<string> {
  try {
    return await machine.asRoot(['sh', '-ec', script, 'sh', ...parameters], input);
  } catch (error) {
    const lack = error instanceof Unreached ? undefined : lackIn((error as Error).message, machine);
    throw lack === undefined ? error : new Lack(lack);
  }
}

/** What a machine lacks, by the words of `sudo` or of a shell, in English. */
export function lackIn(message: string, machine: Pick<Machine, 'name'>): string | undefined {
  const { name } = machine;
  if (
    /there is no sudo|sudo: (command )?not found|a password is required|not allowed|may not run sudo/i.test(message)
  ) {
    return name === undefined
      ? 'the firewall needs root; run this as root, or let your user use sudo without a password'
      : `the firewall needs root on ${name}; write dockerHost: ssh://root@…, or let the user there use sudo without a password`;
  }
  if (/\bnft: (command )?not found/i.test(message)) {
    return `the firewall needs nft${at(machine)}; install the package nftables${name === undefined ? '' : ' there'}, for example: apt-get install nftables`;
  }
  return undefined;
}

function at({ name }: Pick<Machine, 'name'>): string {
  return name === undefined ? '' : ` on ${name}`;
}

/** Whether it is this machine, and another system than Linux. */
function isOther({ name }: Machine): boolean {
  return name === undefined && process.platform !== 'linux';
}

/** It is done before the network is up and before Docker publishes a port. Source: systemd.special(7). */
function unitText(containerName: string): string {
  return `[Unit]
Description=Who may reach the broker ${containerName}
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target docker.service docker.socket
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
