/** Generators of configurations that break no rule, and of text that tries to. */

import fc from 'fast-check';
import type { Device } from '../../fleet/device';
import type { AclRule } from '../../mosquitto/acl';
import type { ConfigKey, ConfigKeys } from '../../mosquitto/configKey';
import { limitKeys } from '../../mosquitto/limits';
import { persistenceKeys } from '../../mosquitto/persistence';
import type { Config } from '../unit/rawConfig';

/** Names of verification, and the one that JavaScript loses. */
const reserved = ['aipi_verify', 'aipi-verify', '__proto__'];

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

/** A permitted value of a fact: anything but control characters and halves of characters. */
const fact = fc
  .oneof(
    fc.constantFrom('#', '"', '""', ',', ' ', "'", '- a', ': b', '0012', 'true', '~', '\u2028', '\ufeff', '温室 😀'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is left out
  .map((text) => text.replace(/[\u0000-\u001f\u007f-\u009f]|\p{Surrogate}/gu, ''))
  .filter((text) => text !== '');

const factName = fc.oneof(
  fc.constantFrom('room', 'serial', 'constructor', 'id'),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).filter((name) => name !== '__proto__'),
);

const metadata = fc
  .array(fc.tuple(factName, fact), { maxLength: 4 })
  .map((facts): Device['metadata'] => Object.fromEntries(facts));

/** Names of roles that a device may have. */
const roleNames = ['device', 'sensor', 'a'];

/** Longer than any user name here, so that no device has the name of an account. */
const deviceId = fc.stringMatching(/^[A-Za-z0-9_.-]{13,64}$/).filter((id) => !id.startsWith('aipi-verify.'));

/** Any fleet that breaks no rule. */
export const fleet: fc.Arbitrary<Device[]> = fc.uniqueArray(
  fc.record({
    id: fc.oneof(
      deviceId,
      fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/).filter((id) => !reserved.includes(id)),
    ),
    generation: fc.oneof(fc.constantFrom(1, 1_000_000), fc.integer({ min: 1, max: 1_000_000 })),
    role: fc.constantFrom(...roleNames),
    metadata,
  }),
  { selector: ({ id }) => id, maxLength: 8 },
);

const devices = fc.uniqueArray(
  fc.oneof(
    deviceId,
    fc.record({
      id: deviceId,
      generation: fc.integer({ min: 1, max: 9 }),
      role: fc.constantFrom(...roleNames),
      metadata,
    }),
  ),
  { selector: (device) => (typeof device === 'string' ? device : device.id), maxLength: 4 },
);

const roleTopic = fc.tuple(fc.constantFrom('read', 'write', 'readwrite', 'deny'), topicFilter, fc.boolean());

/** Every role that a device may have, in any order, each with topics with and without the device's id. */
const roles = fc.tuple(fc.array(roleTopic, { maxLength: 4 }), shuffled(roleNames)).map(([topics, names]) =>
  names.map((name) => ({
    name,
    topics: topics.map(([access, filter, own]) => `${access} ${own ? `${name}/{id}/${filter}` : filter}`),
  })),
);

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

/**
 * The last two speak MQTT, with accounts and with devices, so that any other may be turned into something else.
 */
const listeners = fc
  .uniqueArray(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 3 })
  .chain((ports) =>
    fc.tuple(
      ...ports.map((port) =>
        fc
          .record({
            protocol: fc.constantFrom('mqtt', 'websockets'),
            clients: fc.constantFrom('accounts', 'devices'),
            rest: secured,
          })
          .map(({ rest, ...fields }) => ({ port, ...fields, ...rest })),
      ),
    ),
  )
  .map((generated) => [
    ...generated,
    { port: 61_883, protocol: 'mqtt', clients: 'accounts', bindAddress: '127.0.0.1', tls: false },
    { port: 61_884, protocol: 'mqtt', clients: 'devices', bindAddress: '127.0.0.1', tls: false },
  ]);

const logTypes = fc
  .subarray(['error', 'warning', 'notice', 'subscribe', 'unsubscribe', 'websockets', 'debug'])
  .map((types) => [...types, 'information']);

/** What each key of a table may hold, by name. */
function valuesFor(keys: ConfigKeys): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, valueFor(key)]));
}

function valueFor(key: ConfigKey): fc.Arbitrary<unknown> {
  switch (key.type) {
    case 'integer':
      return fc.oneof(
        fc.integer({ min: key.least, max: key.greatest }),
        ...(key.zero === undefined ? [] : [fc.constant(0)]),
      );
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.constantFrom(...key.words);
    case 'array':
      return fc.subarray([...key.words]);
  }
}

/** A configuration that breaks no rule. */
export const config: fc.Arbitrary<Config> = fc.record({
  listeners,
  accounts,
  devices,
  devicesFile: fc.constant(''),
  roles,
  maxRevokedDevicesPercent: fc.integer({ min: 0, max: 100 }),
  deviceSecretGeneration: fc.integer({ min: 1, max: 1_000_000 }),
  dnsNames: fc.constantFrom(['mqtt.example.org'], ['a', 'b.local']),
  ipAddresses: fc.subarray(['192.0.2.10', '2001:db8::10']),
  ...valuesFor(limitKeys),
  persistence: fc.boolean(),
  ...valuesFor(persistenceKeys),
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
