/** mosquitto.conf: rendered from a model, read back line by line. Source: mosquitto.conf(5). */

import { changedLines, type OptionLine, optionLines } from './configKey';
import { clientFileNames, fileNames, type KeyType, pathOf, serverFileNames } from './files';
import { imageLayout, type Layout } from './layout';
import { type Limits, limitKeys } from './limits';
import {
  type Binding,
  type ClientKind,
  clientKinds,
  type Listener,
  listenerKeys,
  listenerName,
  listenerValues,
} from './listeners';
import { type Logging, loggingKeys } from './logging';
import { type Persistence, persistenceKeys } from './persistence';
import type { Release } from './release';

/** The broker that reads a mosquitto.conf. Default of each: that of the container. */
export interface Reader {
  layout?: Layout;
  release?: Release;
  binding?: Binding;
}

/** Everything that mosquitto.conf says. */
export interface ConfigurationModel extends Reader {
  listeners: readonly Listener[];
  /** Kind of the server's key. */
  serverKeyType: KeyType;
  limits: Limits;
  persistence: Persistence;
  logging: Logging;
  /** Raw lines of the operator, already checked by `extraOptionProblem`. */
  extraOptions: readonly string[];
}

/** The text of mosquitto.conf. Listeners are sorted by name, so the same model always gives the same file. */
export function renderConfiguration(model: ConfigurationModel): string {
  const layout = model.layout ?? imageLayout;
  const sections = [
    accessLines(model.listeners, layout),
    model.persistence.persistence ? persistenceLines(model.persistence, layout) : [],
    limitLines(model.limits),
    loggingLines(model.logging),
    extraLines(model.extraOptions),
    ...[...model.listeners]
      .sort((a, b) => (listenerName(a) < listenerName(b) ? -1 : 1))
      .flatMap((listener) =>
        listenerValues(listener, model.binding ?? 'published').map((value) => [
          { option: 'listener', value },
          ...listenerLines(listener, model.serverKeyType, layout),
        ]),
      ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(({ option, value }) => `${option} ${value}\n`).join(''))
    .join('\n');
}

/** Reads a configuration back into its lines. Comments and empty lines are left out. */
export function parseConfiguration(text: string): OptionLine[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [option = '', ...rest] = line.split(' ');
      return { option, value: rest.join(' ') };
    });
}

/** Every address that a configuration binds; one without an address binds all of both families. */
export function boundAddresses(configuration: string): Array<{ address: string; port: number }> {
  return parseConfiguration(configuration)
    .filter(({ option }) => option === 'listener')
    .flatMap(({ value }) => {
      const [port, address] = value.split(' ');
      return (address === undefined ? ['0.0.0.0', '::'] : [address]).map((each) => ({
        address: each,
        port: Number(port),
      }));
    });
}

/** The files that say who may log in at a listener, and what its clients may do. */
const accessFiles = {
  accounts: { passwords: fileNames.passwords, acl: fileNames.acl },
  devices: { passwords: fileNames.devicePasswords, acl: fileNames.deviceAcl },
} as const;

/**
 * The plug-ins replace `password_file` and `acl_file`, which are deprecated in 2.1. They are loaded once for each kind
 * of client: patterns apply to every user of the file, so accounts must not share one with devices.
 */
function accessLines(listeners: readonly Listener[], layout: Layout): OptionLine[] {
  const kinds = clientKinds.filter((kind) => listeners.some(({ clients }) => clients === kind));
  return [
    { option: 'allow_anonymous', value: 'false' },
    ...kinds.flatMap((kind) => [
      { option: 'plugin_load', value: `${kind}_password_file ${layout.plugins}/mosquitto_password_file.so` },
      { option: 'plugin_opt_password_file', value: pathOf(accessFiles[kind].passwords, layout) },
      { option: 'plugin_load', value: `${kind}_acl_file ${layout.plugins}/mosquitto_acl_file.so` },
      { option: 'plugin_opt_acl_file', value: pathOf(accessFiles[kind].acl, layout) },
    ]),
  ];
}

function persistenceLines(persistence: Persistence, layout: Layout): OptionLine[] {
  return [
    { option: 'plugin', value: `${layout.plugins}/mosquitto_persist_sqlite.so` },
    { option: 'plugin_opt_db_file', value: `${layout.data}/mosquitto.sqlite3` },
    ...optionLines(persistenceKeys, persistence),
  ];
}

function limitLines(limits: Limits): OptionLine[] {
  return [
    ...optionLines(limitKeys, limits),
    // Without it a TLS connect waits 40 ms for a delayed acknowledgement.
    { option: 'set_tcp_nodelay', value: 'true' },
  ];
}

function loggingLines(logging: Logging): OptionLine[] {
  return [
    { option: 'log_dest', value: 'stdout' },
    { option: 'log_timestamp_format', value: '%Y-%m-%dT%H:%M:%S' },
    ...optionLines(loggingKeys, logging),
  ];
}

function extraLines(extraOptions: readonly string[]): OptionLine[] {
  return parseConfiguration(extraOptions.join('\n'));
}

/** What stands below a `listener` line. */
function listenerLines(listener: Listener, serverKeyType: KeyType, layout: Layout): OptionLine[] {
  return [
    { option: 'protocol', value: listener.protocol },
    { option: 'plugin_use', value: `${listener.clients}_password_file` },
    { option: 'plugin_use', value: `${listener.clients}_acl_file` },
    // A device that could choose its client id could take over the session of another one, or destroy it.
    ...(listener.clients === 'devices' ? [{ option: 'use_username_as_clientid', value: 'true' }] : []),
    ...(listener.tls ? serverCertificateLines(serverKeyType, layout) : []),
    ...(listener.requireCertificate ? clientAuthorityLines(listener.clients, layout) : []),
    ...changedLines(listenerKeys, listener),
  ];
}

function serverCertificateLines(serverKeyType: KeyType, layout: Layout): OptionLine[] {
  const server = serverFileNames(serverKeyType);
  return [
    { option: 'certfile', value: pathOf(server.certificate, layout) },
    { option: 'keyfile', value: pathOf(server.privateKey, layout) },
    { option: 'tls_version', value: 'tlsv1.2' },
  ];
}

/** With a `crlfile` the broker reads it and `cafile` again at a reload; without one it would need a restart for both. */
function clientAuthorityLines(kind: ClientKind, layout: Layout): OptionLine[] {
  const files = clientFileNames(kind);
  return [
    { option: 'cafile', value: pathOf(files.authorities, layout) },
    { option: 'crlfile', value: pathOf(files.revoked, layout) },
  ];
}
