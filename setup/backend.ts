/** Where the state of the stacks is kept, and what encrypts its secrets. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What must stand in the environment of the engine. Empty where the user has a backend. */
export type BackendEnvironment = Record<string, string>;

/**
 * The user's own backend where there is one (`PULUMI_BACKEND_URL`, or a login), else a file backend in the cache with a
 * generated passphrase in a file that only its owner reads.
 *
 * @param logins where the engine keeps its logins
 */
export function backend(home: string, logins: string): BackendEnvironment {
  if (isSet('PULUMI_BACKEND_URL') || isLoggedIn(logins)) return {};
  const state = join(home, 'state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: `file://${state}`, ...passphrase(home) };
}

function passphrase(home: string): BackendEnvironment {
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined || isSet('PULUMI_CONFIG_PASSPHRASE_FILE')) return {};
  const file = join(home, 'passphrase');
  // "wx" never replaces a passphrase that a stack may already be encrypted with.
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

function isSet(name: string): boolean {
  return (process.env[name] ?? '') !== '';
}

/** Whether somebody is logged in to a backend, by the file that the engine keeps of it in this folder. */
export function isLoggedIn(logins: string): boolean {
  const file = join(logins, 'credentials.json');
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')).current ?? '') !== '';
}
