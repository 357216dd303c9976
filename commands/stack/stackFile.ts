/**
 * The file that the engine reads a stack's configuration from: a copy of the one in the repository.
 *
 * The engine writes the salt of the stack's secrets into its file. The copy takes it, so that the repository stays as
 * it was.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { unquoted } from '../../mosquitto/quoted';
import { readSettings, type Settings } from '../../settings';
import { projectFolder } from '../../setup/home';

/** Keys by which the engine remembers how a stack's secrets are encrypted. */
const secretsKeys = /^(encryptionsalt|encryptedkey|secretsprovider):/;

export interface StackFile {
  /** Folder with a copy of Pulumi.yaml, in which the engine may write. */
  folder: string;
  /** Path of the copy. */
  path: string;
}

/** Folder of the copies of a project, wherever that lies. */
export function stackFileFolder(home: string, project: string): string {
  return join(home, 'stacks', createHash('sha256').update(project).digest('hex').slice(0, 12));
}

/**
 * Makes or refreshes the copy.
 *
 * @throws Error where the repository has no such file
 */
export function stackFile(home: string, stack: string): StackFile {
  const name = `Pulumi.${stack}.yaml`;
  const source = join(projectFolder, name);
  // By its name as it is written: some file systems have Pulumi.prod.yaml under Pulumi.Prod.yaml, too.
  if (!readdirSync(projectFolder).includes(name)) {
    throw new Error(`There is no ${unquoted(name)}; write one (an empty one gives the defaults) or name another stack`);
  }
  const folder = stackFileFolder(home, projectFolder);
  mkdirSync(folder, { recursive: true });
  put(join(folder, 'Pulumi.yaml'), readFileSync(join(projectFolder, 'Pulumi.yaml'), 'utf8'));
  const path = join(folder, name);
  const own = readFileSync(source, 'utf8');
  const kept = existsSync(path) && !own.split('\n').some((line) => secretsKeys.test(line)) ? secretsOf(path) : [];
  put(path, [...kept, own].join('\n'));
  return { folder, path };
}

/** Beside the copy: what ran before an update that has not come to its end. */
export function formerFile(path: string): string {
  return `${path}.former.json`;
}

/** Other commands may read the file in this moment: it is whole at each. */
function put(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

/** Forgets the copy, and with it the salt; with the last one also the folder. For a stack that is no more. */
export function forgetStackFile({ folder, path }: StackFile): void {
  rmSync(path, { force: true });
  rmSync(formerFile(path), { force: true });
  const isLast = readdirSync(folder).every((name) => name === 'Pulumi.yaml');
  if (isLast) rmSync(folder, { recursive: true });
}

/**
 * The settings that a stack file gives, defaults filled in as the engine does.
 *
 * @param decrypted values of the configuration that only the engine can read, key to text
 * @returns undefined where a value is encrypted, and no such values are given
 * @throws SettingsError with every problem
 */
export function settingsOf(file: StackFile, stack: string, decrypted?: Record<string, string>): Settings | undefined {
  const project = parse(readFileSync(join(file.folder, 'Pulumi.yaml'), 'utf8'));
  const declared = Object.entries<{ default: unknown }>(project.config);
  const defaults = declared.map(([key, declaration]) => [`${project.name}:${key}`, declaration.default]);
  const own = decrypted ?? parse(readFileSync(file.path, 'utf8'))?.config;
  const values = { ...Object.fromEntries(defaults), ...own };
  if (decrypted === undefined && JSON.stringify(values).includes('"secure":')) return undefined;
  const raw = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return readSettings(project.name, stack, Object.fromEntries(raw));
}

function secretsOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => secretsKeys.test(line));
}
