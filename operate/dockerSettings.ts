/**
 * What the `docker` command keeps in its folder: which context is current, where the engine of a context is, and the
 * certificates for it.
 *
 * Source: docs.docker.com/engine/manage-resources/contexts and cli/context/store of docker/cli.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The engine of a context. */
export interface ContextEndpoint {
  /** As somebody wrote it; undefined where the context has none. */
  host: string | undefined;
  /** Whether its certificate is not to be verified. */
  skipsVerification: boolean;
  /** Where the certificates are, if there are any. */
  certificates: string;
}

/** Absolute path of `DOCKER_CONFIG`, by default `~/.docker`. */
export function settingsFolder(environment: Environment): string {
  return resolve(environment.DOCKER_CONFIG || join(homeFolder(), '.docker'));
}

/** Where the account is at home; an empty `HOME` counts as none. */
export function homeFolder(): string {
  return homedir() || userInfo().homedir;
}

/** Path of the file that names the current context and the logins to registries. */
export function settingsFile(environment: Environment): string {
  return join(settingsFolder(environment), 'config.json');
}

/**
 * The context that `docker context use` has chosen; undefined for none.
 *
 * @throws Error in one sentence where the file cannot be read
 */
export function currentContext(environment: Environment): string | undefined {
  const file = settingsFile(environment);
  const { currentContext: name } = objectIn(file, 'correct it, or set DOCKER_HOST to the engine that is meant') ?? {};
  if (name === undefined || name === null || name === '') return undefined;
  if (typeof name === 'string') return name;
  throw new Error(`"currentContext" in ${file} is no name; run: docker context use default`);
}

/**
 * The engine of a context.
 *
 * @returns undefined where there is no such context
 * @throws Error in one sentence where its file cannot be read
 */
export function contextEndpoint(name: string, environment: Environment): ContextEndpoint | undefined {
  const digest = createHash('sha256').update(name).digest('hex');
  const contexts = join(settingsFolder(environment), 'contexts');
  const file = join(contexts, 'meta', digest, 'meta.json');
  const remedy = `make the context anew (docker context rm ${name}; docker context create ${name} …), or set DOCKER_HOST`;
  const meta = objectIn(file, remedy);
  if (meta === undefined) return undefined;
  const { Host, SkipTLSVerify } = member(member(meta, 'Endpoints'), 'docker');
  return {
    host: typeof Host === 'string' && Host !== '' ? Host : undefined,
    skipsVerification: SkipTLSVerify === true,
    certificates: join(contexts, 'tls', digest, 'docker'),
  };
}

type Json = Record<string, unknown>;

function member(object: Json, name: string): Json {
  const value = object[name];
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/**
 * The object in a file of the `docker` command, which takes an empty file as an empty object.
 *
 * @param remedy words for the end of a sentence
 * @returns undefined where there is no such file
 * @throws Error in one sentence
 */
export function objectIn(file: string, remedy: string): Json | undefined {
  if (!existsSync(file)) return undefined;
  const text = textIn(file, remedy)
    .replace(/^\uFEFF/, '')
    .trim();
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote what stands there, which may be a login.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new Error(`${file}, a file of Docker's settings, is not a JSON object; ${remedy}`);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function textIn(file: string, remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`${file}, a file of Docker's settings, cannot be read (${reasons[code] ?? message}); ${remedy}`);
  }
}
