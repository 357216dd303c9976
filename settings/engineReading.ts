/**
 * What the engine makes of a stack file that it reads by itself, without set-up, where readers of YAML differ.
 *
 * Only the facts about devices may be written in such a way; what else could be read otherwise is refused in the file.
 */

import { inPath, type Path, type Written } from './document';

/** What the engine hands over, with every text as it stands in the stack file. */
export interface EngineReading {
  raw: Record<string, string>;
  problems: string[];
}

/**
 * Compares what the engine hands over with what is written.
 *
 * @param raw key to value as the engine hands them over
 * @param written what the file says where readers differ
 * @param file name of the file, as errors show it
 * @param key the one that holds the devices
 */
export function engineReading(
  raw: Readonly<Record<string, string>>,
  written: readonly Written[],
  file: string,
  key: string,
): EngineReading {
  const devices = parsed(raw[key]);
  if (!Array.isArray(devices)) return { raw, problems: [] };
  const problems: string[] = [];
  const own = written.filter(({ path }) => path[0] === key);
  const names = new Set(own.filter(({ isName }) => !isName).map(({ path }) => inPath(path.slice(1))));
  for (const { path, text, isName, line } of own) {
    const [index, , name = ''] = path.slice(1);
    const facts = factsOf(devices[Number(index)]);
    if (facts === undefined) continue;
    const isSame = isName ? Object.hasOwn(facts, name) : String(facts[name]) === text;
    if (isSame && !isName) facts[name] = text;
    if (!isSame) {
      const where = place(key, path.slice(1));
      problems.push(`${file}, line ${line}: ${where} is another text to the engine than it is here; put it in quotes`);
    }
  }
  devices.forEach((device, index) => {
    for (const [name, value] of Object.entries(factsOf(device) ?? {})) {
      if (typeof value === 'string' || names.has(inPath([index, 'metadata', name]))) continue;
      problems.push(`${place(key, [index, 'metadata', name])} is no text to the engine; put it in quotes`);
    }
  });
  return { raw: { ...raw, [key]: JSON.stringify(devices) }, problems };
}

function place(key: string, path: Path): string {
  return inPath([key, ...path]);
}

function factsOf(device: unknown): Record<string, unknown> | undefined {
  const facts = (device as { metadata?: unknown } | null)?.metadata;
  return typeof facts === 'object' && facts !== null ? (facts as Record<string, unknown>) : undefined;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
