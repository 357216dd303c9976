/** The program of the exporter as one file, which needs nothing but Node. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(__dirname);
/** In an installed package it is there already. */
const made = join(root, 'exporter.cjs');
const cache = join(root, 'node_modules', '.cache', 'aipi-mqtt');
/** Rooms that it is made from. What else they need changes with the packages. */
const rooms = ['exporter', 'watching', 'mosquitto'];

/** A short text that changes with the program. */
export function exporterDigest(): string {
  const hash = createHash('sha256');
  if (existsSync(made)) return hash.update(readFileSync(made)).digest('hex').slice(0, 16);
  hash.update(readFileSync(join(root, 'package.json')));
  for (const path of rooms.flatMap((room) => filesIn(join(root, room)))) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

/** Its text; made once and kept beside the packages, where that can be written. */
export async function exporterProgram(): Promise<string> {
  if (existsSync(made)) return readFileSync(made, 'utf8');
  const kept = join(cache, `exporter-${exporterDigest()}.cjs`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const { buildExporter } = await import('../exporter/build/exporter');
  const text = await buildExporter();
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${kept}.${process.pid}`, text);
    renameSync(`${kept}.${process.pid}`, kept);
  } catch {
    // Then it is made again the next time.
  }
  return text;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
