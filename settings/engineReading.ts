/**
 * What the engine makes of the facts about devices in a stack file that it reads by itself, without set-up.
 *
 * The file proves nothing: at its first word to a new stack, the engine has written it anew, numbers and dates as it reads
 * them. So only what was a text for it is taken.
 */

import { inPath, type Path, type Written } from './document';

/** What becomes of a date. Source: `time.Time.String` of Go. */
const moment = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d+)? [-+]\d{4} \S+$/;

/**
 * What the engine has read otherwise than it is written, or may have.
 *
 * @param devices what the engine hands over as the devices, JSON
 * @param written what the file says where readers differ
 * @param file name of the file, as errors show it
 * @param key the one that holds the devices, with its namespace
 */
export function misreadFacts(
  devices: string | undefined,
  written: readonly Written[],
  file: string,
  key: string,
): string[] {
  const list = parsed(devices);
  if (!Array.isArray(list)) return [];
  const own = new Map(written.map((each) => [`${each.isName} ${inPath(each.path)}`, each] as const));
  const problem = (path: Path, line?: number) =>
    `${line === undefined ? '' : `${file}, line ${line}: `}${inPath(path)} is no text to the engine, or another one than is written; put it in quotes`;
  const facts = list.flatMap((device, index) =>
    Object.entries(factsOf(device) ?? {}).flatMap(([name, value]) => {
      const path = [key, index, 'metadata', name];
      const here = own.get(`false ${inPath(path)}`);
      const isSame = typeof value === 'string' && (here === undefined ? !moment.test(value) : value === here.text);
      return isSame ? [] : [problem(path, here?.line)];
    }),
  );
  const names = written.filter(({ isName, path }) => {
    const known = isName && path[0] === key && path.length === 4 ? factsOf(list[Number(path[1])]) : undefined;
    return known !== undefined && !Object.hasOwn(known, String(path[3]));
  });
  return [...facts, ...names.map(({ path, line }) => problem(path, line))];
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
