/** The only reader of configuration: keys become Settings, or one error that lists every problem by its path. */

import { dirname } from 'node:path';
import type { z } from 'zod';
import type { CheckedCertificate, CheckedPair } from '../certificates/given';
import { type Device, sortedById } from '../fleet/device';
import type { Role } from '../fleet/role';
import type { Account } from '../mosquitto/accounts';
import { partOf } from '../mosquitto/configKey';
import type { Reader } from '../mosquitto/configuration';
import type { KeyType } from '../mosquitto/files';
import { containerNameProblem } from '../mosquitto/hosts';
import { serviceLayout } from '../mosquitto/layout';
import { type Limits, limitKeys } from '../mosquitto/limits';
import type { Listener } from '../mosquitto/listeners';
import { type Logging, loggingKeys } from '../mosquitto/logging';
import { monitoringAccount } from '../mosquitto/monitoring';
import { type Persistence, persistenceKeys } from '../mosquitto/persistence';
import { problemWords } from '../mosquitto/problem';
import { quoted, visible } from '../mosquitto/quoted';
import { refusedBy } from '../mosquitto/refused';
import { releaseOf } from '../mosquitto/release';
import { serviceAddress } from '../mosquitto/serviceAddress';
import type { ReviewSettings } from '../review/levels';
import type { Monitoring } from '../watching/settings';
import { type CertificateSettings, readCertificates, readCertificatesAlone } from './certificates';
import { combinationProblems } from './combinations';
import { readFleet, sizeProblems, withoutPlace } from './fleet';
import { inWords } from './issues';
import { type Config, type Runtime, schema } from './schema';
import { type AlertSecrets, alertSecretsIn } from './secrets';
import { watchedNameProblems } from './watching';

/**
 * The whole configuration of a stack, checked and complete. Each field is explained in Pulumi.yaml.
 *
 * @typeParam Pair what is known of certificates from elsewhere
 */
export interface Settings<Pair extends CheckedCertificate = CheckedPair> extends Reader {
  listeners: Listener[];
  /** Networks that may reach the listeners, as far as these have none of their own. */
  firewall: string[];
  maxCutOffClients: number;
  dnsNames: string[];
  ipAddresses: string[];
  accounts: Account[];
  /** Those of `devices` and of the file together, by id. */
  devices: Device[];
  /** Those of `devices` alone, by id. */
  inlineDevices: Device[];
  /** Relative to the project's folder. Undefined: there is no file. */
  devicesFile: string | undefined;
  roles: Role[];
  maxRevokedDevicesPercent: number;
  deviceSecretGeneration: number;
  certificates: CertificateSettings<Pair>;
  /** Kind of the server's key. */
  serverKeyType: KeyType;
  /** Share of the devices that a step of a rollover may cut off, in percent. */
  maxUnreachedDevicesPercent: number;
  limits: Limits;
  persistence: Persistence;
  logging: Logging & { maxSizeMebibytes: number; maxFiles: number };
  extraOptions: string[];
  image: string;
  /** Whether the broker is a container, or a service of its machine. */
  runtime: Runtime;
  /**
   * Address of a Docker engine, or of a machine with services as `serviceAddress` has it. Undefined: the engine of the
   * environment, or of this machine.
   */
  dockerHost: string | undefined;
  containerName: string;
  /** Internal Docker network that other containers join; null for none. */
  network: string | null;
  retainDataOnDestroy: boolean;
  /** What a review may let a pipeline fail by. */
  review: ReviewSettings;
  /** Off for a service, whatever is asked for: its machine has no engine for containers. */
  monitoring: Monitoring;
  /** Whether watching is asked for where there is none. */
  isUnwatched: boolean;
  /** Empty where there is none, or where it is not at hand. */
  alertSecrets: AlertSecrets;
  /** Role to the minutes that a device of it may be away. */
  maxSilenceMinutes: Readonly<Record<string, number>>;
}

/** Every problem of a configuration. The message is all that a person needs. */
export class SettingsError extends Error {
  /** @param of whose configuration it is */
  constructor(
    readonly problems: readonly string[],
    of = 'this stack',
  ) {
    super([`The configuration of ${of} cannot be used:`, ...problems.map(visible)].join('\n  '));
  }
}

/**
 * Reads a stack's configuration.
 *
 * @param project name of the project, the namespace of its keys
 * @param stack name of the stack; it only fills the default of `containerName`
 * @param raw key to value as the engine hands them over, the defaults of Pulumi.yaml already filled in
 * @param folder the project's folder, that the file of devices is in
 * @throws SettingsError with every problem
 */
export function readSettings(
  project: string,
  stack: string,
  raw: Record<string, string>,
  folder = dirname(__dirname),
): Settings {
  return readWith(readCertificates, project, stack, raw, folder);
}

/** Settings that can be looked at, and not be deployed: they have no private keys, and nothing that alerts are sent by. */
export type ReviewedSettings = Omit<Settings<CheckedCertificate>, 'alertSecrets'>;

/**
 * Reads a stack's configuration where private keys are not at hand.
 *
 * @param withheld keys of secrets that have a value which is not at hand; in `raw` they are empty
 * @throws SettingsError with every problem
 */
export function readReviewedSettings(
  project: string,
  stack: string,
  raw: Record<string, string>,
  folder: string,
  withheld: ReadonlySet<string>,
): ReviewedSettings {
  const alone = (config: Partial<Config>, at: string) => readCertificatesAlone(config, at, withheld);
  return readWith(alone, project, stack, raw, folder, withheld);
}

type ReadCertificates<Pair extends CheckedCertificate> = (
  config: Partial<Config>,
  folder: string,
) => { settings?: CertificateSettings<Pair>; problems: string[] };

function readWith<Pair extends CheckedCertificate>(
  certificatesOf: ReadCertificates<Pair>,
  project: string,
  stack: string,
  raw: Record<string, string>,
  folder: string,
  withheld?: ReadonlySet<string>,
): Settings<Pair> {
  const problems = sizeProblems(raw[`${project}:devices`] ?? '');
  return settingsFrom(
    certificatesOf,
    valuesOf(project, raw),
    { name: `${project}-${stack}`, folder, problems },
    withheld,
  );
}

/** What the values of a configuration are read with. */
export interface Reading {
  /** Name of the container where none is configured. */
  name: string;
  /** The folder that paths of files are relative to. */
  folder: string;
  /** What is wrong with them already. */
  problems?: readonly string[];
  /** Whose they are, for an error. */
  of?: string;
}

/**
 * Reads a configuration that is at hand as a whole.
 *
 * @param values key to value; each key has one
 * @throws SettingsError with every problem
 */
export function readValues(values: Readonly<Record<string, unknown>>, reading: Reading): Settings {
  return settingsFrom(readCertificates, values, reading);
}

/**
 * Reads one without its private keys, which are not at hand yet.
 *
 * @param withheld keys of `values` that have another value than the empty one which is there
 * @throws SettingsError with every problem
 */
export function readValuesAlone(
  values: Readonly<Record<string, unknown>>,
  reading: Reading,
  withheld: ReadonlySet<string>,
): Settings<CheckedCertificate> {
  const alone = (config: Partial<Config>, folder: string) => readCertificatesAlone(config, folder, withheld);
  return settingsFrom(alone, values, reading, withheld);
}

function settingsFrom<Pair extends CheckedCertificate>(
  certificatesOf: ReadCertificates<Pair>,
  values: Readonly<Record<string, unknown>>,
  { name, folder, problems: others = [], of }: Reading,
  withheld?: ReadonlySet<string>,
): Settings<Pair> {
  const parsed = schema.safeParse(values, { reportInput: true });
  const issues = parsed.success ? [] : parsed.error.issues.flatMap(inWords);
  const usable = parsed.success ? parsed.data : validPart(values);
  const fleet = readFleet(usable, folder);
  const certificates = certificatesOf(usable, folder);
  const problems = [
    ...issues,
    ...certificates.problems,
    ...combinationProblems(usable, withheld),
    ...others,
    ...fleet.problems,
  ];
  if (!parsed.success || certificates.settings === undefined || problems.length > 0) {
    throw new SettingsError(problems, of);
  }
  const config = parsed.data;
  const containerName = config.containerName === '' ? name : config.containerName;
  const unnamed = containerNameProblem(containerName);
  if (unnamed !== undefined) throw new SettingsError([`containerName: ${quoted(containerName)} ${unnamed}`], of);
  if (config.network === containerName) {
    throw new SettingsError(
      [
        `network: ${quoted(containerName)} is the name of the container, whose network is the broker's alone; choose another one`,
      ],
      of,
    );
  }
  const monitoring = config.runtime === 'service' ? schema.shape.monitoring.parse({}) : config.monitoring;
  const misnamed = watchedNameProblems(containerName, monitoring, config.network);
  if (misnamed.length > 0) throw new SettingsError(misnamed, of);
  const settings = {
    listeners: config.listeners,
    firewall: config.firewall,
    maxCutOffClients: config.maxCutOffClients,
    dnsNames: config.dnsNames,
    ipAddresses: config.ipAddresses,
    accounts: [
      ...config.accounts.map(({ username, topics, generation }) => ({ username, rules: topics, generation })),
      ...(monitoring.enabled ? [monitoringAccount] : []),
    ],
    devices: sortedById(fleet.entries.map(withoutPlace)),
    inlineDevices: sortedById(config.devices),
    devicesFile: config.devicesFile === '' ? undefined : config.devicesFile,
    roles: config.roles.map(({ name, topics }) => ({ name, rules: topics })),
    maxRevokedDevicesPercent: config.maxRevokedDevicesPercent,
    deviceSecretGeneration: config.deviceSecretGeneration,
    certificates: certificates.settings,
    serverKeyType: certificates.settings.serverKeyType,
    maxUnreachedDevicesPercent: config.maxUnreachedDevicesPercent,
    limits: partOf(limitKeys, config),
    persistence: { persistence: config.persistence, ...partOf(persistenceKeys, config) },
    logging: {
      ...partOf(loggingKeys, config),
      maxSizeMebibytes: config.logMaxSizeMebibytes,
      maxFiles: config.logMaxFiles,
    },
    extraOptions: config.extraOptions,
    image: config.image,
    ...placeIn(config),
    containerName,
    network: config.network === '' ? null : config.network,
    retainDataOnDestroy: config.retainDataOnDestroy,
    review: config.review,
    monitoring,
    isUnwatched: monitoring.enabled !== config.monitoring.enabled,
    alertSecrets: alertSecretsIn(config),
    maxSilenceMinutes: Object.fromEntries(config.roles.map((role) => [role.name, role.maxSilenceMinutes])),
  };
  const refused = refusedBy(settings).map(problemWords);
  if (refused.length > 0) throw new SettingsError(refused);
  return settings;
}

/**
 * What the engine hands over, as values.
 *
 * @param project name of the project, the namespace of its keys
 */
export function valuesOf(project: string, raw: Readonly<Record<string, string>>): Record<string, unknown> {
  const own = Object.entries(raw)
    .filter(([key]) => key.startsWith(`${project}:`))
    .map(([key, value]) => [key.slice(project.length + 1), value] as const);
  return Object.fromEntries(own.map(([key, value]) => [key, decode(key, value)]));
}

/** Where the broker runs, and how its files are read there. */
function placeIn({
  runtime,
  host,
  dockerHost,
  mosquittoVersion,
}: Config): Pick<Settings, 'runtime' | 'dockerHost'> & Reader {
  const given = dockerHost === '' ? host : dockerHost;
  if (runtime === 'container') return { runtime, dockerHost: given === '' ? undefined : given };
  return {
    runtime,
    dockerHost: serviceAddress(given === '' ? undefined : given),
    layout: serviceLayout,
    release: releaseOf(mosquittoVersion === '' ? '2.0' : mosquittoVersion),
    binding: 'bound',
  };
}

/** Config values arrive as text; only those that are texts themselves stay so. */
function decode(key: string, value: string): unknown {
  const kind = (schema.shape as Record<string, z.ZodType>)[key]?.def.type;
  if (kind === undefined || kind === 'string' || kind === 'enum') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The keys that are right by themselves. */
function validPart(values: Readonly<Record<string, unknown>>): Partial<Config> {
  const entries = Object.entries(schema.shape).flatMap(([key, field]) => {
    const parsed = field.safeParse(values[key]);
    return parsed.success ? [[key, parsed.data]] : [];
  });
  return Object.fromEntries(entries);
}
