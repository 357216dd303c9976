/** The fleet of a configuration: its own devices and those of the file, and the rules that need all of them. */

import { closest } from 'fastest-levenshtein';
import { type Device, defaultRole } from '../fleet/device';
import { readDeviceList } from '../fleet/list/file';
import { firstProblems } from '../fleet/list/list';
import type { DeviceList, ListedDevice } from '../fleet/list/listed';
import { monitoringUsername } from '../mosquitto/monitoring';
import { quoted } from '../mosquitto/quoted';
import { isReserved } from '../mosquitto/witness';
import type { Config } from './schema';

/**
 * What of the environment variable that carries the configuration may be taken by devices: 128 KiB less room for all
 * else. Source: MAX_ARG_STRLEN of Linux; beyond it the engine cannot start the program.
 */
const mostInlineBytes = 100_000;

type Rule = (device: ListedDevice) => string[];

/**
 * Every device, and every broken rule as far as the values are right by themselves.
 *
 * @param folder the folder that `devicesFile` is relative to
 */
export function readFleet(config: Partial<Config>, folder: string): DeviceList {
  const { devices = [], devicesFile = '' } = config;
  const list = devicesFile === '' ? { entries: [], problems: [] } : readDeviceList(folder, devicesFile);
  const inline = devices.map((device, index) => ({ ...device, place: `devices[${index}]` }));
  const rules = [onlyOnce(), notTaken(config), withRole(config)];
  const broken = (device: ListedDevice) =>
    rules.flatMap((rule) => rule(device).map((text) => `${device.place}: ${text}`));
  const inFile = [...list.problems, ...list.entries.flatMap(broken)];
  const entries = [...list.entries, ...inline];
  return {
    entries,
    problems: [
      ...listenerProblems(config, entries.length),
      ...inline.flatMap(broken),
      ...firstProblems(inFile, devicesFile),
    ],
  };
}

/** @param text the devices of the configuration as the engine hands them over */
export function sizeProblems(text: string): string[] {
  // The variable holds JSON, and this text is one of its values.
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= mostInlineBytes) return [];
  const remedy = 'write them into a file, and its path into "devicesFile"';
  return [`devices: takes ${bytes} bytes, and the configuration has room for ${mostInlineBytes}; ${remedy}`];
}

/** A device without its place. */
export function withoutPlace({ place: _place, ...device }: ListedDevice): Device {
  return device;
}

function listenerProblems({ listeners }: Partial<Config>, devices: number): string[] {
  if (devices === 0 || listeners === undefined || listeners.some(({ clients }) => clients === 'devices')) return [];
  return [`listeners: none is for devices, of which there are ${devices}; write one with clients: devices`];
}

function onlyOnce(): Rule {
  const places = new Map<string, string>();
  return ({ id, place }) => {
    const first = places.get(id);
    if (first !== undefined) return [`${quoted(id)} stands already at ${first}; use each once`];
    places.set(id, place);
    return [];
  };
}

function notTaken({ accounts = [] }: Partial<Config>): Rule {
  const owners = new Map(accounts.map(({ username }, index) => [username, `accounts[${index}]`]));
  return ({ id }) => {
    if (isReserved(id)) return [`"${id}" is reserved for verification; choose another id`];
    if (id === monitoringUsername) return [`"${id}" is reserved for monitoring; choose another id`];
    const owner = owners.get(id);
    return owner === undefined ? [] : [`"${id}" is the user name of ${owner}; choose another id`];
  };
}

function withRole({ roles }: Partial<Config>): Rule {
  const names = roles?.map(({ name }) => name) ?? [];
  const known = new Set(names);
  return ({ role }) => {
    if (roles === undefined || known.has(role)) return [];
    const all = names.join(', ');
    return role === defaultRole
      ? [`there is no role "${defaultRole}", which a device has that names none; write one of ${all}`]
      : [`there is no role ${quoted(role)}; did you mean "${closest(role, names)}"? The roles are ${all}`];
  };
}
