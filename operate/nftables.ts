/** The table of a broker's firewall, in the kernel and on the disk of the engine's machine. */

import { type Firewall, type FirewallReport, tableName, tableScript } from '../mosquitto/firewall';
import { meanwhile } from '../mosquitto/meanwhile';
import { isDockerDesktop } from './docker';
import { additionFile, additionText, unitFile, unitText } from './firewallUnit';
import { type Machine, machineOf, Unreached } from './machine';

const folder = '/etc/aipi-mqtt/firewall';
const unfinishedFile = (name: string) => `${folder}/${name}.unfinished`;
const recordFile = (name: string) => `${folder}/${name}.json`;

/**
 * A file is there as a whole or as it was.
 *
 * Arguments: folder, container, file of the unit, unit, table, file of the addition, addition. Standard input: what was put
 * in force in one line, then the table. Standard output: whether it comes back after a boot in one line, then the table as
 * nft lists it.
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
  if ! printf %s "$4" | cmp -s - "$3" || ! printf %s "$7" | cmp -s - "$6" || ! systemctl is-enabled --quiet "$unit"; then
    mkdir -p "\${6%/*}"
    printf %s "$7" >"$6.unfinished"
    mv "$6.unfinished" "$6"
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

/** Arguments as those of `put`. Standard input: the table as it was written. Standard output as that of `put`. */
const find = `asWritten() { printf %s "$1" | cmp -s - "$2"; }
if cmp -s - "$1/$2.nft" && {
  ! test -d /run/systemd/system ||
    { asWritten "$4" "$3" && asWritten "$7" "$6" && systemctl is-enabled --quiet "\${3##*/}"; }
}; then echo kept; else echo 'not kept'; fi
nft --stateless list table inet "$5"`;

/** Arguments as those of `put`. What is not there is no fault. */
const remove = `printf 'table inet %s\\ndelete table inet %s\\n' "$5" "$5" | nft --file -
if test -d /run/systemd/system && test -e "$3"; then systemctl disable --quiet "\${3##*/}"; fi
rm -f "$1/$2.nft" "$1/$2.json" "$1/$2.unfinished" "$1/$2.unfinished.nft" "$1/$2.unfinished.json" "$3" "$3.unfinished" "$6" "$6.unfinished"
rmdir -p "$1" 2>/dev/null || :
rmdir "\${6%/*}" 2>/dev/null || :
if test -d /run/systemd/system; then systemctl daemon-reload; fi`;

const namesOf = (name: string) => [
  folder,
  name,
  unitFile(name),
  unitText(name, `${folder}/${name}.nft`),
  tableName(name),
  additionFile(name),
  additionText(`${folder}/${name}.nft`),
];

/**
 * Puts a table in force, in the place of the one that is there, as a whole or not at all. Whoever is connected stays.
 *
 * @throws Error where nft does not take it; nothing is changed then
 */
export async function putInForce(machine: Machine, firewall: Firewall): Promise<FirewallReport> {
  const { containerName } = firewall;
  const input = `${JSON.stringify(firewall)}\n${tableScript(firewall)}`;
  const said = await inShell(machine, put, namesOf(containerName), input);
  const at = said.indexOf('\n') + 1;
  const notKept = `${machine.name ?? 'this machine'} has no systemd to put it in force when it boots; run up again after a boot`;
  return { table: said.slice(at), ...(said.startsWith('not kept') && { notKept }) };
}

/** A firewall as it is found. */
export interface FirewallFound {
  /** As nft lists it, without counters; undefined where there is none. */
  table: string | undefined;
  /** Whether the files that put it in force after a boot are those that were written. */
  comesBack: boolean;
}

/** Looks whether a firewall is still as it was written. */
export async function findFirewall(machine: Machine, firewall: Firewall): Promise<FirewallFound> {
  try {
    const said = await inShell(machine, find, namesOf(firewall.containerName), tableScript(firewall));
    return { table: said.slice(said.indexOf('\n') + 1), comesBack: said.startsWith('kept') };
  } catch (error) {
    if (/No such file or directory/.test((error as Error).message)) return { table: undefined, comesBack: true };
    throw error;
  }
}

/** What was put in force last on a machine, whoever has changed it since; undefined where nothing was. */
export async function firewallInForce(machine: Machine, containerName: string): Promise<Firewall | undefined> {
  if (isOther(machine)) return undefined;
  const said = await machine.run(['sh', '-ec', 'test ! -e "$1" || cat "$1"', 'sh', recordFile(containerName)]);
  try {
    const { owner, networks = [], openings } = JSON.parse(said) as Partial<Firewall>;
    return owner === undefined || openings === undefined ? undefined : { containerName, owner, networks, openings };
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
  return putInForce(machine, {
    ...firewall,
    networks: [...new Set([...firewall.networks, ...(before?.networks ?? [])])],
    openings: meanwhile(before?.openings ?? [], firewall.openings),
  });
}

/** Whether somebody was ended while he wrote. */
export async function isUnfinished(machine: Machine, containerName: string): Promise<boolean> {
  if (isOther(machine)) return false;
  return (await machine.run(['sh', '-ec', 'test ! -e "$1" || echo "$1"', 'sh', unfinishedFile(containerName)])) !== '';
}

/** Takes away what he has left; whoever writes now fails, and says so. */
export async function takeUnfinishedAway(machine: Machine, containerName: string): Promise<void> {
  const script = 'rm -f "$1" "$1.nft" "$1.json"; rmdir -p "$2" 2>/dev/null || :';
  await inShell(machine, script, [unfinishedFile(containerName), folder]);
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
  if (await isDockerDesktop(dockerHost)) {
    return 'Docker Desktop publishes ports from a machine of its own, which no firewall of this one sees; bind the listeners to addresses that only your network reaches, and write unfiltered: true there';
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
