/** What each key of the configuration may hold. Defaults are in Pulumi.yaml; those of nested fields are here. */

import { z } from 'zod';
import { usernameProblem } from '../mosquitto/accounts';
import { type AclRule, accesses, parseRule } from '../mosquitto/acl';
import { logTypes } from '../mosquitto/configuration';
import { extraOptionProblem } from '../mosquitto/extraOptions';
import {
  containerNameProblem,
  dnsNameProblem,
  dockerHostProblem,
  imageProblem,
  ipAddressProblem,
} from '../mosquitto/hosts';
import { type Limits, limitRanges } from '../mosquitto/limits';
import { protocols } from '../mosquitto/listeners';
import { topicFilterProblem } from '../mosquitto/topics';
import { probeLevel } from '../mosquitto/witness';
import { received } from './received';

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

export const schema = z.strictObject({
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

/** A configuration that is right key by key. */
export type Config = z.output<typeof schema>;

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
