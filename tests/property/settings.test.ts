import fc from 'fast-check';
import { limitKeys } from '../../mosquitto/limits';
import { type Config, problemsOf } from '../unit/rawConfig';
import { config } from './arbitraries';

type Item = Record<string, unknown>;

/** A change that breaks one rule, and the path that must be named. */
interface Breach {
  path: string;
  config: Config;
}

function replaced<T>(items: readonly T[], index: number, item: unknown): unknown[] {
  return items.map((each, position) => (position === index ? item : each));
}

/** Breaks a field of one item of a list of objects, at any index. */
function inItem(key: 'listeners' | 'accounts' | 'roles', field: string, values: readonly unknown[]) {
  return (stack: Config) => {
    const items = stack[key] as Item[];
    return fc.tuple(fc.nat({ max: items.length - 1 }), fc.constantFrom(...values)).map(
      ([index, value]): Breach => ({
        path: `${key}[${index}].${field}`,
        config: { ...stack, [key]: replaced(items, index, { ...items[index], [field]: value }) },
      }),
    );
  };
}

/**
 * Adds a bad item at the end of a list.
 *
 * @param field of the item that must be named
 */
function added(key: string, values: readonly unknown[], field = '') {
  return (stack: Config) =>
    fc.constantFrom(...values).map((value): Breach => {
      const items = stack[key] as unknown[];
      return { path: `${key}[${items.length}]${field}`, config: { ...stack, [key]: [...items, value] } };
    });
}

function outside(key: string, least: number, greatest: number) {
  return (stack: Config) =>
    fc
      .oneof(
        fc
          .integer({ max: least - 1 })
          .filter((value) => value !== 0 || !('zero' in (limitKeys[key as keyof typeof limitKeys] ?? {}))),
        fc.integer({ min: greatest + 1 }),
        fc.constantFrom(least + 0.5, 'x', true, null, [least]),
      )
      .map((value): Breach => ({ path: key, config: { ...stack, [key]: value } }));
}

function topic(values: readonly string[]) {
  return (stack: Config) => {
    const accounts = stack.accounts as { topics: string[] }[];
    return fc.tuple(fc.nat({ max: accounts.length - 1 }), fc.constantFrom(...values)).map(([index, value]): Breach => {
      const account = accounts[index] ?? { topics: [] };
      const topics = [...account.topics, value];
      return {
        path: `accounts[${index}].topics[${account.topics.length}]`,
        config: { ...stack, accounts: replaced(accounts, index, { ...account, topics }) },
      };
    });
  };
}

function again(key: 'listeners' | 'accounts' | 'roles', field: string) {
  return (stack: Config) => {
    const items = stack[key] as Item[];
    return fc.nat({ max: items.length - 1 }).map(
      (index): Breach => ({
        path: `${key}[${items.length}].${field}`,
        config: { ...stack, [key]: [...items, items[index]] },
      }),
    );
  };
}

function exactly(key: string, values: readonly unknown[]) {
  return (stack: Config) =>
    fc.constantFrom(...values).map((value): Breach => ({ path: key, config: { ...stack, [key]: value } }));
}

const rules: Record<string, (stack: Config) => fc.Arbitrary<Breach>> = {
  'an unknown key': (stack) =>
    fc.stringMatching(/^[a-z]{3,8}X$/).map((key) => ({ path: key, config: { ...stack, [key]: 1 } })),
  'an unknown key of a listener': inItem('listeners', 'adress', [1, 'x', null]),
  'an unknown key of an account': inItem('accounts', 'password', ['x']),
  'a port out of range': inItem('listeners', 'port', [0, -1, 65_536, 1.5, '1883', null]),
  'a port twice': again('listeners', 'port'),
  'a protocol that is none': inItem('listeners', 'protocol', ['tcp', '', 'MQTT', 1]),
  'a bind address that is none': inItem('listeners', 'bindAddress', ['localhost', '', '1.2.3', 7, 'fe80::1%eth0']),
  'a TLS that is no boolean': inItem('listeners', 'tls', ['yes', 1, null]),
  'TLS without names': (stack) => {
    const listeners = stack.listeners as Item[];
    return fc.nat({ max: listeners.length - 1 }).map((index) => ({
      path: `listeners[${index}].tls`,
      config: {
        ...stack,
        dnsNames: [],
        ipAddresses: [],
        listeners: listeners.map((each, position) => ({ ...each, tls: position === index, insecurePlaintext: true })),
      },
    }));
  },
  'plain text over the network': (stack) => {
    const listeners = stack.listeners as Item[];
    return fc
      .tuple(fc.nat({ max: listeners.length - 1 }), fc.constantFrom('0.0.0.0', '::', '192.0.2.10'))
      .map(([index, bindAddress]) => ({
        path: `listeners[${index}].bindAddress`,
        config: {
          ...stack,
          listeners: replaced(listeners, index, {
            ...listeners[index],
            tls: false,
            insecurePlaintext: false,
            bindAddress,
          }),
        },
      }));
  },
  'no listener': exactly('listeners', [[], 1, 'x', {}]),
  'no MQTT without WebSockets for accounts': (stack) => fc.constant(onlyWebSockets(stack, 'accounts')),
  'no MQTT without WebSockets for devices': (stack) => fc.constant(onlyWebSockets(stack, 'devices')),
  'no account': exactly('accounts', [[], 1, 'x', {}]),
  'a bad user name': inItem('accounts', 'username', [
    '',
    'a/b',
    'a+',
    '#',
    'a:b',
    'a b',
    'a\n',
    'a'.repeat(65),
    'é',
    7,
  ]),
  'a reserved user name': inItem('accounts', 'username', ['aipi_verify', 'aipi-verify']),
  'a user name twice': again('accounts', 'username'),
  'a bad generation': inItem('accounts', 'generation', [0, -1, 1.5, '1', null]),
  'a bad rule': topic(['read', 'publish a', '', 'read ', ' read a', 'reads', 'Read a', 'a']),
  'a bad topic filter': topic(['read a/#/b', 'write a#', 'deny +a', 'read /a', 'read a//b', 'read a/', 'read a\nb']),
  'a topic of the broker': topic(['write $SYS/a', 'readwrite $SYS/#', 'read $share/a/b', 'deny $CONTROL/#', 'read $x']),
  'clients that are neither': inItem('listeners', 'clients', ['', 'everybody', 'device', 1, null]),
  'no listener for accounts': (stack) =>
    fc.constant({
      path: 'listeners',
      config: { ...stack, listeners: (stack.listeners as Item[]).map((each) => ({ ...each, clients: 'devices' })) },
    }),
  'no listener for devices': (stack) =>
    fc.constant({
      path: 'listeners',
      config: {
        ...stack,
        devices: ['the-first-of-them'],
        listeners: (stack.listeners as Item[]).map((each) => ({ ...each, clients: 'accounts' })),
      },
    }),
  'a bad device': added('devices', ['', '.', '..', 'a/b', 'a b', 'a\n', 'a'.repeat(65), 'é', 7, null, true, []]),
  'a bad id of a device': added('devices', [{ id: '' }, { id: 'a/b' }, { id: 7 }, { role: 'device' }], '.id'),
  'a bad generation of a device': added(
    'devices',
    [0, -1, 1.5, 1_000_001, '1', null].map((generation) => ({ id: 'a', generation })),
    '.generation',
  ),
  'an unknown key of a device': added('devices', [{ id: 'a', genration: 2 }], '.genration'),
  'a bad fact of a device': added(
    'devices',
    [
      { 'a b': 'x' },
      { '': 'x' },
      { a: '' },
      { a: 'x\n' },
      { a: [] },
      { a: null },
      { a: 'x'.repeat(1_025) },
      'x',
      [],
    ].map((metadata) => ({ id: 'a', metadata })),
    '.metadata',
  ),
  'a device twice': (stack) => {
    const devices = stack.devices as unknown[];
    return fc.constant({
      path: `devices[${devices.length + 1}]`,
      config: { ...stack, devices: [...devices, 'a-13-characters', { id: 'a-13-characters' }] },
    });
  },
  'a device with the name of an account': (stack) => {
    const devices = stack.devices as unknown[];
    const taken = (stack.accounts as Item[]).map(({ username }) => ({
      path: `devices[${devices.length}]`,
      config: { ...stack, devices: [...devices, username] },
    }));
    return fc.constantFrom(...taken);
  },
  'a device with a reserved name': added('devices', ['aipi_verify', 'aipi-verify', { id: 'aipi-verify.a' }]),
  'a device of an unknown role': added('devices', [
    { id: 'a-13-characters', role: 'sensors' },
    { id: 'a-13-characters', role: '' },
  ]),
  'more devices than there is room for': exactly('devices', [
    Array.from({ length: 1_001 }, (_, index) => `a-13-characters-${index}`),
    Array.from({ length: 500 }, (_, index) => ({ id: `a-13-characters-${index}`, metadata: { a: 'x'.repeat(200) } })),
  ]),
  'a bad file of devices': exactly('devicesFile', ['list.txt', 'a', '/a.csv', '../a.csv', 'a/../../b.csv', 'none.csv']),
  'no role': exactly('roles', [[], 1, 'x', {}]),
  'a bad name of a role': inItem('roles', 'name', ['', 'a b', 'a.b', 'a'.repeat(33), 'é', 7]),
  'an unknown key of a role': inItem('roles', 'topic', [[]]),
  'a role twice': again('roles', 'name'),
  'a bad topic of a role': (stack) =>
    fc
      .constantFrom('read', 'publish a', 'read a/#/b', 'read %u', 'read a/%c', 'read a{id}', 'read {x}', 'write $SYS/a')
      .map((value) => {
        const roles = stack.roles as { topics: string[] }[];
        const topics = [...(roles[0]?.topics ?? []), value];
        return {
          path: `roles[0].topics[${topics.length - 1}]`,
          config: { ...stack, roles: replaced(roles, 0, { ...roles[0], topics }) },
        };
      }),
  'a bad DNS name': added('dnsNames', ['', 'a b', 'a_b', '192.0.2.10', '-a', 'a..b', 7, null]),
  'a bad address': added('ipAddresses', ['', 'a.example', '192.0.2.256', '192.0.2.0/24', 7, null]),
  'a bad log type': added('logTypes', ['none', 'all', '', 'ERROR', 7]),
  'a bad raw option': added('extraOptions', ['listener 1', 'user root', 'sys_interval', '', 'a b\nc d', 'plugin x', 7]),
  'a bad image': exactly('image', ['', 'a', 'a:latest', 'a b:1', 'A:1']),
  'a bad Docker host': exactly('dockerHost', ['server', 'http://a', 'ssh://', 'tcp://a b']),
  'a bad container name': exactly('containerName', ['a', '-ab', 'a b', 'a/b', 'é1']),
  'a bad sync': exactly('persistenceSync', ['off', '', 'FULL']),
  'a boolean that is none': (stack) =>
    fc
      .tuple(
        fc.constantFrom('persistence', 'connectionMessages', 'retainDataOnDestroy'),
        fc.constantFrom('x', 1, null, []),
      )
      .map(([key, value]) => ({ path: key, config: { ...stack, [key]: value } })),
  ...Object.fromEntries(
    [
      ...Object.entries(limitKeys).map(([key, { least, greatest }]) => [key, least, greatest] as const),
      ['maxRevokedDevicesPercent', 0, 100] as const,
      ['deviceSecretGeneration', 1, 1_000_000] as const,
      ['persistenceFlushPeriodSeconds', 0, 3_600] as const,
      ['persistentClientExpirationDays', 1, 3_650] as const,
      ['logMaxSizeMebibytes', 1, 1_024] as const,
      ['logMaxFiles', 1, 100] as const,
    ].map(([key, least, greatest]) => [`${key} out of range`, outside(key, least, greatest)]),
  ),
};

it('a configuration that breaks no rule is accepted', () => {
  fc.assert(
    fc.property(config, (stack) => {
      expect(problemsOf(stack)).toEqual([]);
    }),
    { numRuns: 80 },
  );
});

/** The same stack without MQTT of its own for one kind of clients. */
function onlyWebSockets(stack: Config, kind: string) {
  const listeners = (stack.listeners as Item[]).map((each) =>
    each.clients === kind ? { ...each, protocol: 'websockets' } : each,
  );
  return { path: 'listeners', config: { ...stack, listeners } };
}

it.each(Object.entries(rules))('%s is refused by its path', (_, breach) => {
  fc.assert(
    fc.property(config.chain(breach), ({ path, config: broken }) => {
      const problems = problemsOf(broken);
      expect(problems).toHaveLength(1);
      expect(problems[0]?.slice(0, path.length + 2)).toBe(`${path}: `);
    }),
    { numRuns: 12 },
  );
});

it('two broken rules are both named, of whatever kind', () => {
  const pairs = fc
    .tuple(config, fc.constantFrom(...Object.keys(limitKeys)), fc.constantFrom('accounts', 'listeners'))
    .map(([stack, key, list]) => {
      const items = stack[list] as Item[];
      return { key, list, broken: { ...stack, [key]: -1, [list]: [...items, items[0]] } };
    });
  fc.assert(
    fc.property(pairs, ({ key, list, broken }) => {
      expect(problemsOf(broken)).toEqual(
        expect.arrayContaining([expect.stringMatching(`^${key}: `), expect.stringMatching(`^${list}\\[\\d+\\]\\.`)]),
      );
    }),
    { numRuns: 12 },
  );
});
