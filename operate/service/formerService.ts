/**
 * The broker that somebody has configured by hand, in `mosquitto.service` of the package: it is saved with its date, stands
 * back for the one of the stack, and comes back with the end of that.
 */

import { serviceRoot } from '../../mosquitto/layout';
import type { Machine } from '../machine';
import { must, script } from './command';

/** Says whether it is to come back; beside the folders of the broker that it stands back for. */
function noteOf(name: string): string {
  return `${serviceRoot}/${name}.before`;
}

const backups = '/var/backups/aipi-mqtt';

const keep = [
  '[ ! -e "$1" ] || exit 0',
  'state=$(systemctl is-enabled mosquitto.service 2>/dev/null || :) active=$(systemctl is-active mosquitto.service 2>/dev/null || :)',
  '[ "$state" = enabled ] || [ "$active" = active ] || exit 0',
  'umask 077',
  `mkdir -p ${backups}`,
  `tar --create --gzip --file="${backups}/mosquitto-$(date --utc +%Y-%m-%dT%H-%M-%SZ).tar.gz" --directory=/ $(cd / && ls -d etc/mosquitto var/lib/mosquitto 2>/dev/null)`,
  'echo "$state $active" >"$1"',
];

const standBack = ['[ -e "$1" ] || exit 0', 'systemctl disable --now --quiet mosquitto.service'];

const comeBack = [
  '[ -e "$1" ] || exit 0',
  'read -r state active <"$1"',
  '[ "$state" != enabled ] || systemctl enable --quiet mosquitto.service',
  '[ "$active" != active ] || systemctl start mosquitto.service',
  'rm "$1"',
];

/** Saves it, and notes that it runs; it goes on. */
export async function keepFormer(machine: Machine, name: string): Promise<void> {
  await must(machine, script(keep, noteOf(name)));
}

/** Ends it, in the moment in which the broker of the stack begins. */
export async function sendBack(machine: Machine, name: string): Promise<void> {
  await must(machine, script(standBack, noteOf(name)));
}

/** Lets it run again as it did. */
export async function bringBack(machine: Machine, name: string): Promise<void> {
  await must(machine, script(comeBack, noteOf(name)));
}
