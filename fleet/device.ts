/** A device: one line of data with an identity of its own. */

import { createHash } from 'node:crypto';
import { lostName } from '../mosquitto/accounts';
import { inQuotes } from '../mosquitto/quoted';

/** A Raspberry Pi of the fleet. Its id is its MQTT user name and its client id. */
export interface Device {
  id: string;
  /** Counts the passwords of this device: raise it by one for a new one. Default 1. */
  generation: number;
  /** Name of the role that says what it may publish and read. Default `device`. */
  role: string;
  /** Facts of the operator's own; they go into the device's bundle, and the broker never sees them. */
  metadata: Readonly<Record<string, string>>;
}

/** Role of a device that names none. */
export const defaultRole = 'device';

/** The highest generation that can be counted to. */
export const greatestGeneration = 1_000_000;

/** What is wrong with the id of a device, or `undefined` when it is valid. `.` and `..` would leave a bundle's folder. */
export function deviceIdProblem(id: string): string | undefined {
  if (id === '') return 'is empty; write an id such as "pi-001"';
  if (id.length > 64) return 'is longer than 64 characters; shorten it';
  if (id === '.' || id === '..') return 'is the name of a folder; write an id such as "pi-001"';
  if (id === lostName) return 'is lost in the outputs of a stack; choose another id';
  if (/^[A-Za-z0-9_.-]+$/.test(id)) return undefined;
  const character = id.match(/[^A-Za-z0-9_.-]/u)?.[0] ?? '';
  return `contains ${inQuotes(character)}; use letters, digits, "-", "_", "."`;
}

/** Devices by id, in the order of its characters' codes: the same everywhere, whatever the language of the machine. */
export function sortedById<T extends Pick<Device, 'id'>>(devices: readonly T[]): T[] {
  return [...devices].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** SHA-256 of a fleet, in hex: the same for the same devices in any order, another one when any of their fields differs. */
export function fleetDigest(devices: readonly Device[]): string {
  const hash = createHash('sha256');
  for (const { id, generation, role, metadata } of sortedById(devices)) {
    const facts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`${JSON.stringify([id, generation, role, facts])}\n`);
  }
  return hash.digest('hex');
}
