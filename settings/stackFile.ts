/** The file Pulumi.STACK.yaml: its keys, and what each of them says. */

import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { quoted } from '../mosquitto/quoted';
import { inPath, type Path, readDocument, type Written } from './document';
import { SettingsError } from './index';
import { schema } from './schema';

/** What a stack file says. */
export interface StackConfiguration {
  /** How the engine encrypts the stack's secrets, as far as the file says. */
  secrets: Record<string, string>;
  /** Environments whose values only the engine can read; undefined where there is none. */
  environment: unknown;
  /** Key, with its namespace, to value. */
  config: Record<string, unknown>;
  /** What stays as it is written, by its path below `config`. */
  written: Written[];
}

/** Keys by which the engine remembers how a stack's secrets are encrypted. */
export const secretsKeys = ['secretsprovider', 'encryptedkey', 'encryptionsalt'] as const;

/** Source: `ProjectStack` in sdk/go/common/workspace/project.go of pulumi/pulumi. */
const topKeys: readonly string[] = ['config', 'environment', ...secretsKeys];

/** Options of the engine itself that change nothing of what is deployed. */
const engineKeys: readonly string[] = ['pulumi:tags', 'pulumi:template'];

/** Namespaces of the plug-ins that the program runs. */
const plugins: readonly string[] = ['command', 'docker', 'random', 'tls'];

/** Keys that may hold a secret which nobody has encrypted. */
const secretKeys: readonly string[] = [
  'caPrivateKey',
  'caPrivateKeyPassphrase',
  'serverPrivateKey',
  'serverPrivateKeyPassphrase',
  'alertEmailPassword',
  'alertWebhookUrl',
  'extraOptions',
];

/**
 * Reads a stack file.
 *
 * @param file name of the file, as errors show it
 * @param project name of the project, the namespace of its keys
 * @throws SettingsError with every problem, each with file and line
 */
export function readStackFile(bytes: Buffer, file: string, project: string): StackConfiguration {
  const isMetadata = (path: Path) =>
    nameOf(path[1], project) === 'devices' && path[3] === 'metadata' && path.length === 5;
  const isSecrets = (path: Path) => path.length === 1 && secretsKeys.some((key) => key === path[0]);
  const { value, problems, written, lineOf } = readDocument(bytes, file, {
    isText: (path) => isMetadata(path) || isSecrets(path),
    isShown: (path) => path[0] === 'config' && !secretKeys.includes(nameOf(path[1], project) ?? ''),
  });
  if (problems.length > 0) throw new SettingsError(problems);
  if (value !== undefined && !isSet(value)) {
    throw new SettingsError([
      `${file}: is no set of "key: value" lines; write "config:", and the keys indented below it`,
    ]);
  }
  const top = value ?? {};
  const config = top.config ?? {};
  if (!isSet(config)) {
    throw new SettingsError([
      `${file}, line ${lineOf('config')}: config is no set of "key: value" lines; write the keys indented below it`,
    ]);
  }
  const at = (key: string) => `${file}, line ${lineOf(key)}`;
  const inConfig = (key: string) => at(`config\n${key}`);
  const keys = Object.keys(config);
  const found = [
    ...Object.entries(top).flatMap(([key, each]) =>
      topProblem(key, each, project).map((problem) => `${at(key)}: ${problem}`),
    ),
    ...keys.flatMap((key) => keyProblem(key, project).map((problem) => `${inConfig(key)}: ${problem}`)),
    ...twice(keys, project).map(
      ([first, second]) => `${inConfig(second)}: ${second} is the same key as ${first}; use one`,
    ),
    ...keys.flatMap((key) => formProblem(key, config[key], project).map((problem) => `${inConfig(key)}: ${problem}`)),
  ];
  if (found.length > 0) throw new SettingsError(found);
  return {
    secrets: Object.fromEntries(secretsKeys.flatMap((key) => (key in top ? [[key, String(top[key])]] : []))),
    environment: top.environment,
    config: Object.fromEntries(keys.map((key) => [withNamespace(key, project), config[key]])),
    written: written
      .filter(({ path }) => path[0] === 'config' && path.length > 1)
      .map((each) => ({ ...each, path: [withNamespace(String(each.path[1]), project), ...each.path.slice(2)] })),
  };
}

/** Whether only the engine can read a value. */
export function isEncrypted(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isEncrypted);
  if (!isSet(value)) return false;
  return isSecure(value) || Object.values(value).some(isEncrypted);
}

/**
 * What is wrong with keys of other namespaces than the project's: nothing would read them.
 *
 * @returns none where there are only keys of the project, known or not
 */
export function keyProblem(key: string, project: string): string[] {
  const known = Object.keys(schema.shape);
  const [namespace = '', ...rest] = key.includes(':') ? key.split(':') : [project, key];
  const name = rest.at(-1) ?? '';
  const shown = quoted(key);
  if (namespace === project) {
    return rest.length === 1 ? [] : [`${shown} has one ":" too many; write "${project}:${closest(name, known)}"`];
  }
  if (engineKeys.includes(key)) return [];
  if (namespace === 'pulumi') {
    return [`${shown} would change what the engine does behind this program; leave it out`];
  }
  if (plugins.includes(namespace)) {
    const instead = key === 'docker:host' ? `write "${project}:dockerHost" in its place` : 'leave it out';
    return [`nothing reads ${shown}, because the program hands its plug-ins all that they need; ${instead}`];
  }
  const isMeant = known.includes(name) || distance(namespace, project) <= 3;
  const meant = `"${project}:${closest(name, known)}"`;
  return [`nothing reads ${shown}; did you mean ${meant}?${isMeant ? '' : ' If not, leave it out'}`];
}

function topProblem(key: string, value: unknown, project: string): string[] {
  if (secretsKeys.some((each) => each === key))
    return typeof value === 'string' ? [] : [`${key} is no text; write one`];
  if (topKeys.includes(key)) return [];
  const [namespace, name = ''] = key.split(':');
  const isOfConfig = namespace === project || Object.hasOwn(schema.shape, name === '' ? key : name);
  const remedy = isOfConfig ? 'indent it below "config:"' : `did you mean "${closest(key, [...topKeys])}"?`;
  return [`there is no key ${quoted(key)} here; ${remedy}`];
}

/** What the engine would not take, or would take for something else. */
function formProblem(key: string, value: unknown, project: string): string[] {
  const field = (schema.shape as Record<string, z.ZodType>)[nameOf(key, project) ?? ''];
  if (field?.def.type === 'array' && typeof value === 'string') return [`${key} is a text; write a list`];
  return unencrypted(value, [key]).map(
    (path) =>
      `${inPath(path)} is a set with "secure" alone, which is how the engine writes what it has encrypted; use another name`,
  );
}

/** Places that look like encrypted values, and are none. */
function unencrypted(value: unknown, path: Path): Path[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => unencrypted(each, [...path, index]));
  if (!isSet(value)) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'secure' && !isSecure(value)) return [path];
  return Object.entries(value).flatMap(([key, each]) => unencrypted(each, [...path, key]));
}

/** Source: `isSecureValue` in sdk/go/common/resource/config/object.go of pulumi/pulumi. */
function isSecure(value: Record<string, unknown>): boolean {
  return Object.keys(value).length === 1 && typeof value.secure === 'string';
}

function twice(keys: readonly string[], project: string): [string, string][] {
  return keys.flatMap((key, index): [string, string][] => {
    const first = keys.slice(0, index).find((each) => withNamespace(each, project) === withNamespace(key, project));
    return first === undefined ? [] : [[first, key]];
  });
}

/** The engine reads a key without a namespace as one of the project. */
function withNamespace(key: string, project: string): string {
  return key.includes(':') ? key : `${project}:${key}`;
}

function nameOf(key: string | number | undefined, project: string): string | undefined {
  const full = withNamespace(String(key), project);
  return full.startsWith(`${project}:`) ? full.slice(project.length + 1) : undefined;
}

function isSet(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
