/** Whose rights are asked for: an account, a device, or the account of verification; and the lines that give them. */

import { closest } from 'fastest-levenshtein';
import { probeAcls } from '../fleet/probe';
import { rulesFor } from '../fleet/role';
import { type AclRule, formatRule } from '../mosquitto/acl';
import type { ClientKind } from '../mosquitto/listeners';
import { quoted } from '../mosquitto/quoted';
import { witnessAcl, witnessUsername } from '../mosquitto/witness';
import type { AccessModel } from './model';

/** One line of the configuration, as one user has it. */
export interface Line {
  /** Such as `accounts[1].topics[2]`; null where the program writes it by itself. */
  path: string | null;
  /** As it is written, `{id}` included. */
  text: string;
  /** As it counts for this user. */
  rule: AclRule;
}

export interface Subject {
  username: string;
  kind: 'account' | 'device' | 'verification';
  /** Name of a device's role; null for accounts. */
  role: string | null;
  /** How many devices share its lines; 1 for an account. */
  sharedBy: number;
  /** Listeners where it logs in. */
  clients: ClientKind;
  /** Where a further line would stand, such as `roles[0].topics`; null where nobody can write one. */
  list: string | null;
  lines: Line[];
}

/** Why a user is none, in words that follow its name. */
export interface NoSubject {
  problem: string;
}

/** @param list path of the lines */
export function linesOf(list: string, rules: readonly AclRule[], asWritten: readonly AclRule[] = rules): Line[] {
  return rules.map((rule, index) => ({
    path: `${list}[${index}]`,
    text: formatRule(asWritten[index] ?? rule),
    rule,
  }));
}

/** Finds a user. No account has the name of a device. */
export function subjectOf(model: AccessModel, username: string): Subject | NoSubject {
  const index = model.accounts.findIndex((each) => each.username === username);
  const account = model.accounts[index];
  if (account !== undefined) {
    const list = `accounts[${index}].topics`;
    const lines = linesOf(list, account.rules);
    return { username, kind: 'account', role: null, sharedBy: 1, clients: 'accounts', list, lines };
  }
  const device = model.devices.find(({ id }) => id === username);
  if (device !== undefined) return deviceSubject(model, device);
  return username === witnessUsername ? verification(model) : { problem: unknownWords(model, username) };
}

/** @param device of the fleet, or one as it would be */
export function deviceSubject({ roles, devices }: AccessModel, device: { id: string; role: string }): Subject {
  const index = roles.findIndex(({ name }) => name === device.role);
  const role = roles[index] ?? { name: device.role, rules: [] };
  const list = `roles[${index}].topics`;
  return {
    username: device.id,
    kind: 'device',
    role: role.name,
    sharedBy: devices.filter((each) => each.role === role.name).length,
    clients: 'devices',
    list,
    lines: linesOf(list, rulesFor(role, device.id), role.rules),
  };
}

/** The account that checks speak with has the rules that the program gives it. */
function verification({ accounts, roles, devices, listeners }: AccessModel): Subject {
  const fleet = devices.map(({ id, role }) => ({ id, role, generation: 1, metadata: {} }));
  const probes = listeners.some(({ clients }) => clients === 'devices') ? probeAcls(roles, fleet) : [];
  const lines = witnessAcl([...accounts, ...probes]).rules.map(
    (rule): Line => ({ path: null, text: formatRule(rule), rule }),
  );
  return {
    username: witnessUsername,
    kind: 'verification',
    role: null,
    sharedBy: 1,
    clients: 'accounts',
    list: null,
    lines,
  };
}

function unknownWords({ accounts, roles, devices }: AccessModel, username: string): string {
  const said = `${quoted(username)} is neither an account nor a device`;
  if (roles.some(({ name }) => name === username)) {
    const [member] = devices.filter(({ role }) => role === username);
    return `${said}, but a role; name a device of it${member === undefined ? '' : `, such as "${member.id}"`}.`;
  }
  const names = [...accounts.map((each) => each.username), ...devices.map(({ id }) => id)];
  return `${said}; did you mean "${closest(username, names)}"?`;
}
