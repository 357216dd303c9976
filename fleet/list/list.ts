/** A list of devices in a file of its own: text to devices, each with its place. */

import { extname } from 'node:path';
import { readCsv } from './csv';
import type { DeviceList } from './listed';

/** How many problems of a file are worth a person's reading at once. */
const mostProblems = 20;

/** Whether the name of a file says that it is a list in a form that is known. */
export function isDeviceListName(file: string): boolean {
  return /\.(csv|ya?ml)$/i.test(file);
}

/**
 * Reads the text of a file: CSV (RFC 4180, with a header) or YAML, by its name.
 *
 * @param file name of the file, as errors show it
 */
export function parseDeviceList(text: string, file: string): DeviceList {
  return extname(file).toLowerCase() === '.csv' ? readCsv(text, file) : yamlReader()(text, file);
}

/** The first problems of a file, and how many more there are. */
export function firstProblems(problems: readonly string[], file: string): string[] {
  const rest = problems.length - mostProblems;
  return rest <= 0 ? [...problems] : [...problems.slice(0, mostProblems), `${file}: and ${rest} more`];
}

/** Loaded only where a list is YAML: its parser takes longer to load than all the rest of the settings. */
function yamlReader(): typeof import('./yaml').readYaml {
  return (require('./yaml') as typeof import('./yaml')).readYaml;
}
