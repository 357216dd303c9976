/** Service accounts: the users that every stack has, whatever its devices. */

import type { UserAcl } from './acl';
import { inQuotes } from './quoted';

/** A user with a password of its own and rules of its own. It may hold many connections at once. */
export interface Account extends UserAcl {
  /** Counts the passwords of this account: raise it by one to get a new one. Default 1. */
  generation: number;
}

/** The one name that JavaScript does not keep as the key of an object. */
export const lostName = '__proto__';

/**
 * What is wrong with a user name, or `undefined` when it is valid. `+`, `#` and `/` would act inside topics, `:` ends
 * the name in the password file, and white space ends it in the ACL file.
 */
export function usernameProblem(username: string): string | undefined {
  if (username === '') return 'is empty; write a name such as "aisa_server"';
  if (username.length > 64) return 'is longer than 64 characters; shorten it';
  if (username === lostName) return 'is lost in the outputs of a stack; choose another name';
  if (/^[A-Za-z0-9_.-]+$/.test(username)) return undefined;
  const character = username.match(/[^A-Za-z0-9_.-]/u)?.[0] ?? '';
  return `contains ${inQuotes(character)}; use letters, digits, "-", "_", "."`;
}
