/** The only reader of configuration: keys become Settings, or one error that lists every problem by its path. */

import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { type Account, usernameProblem } from './mosquitto/accounts';
import { type AclRule, accesses, parseRule } from './mosquitto/acl';
import { type Logging, logTypes, type Persistence } from './mosquitto/configuration';
import { extraOptionProblem } from './mosquitto/extraOptions';
import {
  containerNameProblem,
  dnsNameProblem,
  dockerHostProblem,
  imageProblem,
  ipAddressProblem,
} from './mosquitto/hosts';
import { type Limits, limitRanges } from './mosquitto/limits';
import { isLoopback, type Listener, listenerName, protocols } from './mosquitto/listeners';
import { topicFilterProblem } from './mosquitto/topics';
import { probeLevel, witnessUsername } from './mosquitto/witness';

/** The whole configuration of a stack, checked and complete. Each field is explained in Pulumi.yaml. */
export interface Settings {
  listeners: Listener[];
  dnsNames: string[];
  ipAddresses: string[];
  accounts: Account[];
  limits: Limits;
  persistence: Persistence;
  logging: Logging & { maxSizeMebibytes: number; maxFiles: number };
  extraOptions: string[];
  image: string;
  /** Undefined: the engine of the environment, or of this machine. */
  dockerHost: string | undefined;
  containerName: string;
  retainDataOnDestroy: boolean;
}

/** Every problem of a configuration. The message is all that a person needs. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(['The configuration of this stack cannot be used:', ...problems].join('\n  '));
  }
}

/**
 * Reads a stack's configuration.
 *
 * @param project name of the project, the namespace of its keys
 * @param stack name of the stack; it only fills the default of `containerName`
 * @param raw key to value as the engine hands them over, the defaults of Pulumi.yaml already filled in
 * @throws SettingsError with every problem
 */
export function readSettings(project: string, stack: string, raw: Record<string, string>): Settings {
  const own = Object.entries(raw)
    .filter(([key]) => key.startsWith(`${project}:`))
    .map(([key, value]) => [key.slice(project.length + 1), value] as const);
  const values = Object.fromEntries(own.map(([key, value]) => [key, decode(key, value)]));
  const parsed = schema.safeParse(values, { reportInput: true });
  const issues = parsed.success ? [] : parsed.error.issues.flatMap(describe);
  const problems = [...issues, ...combinationProblems(parsed.success ? parsed.data : validPart(values))];
  if (!parsed.success || problems.length > 0) throw new SettingsError(problems);
  const config = parsed.data;
  const containerName = config.containerName === '' ? `${project}-${stack}` : config.containerName;
  const unnamed = containerNameProblem(containerName);
  if (unnamed !== undefined) throw new SettingsError([`containerName: ${JSON.stringify(containerName)} ${unnamed}`]);
  return {
    listeners: config.listeners,
    dnsNames: config.dnsNames,
    ipAddresses: config.ipAddresses,
    accounts: config.accounts.map(({ username, topics, generation }) => ({ username, rules: topics, generation })),
    limits: config,
    persistence: config,
    logging: { ...config, maxSizeMebibytes: config.logMaxSizeMebibytes, maxFiles: config.logMaxFiles },
    extraOptions: config.extraOptions,
    image: config.image,
    dockerHost: config.dockerHost === '' ? undefined : config.dockerHost,
    containerName,
    retainDataOnDestroy: config.retainDataOnDestroy,
  };
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
    context.addIssue({ code: 'custom', message: `${JSON.stringify(shown(value))} ${message}` });
  });
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

function integer(least: number, greatest: number, reason = '') {
  const range = `write a whole number from ${least} to ${greatest}${reason === '' ? '' : ` (${reason})`}`;
  return z.custom<number>().superRefine((value, context) => {
    const good = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest;
    if (!good) context.addIssue({ code: 'custom', message: `${received(value)}; ${range}` });
  });
}

const rule = z.string().transform((value, context): AclRule => {
  const parsed = parseRule(value);
  const problem =
    parsed === undefined
      ? ruleProblem(value)
      : (reservedProblem(parsed) ?? probeProblem(parsed) ?? topicFilterProblem(parsed.topic));
  if (parsed !== undefined && problem === undefined) return parsed;
  context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${problem}` });
  return z.NEVER;
});

function ruleProblem(value: string): string {
  const word = value.split(' ')[0] ?? '';
  const hint =
    word !== '' && !accesses.some((access) => access === word) ? `: ${JSON.stringify(word)} is no access` : '';
  return `is not "access topic"${hint}; write ${accesses.join(', ')}, then a topic, such as "read device/control"`;
}

/** Verification has topics of its own, so that no probe is taken for a real message. */
function probeProblem({ topic }: AclRule): string | undefined {
  return topic.split('/').includes(probeLevel)
    ? `names "${probeLevel}", which is reserved for verification; rename it`
    : undefined;
}

/** `$SYS` is the broker's to write, and every other `$` topic belongs to a mechanism that is not in use. */
function reservedProblem({ access, topic }: AclRule): string | undefined {
  if (!topic.startsWith('$') || (topic.startsWith('$SYS/') && (access === 'read' || access === 'deny')))
    return undefined;
  return 'reaches into "$" topics, which belong to the broker; write "read $SYS/…" or a topic without "$"';
}

function limit(key: keyof Limits) {
  const { least, greatest, reason } = limitRanges[key];
  return integer(least, greatest, reason);
}

const schema = z.strictObject({
  maxConnections: limit('maxConnections'),
  maxPacketSizeBytes: limit('maxPacketSizeBytes'),
  maxQueuedMessages: limit('maxQueuedMessages'),
  maxInflightMessages: limit('maxInflightMessages'),
  maxKeepaliveSeconds: limit('maxKeepaliveSeconds'),
  memoryLimitMebibytes: limit('memoryLimitMebibytes'),
  listeners: z
    .array(
      z.strictObject({
        port: integer(1, 65_535),
        protocol: z.enum(protocols).default('mqtt'),
        bindAddress: text(ipAddressProblem).default('127.0.0.1'),
        tls: z.boolean().default(false),
        insecurePlaintext: z.boolean().default(false),
      }),
    )
    .min(1, 'is empty, so nobody could connect; write at least one listener'),
  dnsNames: z.array(text(dnsNameProblem)),
  ipAddresses: z.array(text(ipAddressProblem)),
  accounts: z
    .array(
      z.strictObject({
        username: text(usernameProblem),
        topics: z.array(rule),
        generation: integer(1, 1_000_000).default(1),
      }),
    )
    .min(1, 'is empty, so nobody could connect; write at least one account'),
  persistence: z.boolean(),
  persistenceFlushPeriodSeconds: integer(0, 3_600),
  persistenceSync: z.enum(['normal', 'full']),
  persistentClientExpirationDays: integer(1, 3_650),
  logTypes: z.array(z.enum(logTypes)),
  connectionMessages: z.boolean(),
  logMaxSizeMebibytes: integer(1, 1_024),
  logMaxFiles: integer(1, 100),
  extraOptions: z.array(text(extraOptionProblem, optionName)),
  image: text(imageProblem),
  dockerHost: orEmpty(dockerHostProblem, withoutLogin),
  containerName: orEmpty(containerNameProblem),
  retainDataOnDestroy: z.boolean(),
});

type Config = z.output<typeof schema>;

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
function validPart(values: Record<string, unknown>): Partial<Config> {
  const entries = Object.entries(schema.shape).flatMap(([key, field]) => {
    const parsed = field.safeParse(values[key]);
    return parsed.success ? [[key, parsed.data]] : [];
  });
  return Object.fromEntries(entries);
}

/** Rules that need more than one value, as far as the values are right by themselves. */
function combinationProblems(config: Partial<Config>): string[] {
  const { listeners = [], accounts = [] } = config;
  const rehearsable = config.listeners === undefined || listeners.some(({ protocol }) => protocol === 'mqtt');
  const ports = listeners.map((listener) => listener.port);
  const usernames = accounts.map((account) => account.username);
  return [
    ...(rehearsable ? [] : ['listeners: none has protocol mqtt, by which new files are rehearsed; write one']),
    ...twice('listeners', ports, 'port'),
    ...twice('accounts', usernames, 'username'),
    ...listeners.flatMap((listener, index) => listenerProblems(listener, index, config)),
    ...usernames.flatMap((username, index) =>
      username === witnessUsername || username === probeLevel
        ? [`accounts[${index}].username: "${username}" is reserved for verification; choose another name`]
        : [],
    ),
    ...(config.logTypes === undefined || config.logTypes.includes('information')
      ? []
      : ['logTypes: "information" is missing, by which a broker says that it runs; add it']),
  ];
}

function listenerProblems(listener: Listener, index: number, { dnsNames, ipAddresses }: Partial<Config>): string[] {
  const path = `listeners[${index}]`;
  if (listener.tls && dnsNames?.length === 0 && ipAddresses?.length === 0) {
    return [`${path}.tls: ${listenerName(listener)} needs a certificate for a name; write "dnsNames" or "ipAddresses"`];
  }
  if (!listener.tls && !isLoopback(listener) && !listener.insecurePlaintext) {
    return [
      `${path}.bindAddress: ${JSON.stringify(listener.bindAddress)} would carry passwords readable over the network; ` +
        'write tls: true, or bindAddress: 127.0.0.1, or accept it with insecurePlaintext: true',
    ];
  }
  return [];
}

function twice(path: string, values: ReadonlyArray<string | number>, field: string): string[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (first === index) return [];
    return [`${path}[${index}].${field}: ${JSON.stringify(value)} stands already at ${path}[${first}]; use each once`];
  });
}

/** One issue of the schema in the words of this product. */
function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, issue.path, key));
  if (issue.code === 'invalid_value') return [`${path}: ${received(issue.input)}; write ${issue.values.join(' or ')}`];
  if (issue.code === 'invalid_type') {
    return [
      `${path}: ${received(issue.input)}; write ${issue.expected === 'boolean' ? 'true or false' : `${article(issue.expected)}`}`,
    ];
  }
  return [`${path}: ${issue.message}`];
}

function received(input: unknown): string {
  if (input === undefined) return 'is missing';
  if (typeof input === 'object')
    return `${Array.isArray(input) ? 'a list' : 'a set of "key: value" lines'} cannot be used`;
  return `${JSON.stringify(input)} cannot be used`;
}

function article(expected: string): string {
  return { string: 'a text', array: 'a list', object: 'a set of "key: value" lines' }[expected] ?? `a ${expected}`;
}

function unknownKey(path: string, parts: readonly PropertyKey[], key: string): string {
  const known = Object.keys(keysAt(parts));
  const place = path === '' ? key : `${path}.${key}`;
  return `${place}: there is no such key; did you mean "${closest(key, known)}"?`;
}

/** The keys of the object that a path of the schema leads to. */
function keysAt(parts: readonly PropertyKey[]): Record<string, unknown> {
  let at: z.ZodType = schema;
  for (const part of parts) {
    at = at instanceof z.ZodArray ? (at.element as z.ZodType) : ((at as z.ZodObject).shape[String(part)] as z.ZodType);
  }
  return (at as z.ZodObject).shape;
}
