/** One device as a file writes it, and how it becomes a device. */

import { quoted } from '../../mosquitto/quoted';
import { type Device, defaultRole, deviceIdProblem, greatestGeneration } from '../device';
import { metadataNameProblem, metadataValueProblem } from '../metadata';
import type { DeviceList } from './listed';

/** What a file says of one device: texts, and undefined where it says nothing. */
export interface Row {
  id: string | undefined;
  generation: string | undefined;
  role: string | undefined;
  metadata: ReadonlyArray<readonly [name: string, value: string]>;
}

/**
 * Adds a device to the list, or all that is wrong with it. The values of metadata are not shown: they may be secret.
 *
 * @param place where it stands, such as `devices.csv, line 4`
 */
export function addRow(list: DeviceList, place: string, row: Row): void {
  const { id, role = defaultRole, metadata } = row;
  const generation = row.generation === undefined ? 1 : generationOf(row.generation);
  const before = list.problems.length;
  const idProblem = id === undefined ? undefined : deviceIdProblem(id);
  if (id === undefined) list.problems.push(`${place}: id is missing; write one such as "pi-001"`);
  if (idProblem !== undefined) list.problems.push(`${place}: id ${quoted(id ?? '')} ${idProblem}`);
  if (generation === undefined) {
    const range = `write a whole number from 1 to ${greatestGeneration}`;
    list.problems.push(`${place}: generation ${quoted(row.generation ?? '')} cannot be used; ${range}`);
  }
  for (const [name, value] of metadata) {
    const nameProblem = metadataNameProblem(name);
    if (nameProblem !== undefined) list.problems.push(`${place}: metadata ${quoted(name)} ${nameProblem}`);
    const valueProblem = metadataValueProblem(value);
    if (valueProblem !== undefined) list.problems.push(`${place}: metadata ${quoted(name)} ${valueProblem}`);
  }
  if (list.problems.length > before || id === undefined || generation === undefined) return;
  list.entries.push({ id, generation, role, metadata: factsOf(metadata), place });
}

function generationOf(text: string): number | undefined {
  const number = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  return number <= greatestGeneration ? number : undefined;
}

/** Not by assignment: a fact may be called `__proto__`. */
function factsOf(metadata: Row['metadata']): Device['metadata'] {
  return metadata.length === 0 ? {} : Object.fromEntries(metadata);
}
