/** mosquitto.conf: rendered from a model, read back line by line. Source: mosquitto.conf(5). */

import { changedLines, type OptionLine, optionLines } from './configKey';
import { clientFileNames, type KeyType, pathOf, serverFileNames } from './files';
import { imageLayout, type Layout } from './layout';
import { type Limits, limitKeys } from './limits';
import { type Binding, type ClientKind, type Listener, listenerHeads, listenerKeys, listenerName } from './listeners';
import { type Logging, loggingKeys } from './logging';
import { loginLines } from './logins';
import { logTopic } from './monitoring';
import { type Persistence, storeLines } from './persistence';
import { imageRelease, type Release } from './release';

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
  /** Whether an exporter reads the log. */
  monitoring?: { enabled: boolean };
}

/** The text of mosquitto.conf. Listeners are sorted by name, so the same model always gives the same file. */
export function renderConfiguration(model: ConfigurationModel): string {
  const { layout = imageLayout, release = imageRelease, binding = 'published' } = model;
  const logins = loginLines(model.listeners, release, layout);
  const sections = [
    logins.general,
    model.persistence.persistence ? storeLines(model.persistence, release, layout) : [],
    limitLines(model.limits, release),
    loggingLines(model, layout),
    extraLines(model.extraOptions),
    ...[...model.listeners]
      .sort((a, b) => (listenerName(a) < listenerName(b) ? -1 : 1))
      .flatMap((listener) =>
        listenerHeads(listener, binding, release).map((head) => [
          ...head,
          ...logins.own(listener.clients),
          ...(release.hasTotalLimit ? [] : [eachLimit(model.limits)]),
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

function limitLines(limits: Limits, release: Release): OptionLine[] {
  const unknown = [
    ...(release.hasTotalLimit ? [] : [limitKeys.maxConnections.option]),
    ...(release.takesKeepaliveZero || limits.maxKeepaliveSeconds > 0 ? [] : [limitKeys.maxKeepaliveSeconds.option]),
  ];
  return [
    ...optionLines(limitKeys, limits).filter(({ option }) => !unknown.some((each) => each === option)),
    // Without it a TLS connect waits 40 ms for a delayed acknowledgement.
    { option: 'set_tcp_nodelay', value: 'true' },
  ];
}

/** Where no option limits all listeners together, each has the limit of all. */
function eachLimit({ maxConnections }: Limits): OptionLine {
  return { option: 'max_connections', value: String(maxConnections) };
}

function loggingLines({ logging, monitoring }: ConfigurationModel, { log }: Layout): OptionLine[] {
  return [
    { option: 'log_dest', value: log.includes('/') ? `file ${log}` : log },
    ...(monitoring?.enabled ? [logTopic] : []),
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
