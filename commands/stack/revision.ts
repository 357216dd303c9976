/**
 * What a stack's file says at a revision of git, or in the folder as it is, read by the present reader without the engine
 * and without secrets: for whoever reviews a change and may not deploy it.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, normalize, resolve } from 'node:path';
import { isPem } from '../../certificates/pem';
import { quoted } from '../../mosquitto/quoted';
import { type ReviewedSettings, readReviewedSettings, SettingsError } from '../../settings';
import { privateKeys } from '../../settings/certificates';
import { projectDefaults } from '../../settings/projectFile';
import { schema } from '../../settings/schema';
import { secretKeys } from '../../settings/secrets';
import { isEncrypted, readStackFile } from '../../settings/stackFile';
import { projectFolder } from '../../setup/home';
import { isAtWork } from '../../setup/processes';
import { GitTree, Unknowable } from './gitTree';
import { rawOf } from './stackFile';

export type Revision =
  | {
      kind: 'settings';
      /** Whole name of the commit; null for the folder as it is. */
      commit: string | null;
      settings: ReviewedSettings;
      /** Keys of certificates whose values were not at hand, so that nobody knows whether they fit. */
      withheld: string[];
    }
  /** There is no file of the stack, which is therefore new. */
  | { kind: 'none' }
  /** The present reader takes it for no configuration. */
  | { kind: 'refused'; problems: readonly string[] }
  | {
      kind: 'unknown';
      /** One sentence. */
      says: string;
      /** Keys of the configuration that nobody can read without the stack's secrets. */
      keys: readonly string[];
    };

/** A folder, with the files of a project as far as they are wanted. */
interface Files {
  folder: string;
  /**
   * Gets a file there, if there is one.
   *
   * @param key of the configuration that names it
   * @returns whether it is there
   */
  get: (path: string, key: string) => Promise<boolean>;
}

/**
 * Reads a stack as a revision has it.
 *
 * @param revision a branch, a tag, a commit; without it the folder as it is
 * @param source folder of the project, whose present defaults count for keys that the revision does not know yet
 * @param place folder for a temporary one
 */
export async function revisionOf(
  stack: string,
  revision?: string,
  { source = projectFolder, place = tmpdir() }: { source?: string; place?: string } = {},
): Promise<Revision> {
  try {
    if (revision === undefined) {
      return await read(stack, source, { folder: source, get: async (path) => existsSync(resolve(source, path)) });
    }
    return await atRevision(stack, revision, source, place);
  } catch (error) {
    if (error instanceof SettingsError) return { kind: 'refused', problems: error.problems };
    if (error instanceof Unknowable) return { kind: 'unknown', says: error.message, keys: error.keys };
    throw error;
  }
}

async function atRevision(stack: string, revision: string, source: string, place: string): Promise<Revision> {
  const tree = await GitTree.at(source, revision);
  sweep(place);
  const folder = mkdtempSync(join(place, `${begin}${process.pid}-`));
  try {
    const files = new Map<string, Promise<boolean>>();
    const file = (path: string) => {
      const known = files.get(path) ?? tree.write(path, folder);
      files.set(path, known);
      return known;
    };
    for (const name of ['Pulumi.yaml', fileOf(stack)]) await file(name);
    const get = async (path: string, key: string) => {
      if (!leaves(path)) return file(normalize(path));
      throw new Unknowable(
        `${key}: ${quoted(path)} leads outside of the project folder, where a revision says nothing; write a path inside it`,
      );
    };
    return await read(stack, source, { folder, get }, tree.commit);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(
  stack: string,
  source: string,
  { folder, get }: Files,
  commit: string | null = null,
): Promise<Revision> {
  const names = readdirSync(folder);
  if (!['Pulumi.yaml', fileOf(stack)].every((name) => names.includes(name))) return { kind: 'none' };
  const { project, defaults } = projectDefaults(readFileSync(join(folder, 'Pulumi.yaml')));
  const own = readStackFile(readFileSync(join(folder, fileOf(stack))), fileOf(stack), project);
  if (own.environment !== undefined) {
    throw new Unknowable(`${fileOf(stack)} takes values from an environment, which only the engine can read`);
  }
  const short = (key: string) => key.slice(key.indexOf(':') + 1);
  const encrypted = Object.keys(own.config).filter((key) => isEncrypted(own.config[key]));
  const needed = encrypted.map(short).filter((key) => !secretKeys.includes(key));
  if (needed.length > 0) {
    throw new Unknowable(
      `${fileOf(stack)} has encrypted values, which nobody can read here: ${needed.join(', ')}`,
      needed,
    );
  }
  const withheld = new Set(encrypted.map(short));
  const values: Record<string, unknown> = {
    ...presentDefaults(source, project),
    ...known(defaults),
    ...own.config,
    ...Object.fromEntries(encrypted.map((key) => [key, ''])),
  };
  const written = (key: string) => values[`${project}:${key}`];
  for (const key of ['caPrivateKey', 'serverPrivateKey']) {
    const path = written(key);
    if (!isPath(path) || (await get(path, key).catch(unlessUnknowable))) continue;
    withheld.add(key);
    values[`${project}:${key}`] = '';
  }
  for (const [key, path] of filesOf(written)) await get(path, key);
  const settings = readReviewedSettings(project, stack, rawOf(values, project), folder, withheld);
  return {
    kind: 'settings',
    commit,
    settings,
    withheld: [...withheld].filter((key) => privateKeys.includes(key)).sort(),
  };
}

/** Files that must be read, each with its key. The present reader itself refuses a list of devices from elsewhere. */
function filesOf(written: (key: string) => unknown): Array<[string, string]> {
  const trusted = written('trustedCertificates');
  const devices = written('devicesFile');
  const all: Array<[string, unknown]> = [
    ['devicesFile', isPath(devices) && !leaves(devices) ? devices : ''],
    ['caCertificate', written('caCertificate')],
    ['serverCertificate', written('serverCertificate')],
    ...(Array.isArray(trusted) ? trusted.map((each, index) => [`trustedCertificates[${index}]`, each]) : []),
  ] as Array<[string, unknown]>;
  return all.filter((each): each is [string, string] => isPath(each[1]));
}

/** A value that is no PEM, and may be the path of a file. */
function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !isPem(value) && !/[\r\n\0]/.test(value);
}

function leaves(path: string): boolean {
  const way = normalize(path);
  return isAbsolute(way) || way === '..' || way.startsWith('../');
}

/** A key that cannot be had is not at hand. */
function unlessUnknowable(error: unknown): false {
  if (error instanceof Unknowable) return false;
  throw error;
}

/** A key that the product has got since then has the value that it has where nothing is said. */
function presentDefaults(source: string, project: string): Record<string, unknown> {
  const { defaults } = projectDefaults(readFileSync(join(source, 'Pulumi.yaml')));
  return Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [`${project}:${key.slice(key.indexOf(':') + 1)}`, value]),
  );
}

/** Defaults of keys that the product has had before say nothing any more. */
function known(defaults: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(defaults);
  return Object.fromEntries(entries.filter(([key]) => Object.hasOwn(schema.shape, key.slice(key.indexOf(':') + 1))));
}

function fileOf(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

const begin = 'aipi-mqtt-revision-';

/** Takes away what killed runs have left: there may be private keys in it. */
function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const pid = name.startsWith(begin) ? name.slice(begin.length).match(/^(\d+)-/)?.[1] : undefined;
    if (pid === undefined) continue;
    const path = join(place, name);
    const isOwn = statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (isOwn && !isAtWork(Number(pid), path)) rmSync(path, { recursive: true, force: true });
  }
}
