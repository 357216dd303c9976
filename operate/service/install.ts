/**
 * Program: makes a machine ready for a broker that systemd runs, or takes that away.
 *
 * First argument: `install` or `remove`. Standard input: an `InstallationOrder` as JSON. Standard output: an `Installation`
 * as JSON. Exit 1 with the reason on standard error; nothing is changed where something is missing.
 */

import { text } from 'node:stream/consumers';
import { brokerId, configurationVolume, dataVolume } from '../../mosquitto/files';
import { serviceRoot } from '../../mosquitto/layout';
import { systemProblem } from '../../mosquitto/systems';
import { type Machine, machineOf } from '../machine';
import { run } from '../program';
import { must, nameOf, script } from './command';
import { folderOf } from './folders';
import { bringBack, keepFormer } from './formerService';
import { packageId } from './serviceEngine';
import type { Installation, InstallationOrder } from './serviceOrder';

/** Mosquitto, and what a delivery works with; the rest is on every system. */
const packages = ['mosquitto', 'netcat-openbsd', 'iproute2'];
/** MiB that the packages and the first files need. */
const leastFreeMebibytes = 100;
/** Beyond it passwords still work, and certificates do not. */
const greatestClockDifferenceSeconds = 60;
const account = 'aipi-mqtt';

const look = [
  '[ -d /run/systemd/system ] && echo systemd || echo none',
  'date +%s',
  // Nothing is made yet.
  'place=$1',
  'while [ ! -d "$place" ]; do place=$(dirname "$place"); done',
  'df --output=avail --block-size=1M "$place" | tail -n 1',
  `echo "$(getent passwd ${brokerId} | cut -d: -f1)"`,
  `echo "$(getent group ${brokerId} | cut -d: -f1)"`,
  'echo ---',
  'cat /etc/os-release',
];

const install = [
  'export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8',
  'missing=0',
  'for package; do dpkg-query --status "$package" 2>/dev/null | grep -q "^Status: .* installed$" || missing=1; done',
  '[ "$missing" = 1 ] || exit 0',
  'had=$(dpkg-query --show mosquitto 2>/dev/null || :)',
  'apt-get -qq -o DPkg::Lock::Timeout=300 update >&2',
  'apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" >&2',
  // The package starts a broker of its own.
  '[ "$had" ] || systemctl disable --now --quiet mosquitto.service >&2',
];

const prepare = [
  'mkdir -p "$1"',
  `getent group ${brokerId} >/dev/null || groupadd --system --gid ${brokerId} ${account}`,
  `getent passwd ${brokerId} >/dev/null || useradd --system --uid ${brokerId} --gid ${brokerId} --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${account}`,
  // Where the broker sees its files, by mounts of its unit; empty for everybody else.
  'mkdir -p /mosquitto',
  // Its folder has the name of the processor. 2.0 has none.
  'plugin=$(dpkg-query --listfiles mosquitto | grep "/mosquitto_acl_file.so$" || :)',
  '[ "$plugin" = "" ] || ln -sfn "$(dirname "$plugin")" /mosquitto/plugins',
  'chmod 711 "$1"',
  'shift',
  'for folder; do',
  `[ -d "$folder" ] || install -d -m 700 -o ${brokerId} -g ${brokerId} "$folder"`,
  'done',
];

const remove = [
  'rm -rf "$2" "$2.labels"',
  '[ "$3" = "" ] || rm -rf "$3" "$3.labels"',
  'rmdir "$1" 2>/dev/null || :',
  // The last broker of the machine takes along what all of them share.
  '[ ! -d "$1" ] || exit 0',
  'rm -f /mosquitto/plugins',
  'rmdir /mosquitto/config /mosquitto/data /mosquitto /run/aipi-mqtt/rehearsals /run/aipi-mqtt 2>/dev/null || :',
  `[ "$(getent passwd ${brokerId} | cut -d: -f1)" != ${account} ] || userdel ${account}`,
  `[ "$(getent group ${brokerId} | cut -d: -f1)" != ${account} ] || groupdel ${account}`,
];

run(async () => {
  const [step] = process.argv.slice(2);
  const order = JSON.parse(await text(process.stdin)) as InstallationOrder;
  const machine = machineOf(order.host);
  if (step === 'remove') {
    await takeAway(machine, order);
    return '';
  }
  return JSON.stringify(await makeReady(machine, order));
});

async function makeReady(machine: Machine, { container, mosquittoVersion }: InstallationOrder): Promise<Installation> {
  const name = nameOf(machine);
  await mustBeFit(machine, name);
  await must(machine, script(install, ...packages)).catch((error: Error) => {
    throw new Error(
      `Mosquitto cannot be installed on ${name}: ${lastLine(error.message)}; see to apt there, then run up again`,
    );
  });
  const image = packageId(await must(machine, ['dpkg-query', '--show', 'mosquitto']));
  mustBeOf(mosquittoVersion, image, name);
  const volumes = { configurationVolume: configurationVolume(container), dataVolume: dataVolume(container) };
  await must(machine, script(prepare, serviceRoot, ...Object.values(volumes).map(folderOf)));
  await keepFormer(machine, container);
  return { image, ...volumes };
}

/** @throws Error in one sentence, before anything is touched */
async function mustBeFit(machine: Machine, name: string): Promise<void> {
  const before = Date.now();
  const said = await must(machine, script(look, serviceRoot)).catch((error: Error) => {
    throw new Error(
      error.message.startsWith('host: ') ? error.message : `host: ${name} cannot be used: ${lastLine(error.message)}`,
    );
  });
  const after = Date.now();
  const [state = '', release = ''] = said.split('---\n');
  const [systemd, seconds = '', free = '', user = '', group = ''] = state.split('\n');
  const system = systemProblem(release);
  if (system !== undefined) throw new Error(`host: ${name} ${system}; choose another host, or runtime: container`);
  if (systemd !== 'systemd')
    throw new Error(`host: ${name} was not started by systemd; boot it with it, or choose runtime: container`);
  const apart = Math.round(Math.max(Number(seconds) - after / 1_000, before / 1_000 - Number(seconds) - 1, 0));
  if (apart > greatestClockDifferenceSeconds) {
    throw new Error(
      `host: the clock of ${name} and the one here are ${apart} s apart; set both by NTP ("timedatectl set-ntp true")`,
    );
  }
  if (Number(free) < leastFreeMebibytes) {
    throw new Error(
      `host: ${name} has ${free.trim()} MiB left at ${serviceRoot}, and ${leastFreeMebibytes} MiB are needed; free some space there`,
    );
  }
  for (const [kind, holder] of Object.entries({ user, group })) {
    if (holder === '' || holder === account) continue;
    throw new Error(
      `host: the ${kind} ${holder} of ${name} has the number ${brokerId}, which the broker's files have; give that ${kind} another one`,
    );
  }
}

function mustBeOf(wanted: string, image: string, name: string): void {
  const found = image.match(/ (?:\d+:)?(\d+\.\d+\.\d+)/)?.[1] ?? '';
  if (found === wanted || found.startsWith(`${wanted}.`)) return;
  throw new Error(
    `mosquittoVersion: ${name} has Mosquitto ${found}, and the files are made for ${wanted}; write "${found}"`,
  );
}

async function takeAway(machine: Machine, { container, retainDataOnDestroy }: InstallationOrder): Promise<void> {
  const [configuration, data] = [configurationVolume(container), dataVolume(container)].map(folderOf);
  await bringBack(machine, container);
  await must(machine, script(remove, serviceRoot, configuration ?? '', retainDataOnDestroy ? '' : (data ?? '')));
}

function lastLine(words: string): string {
  return words.trim().split('\n').at(-1) ?? '';
}
