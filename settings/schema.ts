/** What each key of the configuration may hold. Defaults are in Pulumi.yaml; those of nested fields are here. */

import { z } from 'zod';
import { type Device, defaultRole, deviceIdProblem, greatestGeneration } from '../fleet/device';
import { metadataNameProblem, metadataValueProblem } from '../fleet/metadata';
import { roleNameProblem, roleTopicProblem } from '../fleet/role';
import { usernameProblem } from '../mosquitto/accounts';
import { type AclRule, accesses, parseRule } from '../mosquitto/acl';
import { cidrProblem, rangeOf } from '../mosquitto/cidr';
import type { ConfigKey, ConfigKeys, ValueOf } from '../mosquitto/configKey';
import { extraOptionProblem } from '../mosquitto/extraOptions';
import {
  containerNameProblem,
  dnsNameProblem,
  dockerHostProblem,
  hostProblem,
  imageProblem,
  ipAddressesProblem,
  ipAddressProblem,
} from '../mosquitto/hosts';
import { limitKeys } from '../mosquitto/limits';
import { clientKinds, listenerKeys, protocols } from '../mosquitto/listeners';
import { loggingKeys } from '../mosquitto/logging';
import { networkNameProblem } from '../mosquitto/networks';
import { persistenceKeys } from '../mosquitto/persistence';
import { inQuotes, quoted } from '../mosquitto/quoted';
import { releaseProblem } from '../mosquitto/release';
import { topicFilterProblem } from '../mosquitto/topics';
import { isProbeLevel } from '../mosquitto/witness';
import { levels } from '../review/levelNames';
import { mailProblem, smarthostProblem } from '../watching/mail';
import { monitoringImages } from '../watching/settings';
import { webhookProblem } from '../watching/webhook';
import { received } from './received';

/** Kinds of keys that this program makes, with their size. */
export const keyAlgorithms = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/** How a broker is run. */
export const runtimes = ['container', 'service'] as const;
export type Runtime = (typeof runtimes)[number];

/** 30 years. */
const greatestValidityHours = 262_800;
const greatestCaGeneration = 1_000;

/** The most devices that the configuration may hold itself: it travels in one environment variable of 128 KiB. */
const mostInlineDevices = 1_000;

const device = z.strictObject({
  id: text(deviceIdProblem),
  generation: integer(1, greatestGeneration).default(1),
  role: z.string().default(defaultRole),
  metadata: z.unknown().transform(factsOf).default({}),
});

export const schema = z.strictObject({
  ...fieldsOf(limitKeys),
  listeners: z
    .array(
      z.strictObject({
        port: integer(1, 65_535),
        protocol: z.enum(protocols).default('mqtt'),
        bindAddress: addresses().default('127.0.0.1'),
        tls: z.boolean().default(false),
        ...optionalFieldsOf(listenerKeys),
        insecurePlaintext: z.boolean().default(false),
        firewall: networks().nullable().default(null),
        unfiltered: z.boolean().default(false),
        clients: z.enum(clientKinds).default('accounts'),
      }),
    )
    .min(1, 'is empty, so nobody could connect; write at least one listener'),
  firewall: networks(),
  maxCutOffClients: integer(0, 1_000_000),
  dnsNames: z.array(text(dnsNameProblem)),
  ipAddresses: z.array(text(ipAddressProblem)),
  keyAlgorithm: z.enum(keyAlgorithms),
  serverCertificateValidityHours: integer(1, greatestValidityHours),
  serverCertificateEarlyRenewalHours: integer(0, greatestValidityHours),
  caValidityHours: integer(1, greatestValidityHours),
  caGeneration: integer(1, greatestCaGeneration),
  trustedCaGenerations: z.array(integer(1, greatestCaGeneration)),
  maxUnreachedDevicesPercent: integer(0, 100),
  caCertificate: z.string(),
  caPrivateKey: z.string(),
  caPrivateKeyPassphrase: z.string(),
  serverCertificate: z.string(),
  serverPrivateKey: z.string(),
  serverPrivateKeyPassphrase: z.string(),
  trustedCertificates: z.array(z.string()),
  clientCaGeneration: integer(1, greatestCaGeneration),
  trustedClientCaGenerations: z.array(integer(1, greatestCaGeneration)),
  clientCertificateValidityHours: integer(1, greatestValidityHours),
  accounts: z
    .array(
      z.strictObject({
        username: text(usernameProblem),
        topics: z.array(rule(topicFilterProblem)),
        generation: integer(1, 1_000_000).default(1),
      }),
    )
    .min(1, 'is empty, so nobody could connect; write at least one account'),
  devices: z
    .array(z.union([text(deviceIdProblem).transform((id) => device.parse({ id })), device]))
    .max(
      mostInlineDevices,
      `has more than ${mostInlineDevices} devices; write them into a file, and its path into "devicesFile"`,
    ),
  devicesFile: z.string(),
  roles: z
    .array(
      z.strictObject({
        name: text(roleNameProblem),
        topics: z.array(rule(roleTopicProblem)),
        maxSilenceMinutes: integer(1, 525_600).default(60),
      }),
    )
    .min(1, 'is empty, so no device could have one; write at least one role'),
  maxRevokedDevicesPercent: integer(0, 100),
  deviceSecretGeneration: integer(1, greatestGeneration),
  persistence: z.boolean(),
  ...fieldsOf(persistenceKeys),
  ...fieldsOf(loggingKeys),
  logMaxSizeMebibytes: integer(1, 1_024),
  logMaxFiles: integer(1, 100),
  extraOptions: z.array(text(extraOptionProblem, optionName)),
  image: text(imageProblem),
  runtime: z.enum(runtimes),
  host: orEmpty(hostProblem, withoutLogin),
  mosquittoVersion: text((version) => (version === '' ? undefined : releaseProblem(version))),
  dockerHost: orEmpty(dockerHostProblem, withoutLogin),
  containerName: orEmpty(containerNameProblem),
  network: orEmpty(networkNameProblem),
  retainDataOnDestroy: z.boolean(),
  review: z.strictObject({
    failOn: z.array(z.enum(levels)).default([]),
    maxFleetShrinkPercent: integer(0, 100).default(10),
  }),
  monitoring: z.strictObject({
    enabled: z.boolean().default(false),
    port: integer(1, 65_535).default(9234),
    image: text(imageProblem).default(monitoringImages.exporter),
    maxDeviceLabels: integer(0, 1_000).default(50),
    prometheus: z
      .strictObject({
        ...serviceFields(9090, monitoringImages.prometheus, 512),
        retentionDays: integer(1, 3_650).default(15),
        retentionSizeMebibytes: integer(64, 1_048_576).default(1_024),
        retainDataOnDestroy: z.boolean().default(false),
      })
      .nullable()
      .default(null),
    alertmanager: z
      .strictObject({
        ...serviceFields(9093, monitoringImages.alertmanager, 128),
        email: z
          .strictObject({
            to: z.array(text(mailProblem)).min(1, 'is empty, so nobody would get a mail; write an address'),
            from: text(mailProblem),
            smarthost: text(smarthostProblem),
            username: z.string().default(''),
          })
          .nullable()
          .default(null),
        webhook: z.boolean().default(false),
      })
      .nullable()
      .default(null),
    grafana: z
      .strictObject({
        ...serviceFields(3000, monitoringImages.grafana, 512),
        retainDataOnDestroy: z.boolean().default(false),
      })
      .nullable()
      .default(null),
  }),
  alertEmailPassword: z.string(),
  alertWebhookUrl: text(webhookProblem, () => '…'),
});

/** A configuration that is right key by key. */
export type Config = z.output<typeof schema>;

/** What each key of a table may hold. */
type Fields<Keys extends ConfigKeys> = { [Name in keyof Keys]: z.ZodType<ValueOf<Keys[Name]>> };

/** Keys that must be there: the engine fills in the defaults of Pulumi.yaml. */
function fieldsOf<Keys extends ConfigKeys>(keys: Keys): Fields<Keys> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, field(key)])) as Fields<Keys>;
}

/** Keys inside a list, where the engine fills in nothing. */
function optionalFieldsOf<Keys extends ConfigKeys>(keys: Keys): Fields<Keys> {
  const entries = Object.entries(keys).map(([name, key]) => [name, field(key).default(key.default)]);
  return Object.fromEntries(entries) as Fields<Keys>;
}

function field(key: ConfigKey): z.ZodType {
  switch (key.type) {
    case 'integer':
      return integer(key.least, key.greatest, key.reason, key.zero);
    case 'boolean':
      return z.boolean();
    case 'string':
      return z.enum(key.words);
    case 'array':
      return z.array(z.enum(key.words));
  }
}

/**
 * A text that a rule accepts; the rule says what is wrong and what to write.
 *
 * @param shown what of the text may stand in an error, where the text may hold a secret
 */
function text(problem: (value: string) => string | undefined, shown = (value: string) => value) {
  return z.string().superRefine((value, context) => {
    const message = problem(value);
    if (message === undefined) return;
    context.addIssue({ code: 'custom', message: `${quoted(shown(value), value)} ${message}` });
  });
}

/** What every service of watching has. */
function serviceFields(port: number, image: string, memoryLimitMebibytes: number) {
  return {
    port: integer(1, 65_535).default(port),
    image: text(imageProblem).default(image),
    memoryLimitMebibytes: integer(32, 1_048_576).default(memoryLimitMebibytes),
  };
}

/** One address, or several in a list. */
function addresses() {
  return z.custom<string | readonly string[]>().superRefine((value: unknown, context) => {
    const listed = Array.isArray(value) ? (value as unknown[]) : [value];
    const remedy = 'write an address such as "127.0.0.1", or a list of addresses';
    const add = (message: string, index: number) =>
      context.addIssue({ code: 'custom', message, path: Array.isArray(value) ? [index] : [] });
    if (listed.length === 0)
      context.addIssue({ code: 'custom', message: `is empty, so nobody could connect; ${remedy}` });
    for (const [index, each] of listed.entries()) {
      if (typeof each !== 'string') {
        add(`${received(each)}; ${remedy}`, index);
        continue;
      }
      const before = listed.slice(0, index).filter((other) => typeof other === 'string');
      const problem = ipAddressProblem(each) ?? ipAddressesProblem(each, before);
      if (problem !== undefined) add(`${quoted(each)} ${problem}`, index);
    }
  });
}

/** As many problems of one list are told. */
const mostProblems = 20;

/** Networks, each once. */
function networks() {
  const remedy = 'write a network such as "192.168.0.0/16"';
  return z
    .array(z.unknown())
    .superRefine((all, context) => {
      const before = new Set<string>();
      let problems = 0;
      for (const [index, each] of all.entries()) {
        const add = (message: string) => {
          problems += 1;
          if (problems <= mostProblems) context.addIssue({ code: 'custom', message, path: [index] });
        };
        if (typeof each !== 'string') {
          add(`${received(each)}; ${remedy}`);
          continue;
        }
        const problem = cidrProblem(each);
        if (problem !== undefined) add(`${quoted(each)} ${problem}`);
        else if (before.has(rangeOf(each))) add(`${quoted(each)} stands there already; write each network once`);
        else before.add(rangeOf(each));
      }
      const rest = problems - mostProblems;
      if (rest > 0) context.addIssue({ code: 'custom', message: `and ${rest} more`, path: [] });
    })
    .transform((all) => all as string[]);
}

function orEmpty(problem: (value: string) => string | undefined, shown?: (value: string) => string) {
  return text((value) => (value === '' ? undefined : problem(value)), shown);
}

function optionName(line: string): string {
  return line.split(/\s/)[0] ?? '';
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//…@');
}

/**
 * A rule of access.
 *
 * @param topicProblem what is wrong with its topic, by itself
 */
function rule(topicProblem: (topic: string) => string | undefined) {
  return z.string().transform((value, context): AclRule => {
    const parsed = parseRule(value);
    const problem =
      parsed === undefined
        ? ruleProblem(value)
        : (reservedProblem(parsed) ?? probeProblem(parsed) ?? topicProblem(parsed.topic));
    if (parsed !== undefined && problem === undefined) return parsed;
    context.addIssue({ code: 'custom', message: `${quoted(value)} ${problem}` });
    return z.NEVER;
  });
}

/** The facts about a device; numbers and booleans, as YAML reads them, become texts. */
function factsOf(value: unknown, context: z.RefinementCtx): Device['metadata'] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: `${received(value)}; write a set of "name: value" lines` });
    return z.NEVER;
  }
  const facts = Object.entries(value).map(([name, fact]) => [name, factOf(fact)] as const);
  for (const [name, fact] of facts) {
    const problem =
      metadataNameProblem(name) ?? (fact === undefined ? 'is no text; write one' : metadataValueProblem(fact));
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${quoted(name)} ${problem}` });
  }
  return Object.fromEntries(facts.map(([name, fact]) => [name, fact ?? '']));
}

function factOf(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

/** @param zero what 0 means, where it may be written though it is below the range */
function integer(least: number, greatest: number, reason?: string, zero?: string) {
  const none = zero === undefined ? '' : `, or 0 for ${zero}`;
  const range = `write a whole number from ${least} to ${greatest}${none}${reason === undefined ? '' : ` (${reason})`}`;
  return z.custom<number>().superRefine((value, context) => {
    const isWhole = typeof value === 'number' && Number.isInteger(value);
    const isGood = isWhole && ((value >= least && value <= greatest) || (value === 0 && zero !== undefined));
    if (!isGood) context.addIssue({ code: 'custom', message: `${received(value)}; ${range}` });
  });
}

function ruleProblem(value: string): string {
  const word = value.split(' ')[0] ?? '';
  const hint = word !== '' && !accesses.some((access) => access === word) ? `: ${inQuotes(word)} is no access` : '';
  return `is not "access topic"${hint}; write ${accesses.join(', ')}, then a topic, such as "read device/control"`;
}

/** Verification has topics of its own, so that no probe is taken for a real message. */
function probeProblem({ topic }: AclRule): string | undefined {
  const reserved = topic.split('/').find(isProbeLevel);
  return reserved === undefined
    ? undefined
    : `names ${inQuotes(reserved)}, which is reserved for verification; rename it`;
}

/** `$SYS` is the broker's to write, and every other `$` topic belongs to a mechanism that is not in use. */
function reservedProblem({ access, topic }: AclRule): string | undefined {
  if (!topic.startsWith('$') || (topic.startsWith('$SYS/') && (access === 'read' || access === 'deny')))
    return undefined;
  return 'reaches into "$" topics, which belong to the broker; write "read $SYS/…" or a topic without "$"';
}
