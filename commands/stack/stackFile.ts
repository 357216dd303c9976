/**
 * The file that the engine reads a stack's configuration from: what the one in the repository says, written as data, so
 * that the engine can read nothing else from it than was checked.
 *
 * The engine writes the salt of the stack's secrets into its file. The copy takes it, so that the repository stays as
 * it was.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { quoted, unquoted } from '../../mosquitto/quoted';
import { readSettings, type Settings, SettingsError } from '../../settings';
import type { Written } from '../../settings/document';
import { projectDefaults } from '../../settings/projectFile';
import { isRewritten } from '../../settings/scalar';
import { isEncrypted, keyProblem, readStackFile, type StackConfiguration, secretsKeys } from '../../settings/stackFile';
import { projectFolder } from '../../setup/home';

export interface StackFile {
  /** Folder with a copy of Pulumi.yaml, in which the engine may write. */
  folder: string;
  /** Path of the copy. */
  path: string;
  /** Name of the project. */
  project: string;
  /** Key, with its namespace, to value: the defaults of Pulumi.yaml, then what the stack file says. */
  values: Record<string, unknown>;
  /** Whether there are values that only the engine can read: encrypted ones, or those of an environment. */
  isForEngine: boolean;
  /** What the engine would change in the file itself, where it writes into that. */
  rewritten: Written[];
}

/** Folder of the copies of a project, wherever that lies. */
export function stackFileFolder(home: string, project: string): string {
  return join(home, 'stacks', createHash('sha256').update(project).digest('hex').slice(0, 12));
}

/**
 * Makes or refreshes the copy.
 *
 * @param source folder of the project
 * @param once values that count until the copy is refreshed again, each as KEY=VALUE, read as those of the file
 * @throws Error where the repository has no such file
 * @throws SettingsError with every problem of how it is written
 */
export function stackFile(
  home: string,
  stack: string,
  { source = projectFolder, once = [] }: { source?: string; once?: readonly string[] } = {},
): StackFile {
  const name = `Pulumi.${stack}.yaml`;
  // By its name as it is written: some file systems have Pulumi.prod.yaml under Pulumi.Prod.yaml, too.
  if (!readdirSync(source).includes(name)) {
    throw new Error(`There is no ${unquoted(name)}; write one (an empty one gives the defaults) or name another stack`);
  }
  const ofProject = readFileSync(join(source, 'Pulumi.yaml'));
  const { project, defaults } = projectDefaults(ofProject);
  const own = readStackFile(readFileSync(join(source, name)), name, project);
  const folder = stackFileFolder(home, source);
  mkdirSync(folder, { recursive: true });
  put(join(folder, 'Pulumi.yaml'), ofProject.toString('utf8'));
  const path = join(folder, name);
  const config = { ...own.config, ...valuesOnce(once, project) };
  put(path, asData({ ...secretsOf(own, path), environment: own.environment, config }));
  const isForEngine = own.environment !== undefined || isEncrypted(config);
  const rewritten = own.written.filter(({ text }) => isRewritten(text));
  return { folder, path, project, values: { ...defaults, ...config }, isForEngine, rewritten };
}

function valuesOnce(once: readonly string[], project: string): Record<string, unknown> {
  if (once.length === 0) return {};
  const lines = once.map((each) => {
    const [, key, value] = each.match(/^([^=]+)=(\P{Cc}*)$/u) ?? [];
    if (key !== undefined) return `  ${JSON.stringify(key)}: ${value}`;
    throw new SettingsError([
      `--config: ${quoted(each)} is not KEY=VALUE; write for example --config maxRevokedDevicesPercent=100`,
    ]);
  });
  return readStackFile(Buffer.from(['config:', ...lines, ''].join('\n')), '--config', project).config;
}

/** Beside the copy: what ran before an update that has not come to its end. */
export function formerFile(path: string): string {
  return `${path}.former.json`;
}

/** Other commands may read the file in this moment: it is whole at each, and stays where nothing changes. */
function put(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

/** Every text in quotes, every character that a reader could take for the end of a line as its number. */
function asData(value: Record<string, unknown>): string {
  const text = stringify(value, {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'QUOTE_DOUBLE',
    aliasDuplicateObjects: false,
    lineWidth: 0,
  });
  return text.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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
  if (decrypted === undefined && file.isForEngine) return undefined;
  const values = { ...file.values, ...decrypted };
  return readSettings(file.project, stack, rawOf(values, file.project));
}

/**
 * Values as the engine hands them to the program.
 *
 * @param values key, with its namespace, to value
 * @throws SettingsError where nothing would read a key
 */
export function rawOf(values: Record<string, unknown>, project: string): Record<string, string> {
  // Those of the file are refused already, those of Pulumi.yaml and of an environment are not.
  const unread = Object.keys(values).flatMap((key) => keyProblem(key, project));
  if (unread.length > 0) throw new SettingsError(unread);
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

/** What a file says of its secrets, and, where that is not all, what the engine has added in the copy. */
function secretsOf(own: StackConfiguration, path: string): Record<string, string> {
  const { secretsprovider, ...how } = own.secrets;
  if (Object.keys(how).length > 0) return own.secrets;
  const kept = keptIn(path);
  const isAnother = secretsprovider !== undefined && secretsprovider !== (kept.secretsprovider ?? 'passphrase');
  return isAnother ? own.secrets : { ...kept, ...own.secrets };
}

/** Copies of earlier versions hold what a person wrote, as it was. */
function keptIn(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const document = parseDocument(readFileSync(path, 'utf8'), { schema: 'failsafe', logLevel: 'silent' });
  return Object.fromEntries(
    secretsKeys.flatMap((key) => {
      const value = document.get(key);
      return typeof value === 'string' ? [[key, value]] : [];
    }),
  );
}
