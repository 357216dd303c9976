/** Where the state of the stacks is kept. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { projectFolder } from './home';

/** A backend of the engine, and who has named it. */
export interface Place {
  /** Its URL. Undefined where only the engine can read its logins. */
  url: string | undefined;
  /** Who has named it, as the end of "which … names". */
  by: string;
  /** Whether it was named for this project or this command, as against a login that may be for another project. */
  isDemanded: boolean;
}

const scheme = 'file://';

/** What a URL of files may have behind "?". Source: fileblob of gocloud.dev, and blob.URLMux for the prefix. */
const parameters = [
  'base_url',
  'create_dir',
  'dir_file_mode',
  'metadata',
  'no_tmp_dir',
  'prefix',
  'secret_key_path',
] as const;

/**
 * The backend that the environment, Pulumi.yaml or a login names, as the engine reads them; else files in AIPI_HOME.
 *
 * @param logins folder where the engine keeps its logins
 * @param project folder with Pulumi.yaml, against which a relative path counts
 * @throws Error where a URL of files would be read as another path than is written
 */
export function place(home: string, logins: string, environment: NodeJS.ProcessEnv, project = projectFolder): Place {
  const own = ownPlace(home);
  const given = environment.PULUMI_BACKEND_URL ?? '';
  if (given !== '') {
    const url = absolute(given, project, 'PULUMI_BACKEND_URL');
    // "npm run env" exports the default.
    return url === own.url ? own : { url, by: 'PULUMI_BACKEND_URL', isDemanded: true };
  }
  const ofProject = urlOfProject(project);
  if (ofProject !== undefined) {
    const by = 'backend.url in Pulumi.yaml';
    return { url: absolute(ofProject, project, by), by, isDemanded: true };
  }
  const login = loginIn(logins);
  if (login === undefined) return own;
  const by = `the login in ${loginFile(logins)}`;
  return { url: login.url && absolute(login.url, project, by), by, isDemanded: false };
}

/** The files in AIPI_HOME. */
export function ownPlace(home: string): Place {
  return { url: urlOf(join(home, 'state')), by: 'AIPI_HOME', isDemanded: false };
}

/** A URL of files with an absolute path, so that it means the same in every folder; others as they are. */
function absolute(url: string, base: string, by: string): string {
  if (!url.startsWith(scheme)) return url;
  const path = pathOf(url, base, by);
  const [, query] = split(url);
  return urlOf(path) + query;
}

/** The URL of a folder, with every character in it that means something else in a URL as its number. */
export function urlOf(path: string): string {
  return scheme + path.split('/').map(encodeURIComponent).join('/');
}

/**
 * The folder of the bookkeeping of a backend of files: `.pulumi` in what its URL names.
 *
 * @returns undefined for every other backend
 */
export function bookkeepingOf(url: string, base = projectFolder): string | undefined {
  if (!url.startsWith(scheme)) return undefined;
  const [, query] = split(url);
  const asked = new URLSearchParams(query);
  if ([...asked.keys()].some((name) => !(parameters as readonly string[]).includes(name))) return undefined;
  return `${pathOf(url, base, 'the backend')}/${asked.get('prefix') ?? ''}.pulumi`;
}

/** As the engine reads it: "~" is the user's folder, a relative path counts from where the engine runs, "%" begins a number. */
function pathOf(url: string, base: string, by: string): string {
  const [written, query] = split(url);
  const wrong = (mark: string, code: string) =>
    new Error(`${by}: "${url}" has ${mark}, which is no part of a path in a URL; write ${code} for it`);
  if (url.includes('#')) throw wrong('"#"', '%23');
  if (query.slice(1).split('=')[0]?.includes('/')) throw wrong('"?"', '%3F');
  if (/%(?![0-9A-Fa-f]{2})/.test(written)) throw wrong('"%"', '%25');
  const path = written.startsWith('~') ? join(userFolder(), written.slice(2)) : written;
  return decoded(resolve(base, path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Error(`the backend "${path}" is not UTF-8; name a folder that is`);
  }
}

/** Path and query of a URL of files. */
function split(url: string): [path: string, query: string] {
  const rest = url.slice(scheme.length);
  const at = rest.indexOf('?');
  return at === -1 ? [rest, ''] : [rest.slice(0, at), rest.slice(at)];
}

/** Of the list of users, whatever HOME says. */
function userFolder(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}

function urlOfProject(project: string): string | undefined {
  const file = join(project, 'Pulumi.yaml');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  // Almost nobody has one, and Pulumi.yaml is long.
  if (!/^["']?backend\b/m.test(text)) return undefined;
  const url = (parse(text) as { backend?: { url?: unknown } } | null)?.backend?.url;
  return typeof url === 'string' && url !== '' ? url : undefined;
}

function loginFile(logins: string): string {
  return join(logins, 'credentials.json');
}

/** What marks logins that a newer engine has encrypted; whose they are it alone can tell. */
const encrypted = '$pulumiSecureStore';

function loginIn(logins: string): { url: string | undefined } | undefined {
  const file = loginFile(logins);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  // As the engine takes it: a write of it was interrupted.
  if (text === '') return undefined;
  let login: { current?: string; [encrypted]?: number } | null;
  try {
    login = JSON.parse(text);
  } catch {
    throw new Error(`${file}, where Pulumi keeps its logins, is no JSON; correct it, or delete it and log in again`);
  }
  if (login?.[encrypted] !== undefined) return { url: undefined };
  const url = login?.current ?? '';
  return url === '' ? undefined : { url };
}

/** Whether somebody is logged in to a backend, by the file that the engine keeps of it in this folder. */
export function isLoggedIn(logins: string): boolean {
  return loginIn(logins) !== undefined;
}
