/** Generators of configurations that break no rule, and of text that tries to. */

import fc from 'fast-check';
import type { AclRule } from '../../mosquitto/acl';
import type { Config } from '../unit/rawConfig';

const reserved = ['aipi_verify', 'aipi-verify'];

export const username = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/).filter((name) => !reserved.includes(name));

const word = fc.oneof(
  fc.constantFrom('a', 'b', 'device', 'data', 'status', 'pi-001'),
  fc.stringMatching(/^[A-Za-z0-9_é温-]([ A-Za-z0-9_]{0,4}[a-z])?$/),
);

/** A topic name of a client; a level may begin with `$`. */
export const topicName = fc
  .array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: fc.constant('$SYS') }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((levels) => levels.join('/'));

/** A topic filter that a rule may hold. */
export const topicFilter = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: fc.constant('+') }), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([levels, tail]) => (tail || levels.length === 0 ? [...levels, '#'] : levels).join('/'));

export const rule: fc.Arbitrary<AclRule> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      access: fc.constantFrom<AclRule['access'][]>('read', 'write', 'readwrite', 'deny'),
      topic: topicFilter,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      access: fc.constantFrom<AclRule['access'][]>('read', 'deny'),
      topic: topicFilter.map((filter) => `$SYS/${filter}`),
    }),
  },
);

export const users = fc.uniqueArray(fc.record({ username, rules: fc.array(rule, { maxLength: 6 }) }), {
  selector: (user) => user.username,
  minLength: 1,
  maxLength: 5,
});

const accounts = fc.tuple(users, fc.integer({ min: 1, max: 9 })).map(([list, generation]) =>
  list.map((user) => ({
    username: user.username,
    topics: user.rules.map(({ access, topic }) => `${access} ${topic}`),
    generation,
  })),
);

const secured = fc.constantFrom(
  { bindAddress: '127.0.0.1', tls: false },
  { bindAddress: '::1', tls: false },
  { bindAddress: '0.0.0.0', tls: true },
  { bindAddress: '2001:db8::1', tls: true },
  { bindAddress: '0.0.0.0', tls: false, insecurePlaintext: true },
);

/** The last one speaks MQTT, so that any other may be turned into something else. */
const listeners = fc
  .uniqueArray(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 3 })
  .chain((ports) =>
    fc.tuple(
      ...ports.map((port) =>
        fc
          .record({ protocol: fc.constantFrom('mqtt', 'websockets'), rest: secured })
          .map(({ protocol, rest }) => ({ port, protocol, ...rest })),
      ),
    ),
  )
  .map((generated) => [...generated, { port: 61_883, protocol: 'mqtt', bindAddress: '127.0.0.1', tls: false }]);

const logTypes = fc
  .subarray(['error', 'warning', 'notice', 'subscribe', 'unsubscribe', 'websockets', 'debug'])
  .map((types) => [...types, 'information']);

/** A configuration that breaks no rule. */
export const config: fc.Arbitrary<Config> = fc.record({
  listeners,
  accounts,
  dnsNames: fc.constantFrom(['mqtt.example.org'], ['a', 'b.local']),
  ipAddresses: fc.subarray(['192.0.2.10', '2001:db8::10']),
  maxConnections: fc.integer({ min: 10, max: 1_000_000 }),
  maxPacketSizeBytes: fc.integer({ min: 1_024, max: 268_435_455 }),
  maxQueuedMessages: fc.integer({ min: 1, max: 10_000_000 }),
  maxInflightMessages: fc.integer({ min: 1, max: 65_535 }),
  maxKeepaliveSeconds: fc.integer({ min: 10, max: 65_535 }),
  memoryLimitMebibytes: fc.integer({ min: 32, max: 1_048_576 }),
  persistence: fc.boolean(),
  persistenceFlushPeriodSeconds: fc.integer({ min: 0, max: 3_600 }),
  persistenceSync: fc.constantFrom('normal', 'full'),
  persistentClientExpirationDays: fc.integer({ min: 1, max: 3_650 }),
  logTypes,
  connectionMessages: fc.boolean(),
  logMaxSizeMebibytes: fc.integer({ min: 1, max: 1_024 }),
  logMaxFiles: fc.integer({ min: 1, max: 100 }),
  extraOptions: fc.subarray(['sys_interval 60', 'queue_qos0_messages true', 'a_later_option 1']),
  image: fc.constantFrom('eclipse-mosquitto:2.1.2', `eclipse-mosquitto@sha256:${'a'.repeat(64)}`),
  dockerHost: fc.constantFrom('', 'ssh://admin@server', 'tcp://[2001:db8::1]:2376'),
  containerName: fc.constantFrom('', 'broker'),
  retainDataOnDestroy: fc.boolean(),
});

/** Text that tries to leave its place in a file. */
export const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '\t', '#', ' ', ':', '/', '+', '$', '\\n', '"', "'"),
      fc.constantFrom('\u0000', '\u000b', '\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', '\ud800', '\udc00', '😀'),
      fc.constantFrom('user x', 'topic readwrite #', 'listener 9883', 'allow_anonymous true', '%u', 'x:$7$1$AA==$AA=='),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.stringMatching(/^[a-z]{1,3}$/),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(''));

/** The same things in another order. */
export function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}
