/** The ACL file of all devices: as few lines as their roles allow. */

import { type AclFile, type AclRule, formatRule, type UserAcl } from '../mosquitto/acl';
import type { Device } from './device';
import { fill, type Role, rulesFor } from './role';

/** Mosquitto's own placeholder for the user's name. Source: mosquitto.conf(5), `acl_file`. */
const userPattern = '%u';

/**
 * What devices may do: rules that all roles in use share stand once, as patterns; what else a role allows stands once
 * for each of its devices. With a single role in use any number of devices takes the same few lines.
 *
 * Mosquitto asks a user's own lines before the patterns, so a `deny` could lose its precedence between them: several
 * roles with a `deny` in one of them share nothing.
 */
export function deviceAcl(roles: readonly Role[], devices: readonly Device[]): AclFile {
  const names = new Set(devices.map(({ role }) => role));
  const used = roles.filter(({ name }) => names.has(name));
  const shared = sharedRules(used);
  const own = new Map(used.map((role) => [role.name, without(role, shared)]));
  const users = devices.flatMap(({ id, role }): UserAcl[] => {
    const rest = own.get(role);
    return rest === undefined || rest.rules.length === 0 ? [] : [{ username: id, rules: rulesFor(rest, id) }];
  });
  const patterns = shared.map(({ access, topic }) => ({ access, topic: fill(topic, userPattern) }));
  return { patterns, users };
}

function sharedRules(roles: readonly Role[]): AclRule[] {
  const [first, ...others] = roles;
  if (first === undefined) return [];
  const denies = roles.some(({ rules }) => rules.some(({ access }) => access === 'deny'));
  if (denies && others.length > 0) return [];
  const texts = others.map(({ rules }) => new Set(rules.map(formatRule)));
  return first.rules.filter((rule) => texts.every((text) => text.has(formatRule(rule))));
}

function without(role: Role, rules: readonly AclRule[]): Role {
  const texts = new Set(rules.map(formatRule));
  return { name: role.name, rules: role.rules.filter((rule) => !texts.has(formatRule(rule))) };
}
