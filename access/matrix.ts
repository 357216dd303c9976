/** Who may read and write what, and who reaches the broker at all, as data. Described by access.schema.json. */

import type { Access } from '../mosquitto/acl';
import { familyOf } from '../mosquitto/cidr';
import { openAddresses, sourcesFor } from '../mosquitto/firewall';
import { bindAddresses, type ClientKind, type Listener, listenerName, type Protocol } from '../mosquitto/listeners';
import type { AccessModel } from './model';
import { deviceSubject, type Line, linesOf } from './subject';

/** One line of the configuration. */
export interface RuleRow {
  access: Access;
  /** Topic filter; `{id}` in roles stands for the device's own id. */
  topic: string;
  /** Where it stands, such as `accounts[1].topics[2]`. */
  path: string;
}

export interface AccountRow {
  username: string;
  rules: RuleRow[];
}

export interface RoleRow {
  name: string;
  /** Devices that have it. */
  devices: number;
  rules: RuleRow[];
}

/** One device with its own id in the place of `{id}`. */
export interface ExampleRow {
  id: string;
  role: string;
  /** Whether it is a device of the stack; else it stands for the first one. */
  declared: boolean;
  rules: RuleRow[];
}

export interface ListenerRow {
  /** Such as `mqtts-8883`. */
  name: string;
  protocol: Protocol;
  port: number;
  /** Addresses of the machine that it is published on. */
  addresses: string[];
  tls: boolean;
  /** Who logs in there. */
  clients: ClientKind;
  certificateRequired: boolean;
  /** What a client proves who it is by. */
  login: 'password' | 'certificate';
  /** Networks that reach it, by the families of its addresses; an empty list lets in the machine itself alone. */
  networks: string[] | 'everybody' | 'this machine';
  /** Where it stands, such as `listeners[1]`. */
  path: string;
}

export interface AccessMatrix {
  /** Version of this form. */
  version: 1;
  stack: string;
  accounts: AccountRow[];
  roles: RoleRow[];
  /** Null where no listener is for devices. */
  example: ExampleRow | null;
  listeners: ListenerRow[];
  /** Docker network whose containers reach every listener, past the firewall; null for none. */
  network: string | null;
}

/** Stands for a device where none is declared. */
const exampleId = 'pi-001';

/** @param stack name of the stack */
export function accessMatrix(stack: string, model: AccessModel): AccessMatrix {
  return {
    version: 1,
    stack,
    accounts: model.accounts.map(({ username, rules }, index) => ({
      username,
      rules: rows(linesOf(`accounts[${index}].topics`, rules)),
    })),
    roles: model.roles.map(({ name, rules }, index) => ({
      name,
      devices: model.devices.filter(({ role }) => role === name).length,
      rules: rows(linesOf(`roles[${index}].topics`, rules)),
    })),
    example: exampleOf(model),
    listeners: model.listeners.map((listener, index) => listenerRow(listener, index, model.firewall)),
    network: model.network,
  };
}

function rows(lines: readonly Line[]): RuleRow[] {
  return lines.map(({ path, rule: { access, topic } }) => ({ access, topic, path: path ?? '' }));
}

function exampleOf(model: AccessModel): ExampleRow | null {
  if (!model.listeners.some(({ clients }) => clients === 'devices')) return null;
  const [first] = model.devices;
  const [role] = model.roles;
  const device = first ?? (role === undefined ? undefined : { id: exampleId, role: role.name });
  if (device === undefined) return null;
  const { lines } = deviceSubject(model, device);
  return { id: device.id, role: device.role, declared: first !== undefined, rules: rows(lines) };
}

function listenerRow(listener: Listener, index: number, firewall: readonly string[]): ListenerRow {
  const { protocol, port, tls, clients, requireCertificate, useIdentityAsUsername, unfiltered } = listener;
  const open = openAddresses(listener);
  // The firewall has a list for each family, and an address of one is reached by networks of that one alone.
  const families = open.map(familyOf);
  const sources = sourcesFor(listener, firewall).filter((source) => families.includes(familyOf(source)));
  return {
    name: listenerName(listener),
    protocol,
    port,
    addresses: [...bindAddresses(listener)],
    tls,
    clients,
    certificateRequired: requireCertificate,
    login: useIdentityAsUsername ? 'certificate' : 'password',
    networks: open.length === 0 ? 'this machine' : unfiltered ? 'everybody' : sources,
    path: `listeners[${index}]`,
  };
}

/** A rule in words: what it lets do. */
export function accessWords(access: Access): string {
  return { read: 'read', write: 'publish', readwrite: 'read and publish', deny: 'never' }[access];
}

/** Who reaches a listener, in words. */
export function reachWords({ networks }: ListenerRow): string {
  if (typeof networks === 'string') return networks;
  return networks.length === 0 ? 'this machine' : networks.join(', ');
}

/** What a client shows at a listener, in words. */
export function loginWords({ login, certificateRequired }: ListenerRow): string {
  if (login === 'certificate') return 'certificate';
  return certificateRequired ? 'certificate and password' : 'password';
}
