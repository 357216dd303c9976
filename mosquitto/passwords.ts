/** The password file: `user:$7$iterations$salt$hash`, as mosquitto_passwd(1) writes it. */

import { createHmac } from 'node:crypto';

/**
 * PBKDF2 rounds. Every password here is generated and has 256 bits: it cannot be guessed, so stretching protects
 * nothing. Each round costs the broker time for every connected client at every reload, and for every login
 * (5,000 clients: 0.29 s at 101 rounds, 3 s at 1,000).
 */
const iterations = 1;
const saltBytes = 12;
/** Number of the only block of a PBKDF2 hash that is no longer than what its HMAC gives. */
const firstBlock = Buffer.from([0, 0, 0, 1]);

/** A user and the password it logs in with. */
export interface Credential {
  username: string;
  password: string;
}

/** One line of a password file, taken apart. Salt and hash are base64. */
export interface PasswordEntry {
  username: string;
  iterations: number;
  salt: string;
  hash: string;
}

/**
 * Hashes a credential. The salt is derived from name and password, so that the same credentials always give the same
 * file; each salt is still unique because each password is random.
 *
 * One round of PBKDF2 is one HMAC, which takes half the time when it is asked for by itself. Source: RFC 8018, 5.2.
 */
export function hashCredential({ username, password }: Credential): PasswordEntry {
  const salt = createHmac('sha256', password).update(`salt:${username}`).digest().subarray(0, saltBytes);
  const hash = createHmac('sha512', password).update(salt).update(firstBlock).digest();
  return { username, iterations, salt: salt.toString('base64'), hash: hash.toString('base64') };
}

/** The text of a password file, sorted by user. */
export function renderPasswords(credentials: readonly Credential[]): string {
  return credentials
    .map(hashCredential)
    .sort((a, b) => (a.username < b.username ? -1 : 1))
    .map((entry) => `${entry.username}:$7$${entry.iterations}$${entry.salt}$${entry.hash}\n`)
    .join('');
}

/**
 * Reads a password file.
 *
 * @throws Error naming the first line that would stop the broker (malformed, or a user twice), by its number only: the
 * line itself holds a secret.
 */
export function parsePasswords(text: string): PasswordEntry[] {
  const entries: PasswordEntry[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const place = `password file, line ${index + 1}`;
    const match = line.match(/^([^:\s]+):\$7\$([1-9][0-9]*)\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{86}==)$/);
    if (match === null) throw new Error(`${place}: not a line that Mosquitto accepts; regenerate the file`);
    const [, username = '', rounds = '', salt = '', hash = ''] = match;
    if (seen.has(username)) throw new Error(`${place}: user "${username}" stands twice; keep one`);
    seen.add(username);
    entries.push({ username, iterations: Number(rounds), salt, hash });
  }
  if (!text.endsWith('\n')) throw new Error('password file: the last line is cut off; regenerate the file');
  return entries;
}
