/** Bad input: each rule of the settings, seen refusing. */

import { limitKeys } from '../../mosquitto/limits';
import { accountWith, type Config, listenerWith, problemsOf } from './rawConfig';

/** `path: what is wrong; what to write` */
const shape = /^[A-Za-z]+(\[\d+\])?(\.[A-Za-z]+(\[\d+\])?)*: \S.*; \S.*$/;

interface BadInput {
  rule: string;
  config: Config;
  path: string;
  /** How the message shows the value or the remedy; not every message can. */
  shows?: string | undefined;
}

const account = { username: 'pi', topics: ['read a'] };

function accountNamed(username: string, rule: string): BadInput {
  return {
    rule,
    config: { accounts: [{ ...account, username }] },
    path: 'accounts[0].username',
    shows: JSON.stringify(username),
  };
}

function topic(text: string, rule: string): BadInput {
  return { rule, config: accountWith('read ok', text), path: 'accounts[0].topics[1]', shows: JSON.stringify(text) };
}

function value(key: string, wrong: unknown, rule: string): BadInput {
  return { rule, config: { [key]: wrong }, path: key, shows: shown(wrong) };
}

function item(key: string, wrong: unknown, rule: string): BadInput {
  return { rule, config: { [key]: [wrong] }, path: `${key}[0]`, shows: shown(wrong) };
}

/** Lists and sets need not be shown: they may hold a secret. */
function shown(wrong: unknown): string | undefined {
  return typeof wrong === 'object' ? undefined : JSON.stringify(wrong);
}

/** The value of a raw option need not be shown: it may be a secret. */
function rawOption(line: string, rule: string): BadInput {
  return { rule, config: { extraOptions: [line] }, path: 'extraOptions[0]', shows: line.split(' ')[0] };
}

function listener(fields: Config, path: string, rule: string): BadInput {
  return { rule, config: listenerWith(fields), path: `listeners[0].${path}`, shows: JSON.stringify(fields[path]) };
}

const badInputs: BadInput[] = [
  { rule: 'unknown key', config: { maxConnection: 5 }, path: 'maxConnection', shows: '"maxConnections"' },
  { rule: 'unknown key, other case', config: { Listeners: [] }, path: 'Listeners', shows: '"listeners"' },
  {
    rule: 'unknown key of a listener',
    config: listenerWith({ bindAdress: '::1' }),
    path: 'listeners[0].bindAdress',
    shows: '"bindAddress"',
  },
  {
    rule: 'unknown key of an account',
    config: { accounts: [account, { ...account, username: 'b', topic: [] }] },
    path: 'accounts[1].topic',
    shows: '"topics"',
  },

  value('dnsNames', 'a.example', 'text for a list'),
  value('dnsNames', { a: 1 }, 'set for a list'),
  value('listeners', 1883, 'number for a list'),
  value('persistence', 'yes', 'text for a boolean'),
  value('connectionMessages', 1, 'number for a boolean'),
  value('retainDataOnDestroy', 'no', 'text for a boolean'),
  value('maxQueuedMessages', 'many', 'text for a number'),
  value('maxQueuedMessages', 1.5, 'fraction for a whole number'),
  value('maxQueuedMessages', null, 'nothing for a number'),
  value('maxQueuedMessages', [5], 'list for a number'),
  item('listeners', 1883, 'number for a listener'),
  item('listeners', null, 'nothing for a listener'),
  item('accounts', 'aisa_server', 'text for an account'),
  item('extraOptions', 7, 'number for an option line'),
  item('dnsNames', true, 'boolean for a name'),
  listener({ tls: 'yes' }, 'tls', 'text for TLS'),
  listener({ port: '1883' }, 'port', 'text for a port'),
  {
    rule: 'text for topics',
    config: { accounts: [{ ...account, topics: 'read a' }] },
    path: 'accounts[0].topics',
    shows: '"read a"',
  },
  { rule: 'no topics', config: { accounts: [{ username: 'pi' }] }, path: 'accounts[0].topics' },
  { rule: 'no user name', config: { accounts: [{ topics: [] }] }, path: 'accounts[0].username' },
  { rule: 'no port', config: { listeners: [{ protocol: 'mqtt' }] }, path: 'listeners[0].port' },

  { rule: 'no listener', config: { listeners: [] }, path: 'listeners' },
  { rule: 'no account', config: { accounts: [] }, path: 'accounts' },
  { rule: 'no plain MQTT or MQTT over TLS', config: listenerWith({ protocol: 'websockets' }), path: 'listeners' },
  { rule: 'no MQTT for accounts', config: listenerWith({ clients: 'devices' }), path: 'listeners' },
  listener({ clients: 'everybody' }, 'clients', 'clients that are neither'),
  listener({ port: 0 }, 'port', 'port below its range'),
  listener({ port: -1 }, 'port', 'negative port'),
  listener({ port: 65_536 }, 'port', 'port above its range'),
  listener({ port: 1883.5 }, 'port', 'fraction for a port'),
  listener({ protocol: 'http_api' }, 'protocol', 'protocol that is none of ours'),
  listener({ bindAddress: 'localhost' }, 'bindAddress', 'name for an address'),
  listener({ bindAddress: '192.0.2.256' }, 'bindAddress', 'address that is none'),
  listener({ bindAddress: '0.0.0.0' }, 'bindAddress', 'plain text to the world'),
  listener({ bindAddress: '192.0.2.10' }, 'bindAddress', 'plain text to one network'),
  listener({ bindAddress: '::' }, 'bindAddress', 'plain text to the world over IPv6'),
  listener({ bindAddress: 7 }, 'bindAddress', 'number for an address'),
  { rule: 'no address', config: listenerWith({ bindAddress: [] }), path: 'listeners[0].bindAddress' },
  listener({ bindAddress: ['127.0.0.1', 'localhost'] }, 'bindAddress[1]', 'name in a list of addresses'),
  listener({ bindAddress: ['::1', '0:0:0:0:0:0:0:1'] }, 'bindAddress[1]', 'address twice'),
  listener({ bindAddress: ['127.0.0.1', null] }, 'bindAddress[1]', 'nothing for an address'),
  {
    rule: 'plain text to the world over the second address',
    config: listenerWith({ bindAddress: ['127.0.0.1', '::'] }),
    path: 'listeners[0].bindAddress',
    shows: '"::"',
  },
  { rule: 'TLS without names', config: listenerWith({ port: 8883, tls: true }), path: 'listeners[0].tls' },
  {
    rule: 'port twice',
    config: { listeners: [{ port: 1883 }, { port: 1884 }, { port: 1883 }] },
    path: 'listeners[2].port',
    shows: '1883',
  },
  {
    rule: 'port twice, on different addresses',
    config: { listeners: [{ port: 1883 }, { port: 1883, bindAddress: '::1' }] },
    path: 'listeners[1].port',
    shows: '1883',
  },

  item('dnsNames', 'under_score.example', 'bad host name'),
  item('dnsNames', '192.0.2.10', 'address for a name'),
  item('dnsNames', '', 'empty host name'),
  item('ipAddresses', '192.0.2.256', 'bad address'),
  item('ipAddresses', 'a.example', 'name for an address'),
  item('ipAddresses', 'fe80::1%eth0', 'address of one network card only'),

  accountNamed('', 'empty user name'),
  accountNamed('pi+7', 'user name with +'),
  accountNamed('pi#7', 'user name with #'),
  accountNamed('pi/7', 'user name with /'),
  accountNamed('pi:7', 'user name with :'),
  accountNamed('pi 7', 'user name with a space'),
  accountNamed('pi\n7', 'user name with a line break'),
  accountNamed('pi\u0000', 'user name with a control character'),
  accountNamed('a'.repeat(65), 'user name too long'),
  accountNamed('aipi_verify', 'user name of verification'),
  accountNamed('aipi-verify', 'user name in the place of a device id of verification'),
  accountNamed('aipi-verify.device', 'user name of a device of verification'),
  {
    rule: 'user name twice',
    config: { accounts: [account, { username: 'b', topics: [] }, account] },
    path: 'accounts[2].username',
    shows: '"pi"',
  },
  {
    rule: 'generation below 1',
    config: { accounts: [{ ...account, generation: 0 }] },
    path: 'accounts[0].generation',
    shows: '0',
  },

  topic('read a/#/b', '# before the last level'),
  topic('read a#', '# beside other text'),
  topic('read a+/b', '+ beside other text'),
  topic('read a//b', 'empty level'),
  topic('read /a', 'empty first level'),
  topic('read a/', 'empty last level'),
  topic('read a\nb', 'line break in a topic'),
  topic('read  a', 'space before a topic'),
  topic('read a ', 'space after a topic'),
  topic('write $SYS/broker', 'writing to $SYS'),
  topic('readwrite $SYS/#', 'reading and writing $SYS'),
  topic('read $share/group/a', 'topic of a mechanism'),
  topic('write $CONTROL/dynamic-security/v1', 'topic of control'),
  topic('read $SYS/#/a', 'bad filter in $SYS'),
  topic('read device/aipi-verify/data', 'topic of verification'),
  topic('write aipi-verify/foreign', 'topic of verification'),
  topic('read device/aipi-verify.device/data', 'topic of a device of verification'),
  topic('publish a', 'bad access word'),
  topic('READ a', 'access word in capitals'),
  topic('a/b', 'topic without access word'),
  topic('read', 'access word without topic'),
  topic('read ', 'access word without topic, with a space'),
  topic('reads', 'word that begins like an access'),
  topic('', 'empty rule'),

  ...Object.entries(limitKeys).flatMap(([key, { least, greatest }]) => [
    value(key, least - 1, 'limit below its minimum'),
    value(key, greatest + 1, 'limit above its maximum'),
  ]),
  value('persistenceFlushPeriodSeconds', -1, 'limit below its minimum'),
  value('persistenceFlushPeriodSeconds', 3_601, 'limit above its maximum'),
  value('persistentClientExpirationDays', 0, 'limit below its minimum'),
  value('persistentClientExpirationDays', 3_651, 'limit above its maximum'),
  value('logMaxSizeMebibytes', 0, 'limit below its minimum'),
  value('logMaxSizeMebibytes', 1_025, 'limit above its maximum'),
  value('logMaxFiles', 0, 'limit below its minimum'),
  value('logMaxFiles', 101, 'limit above its maximum'),

  value('persistenceSync', 'off', 'word that is none of the choice'),
  item('logTypes', 'verbose', 'log type that is none'),
  item('logTypes', 'none', 'log type that silences the log'),
  { rule: 'log without its sign of life', config: { logTypes: ['error', 'warning'] }, path: 'logTypes' },

  rawOption('allow_anonymous true', 'managed option'),
  rawOption('include_dir /tmp', 'option of the denylist'),
  rawOption('max_connections 5', 'option that opens a port'),
  rawOption('sys_interval 60\nlistener 9883', 'two lines in one option'),
  rawOption('sys_interval', 'option without value'),

  value('image', 'eclipse-mosquitto', 'image without version'),
  value('image', 'eclipse-mosquitto:latest', 'image of a moving version'),
  value('image', '', 'no image'),
  value('dockerHost', 'server', 'Docker host without scheme'),
  value('dockerHost', 'tcp://[', 'Docker host that is no URL'),
  value('containerName', 'a b', 'bad container name'),
];

describe('bad input is refused by path, value and remedy', () => {
  it.each(badInputs)('$rule: $path', ({ config, path, shows }) => {
    const problems = problemsOf(config);
    expect(problems).toEqual([expect.stringMatching(shape)]);
    expect(problems[0]?.startsWith(`${path}: `)).toBe(true);
    expect(problems[0]).toContain(shows ?? path);
  });
});

describe('the words of a message', () => {
  it.each<[Config, string]>([
    [{ maxConnection: 5 }, 'maxConnection: there is no such key; did you mean "maxConnections"?'],
    [listenerWith({ port: 70_000 }), 'listeners[0].port: 70000 cannot be used; write a whole number from 1 to 65535'],
    [
      { listeners: [{ port: 1883 }, { port: 1883 }] },
      'listeners[1].port: 1883 stands already at listeners[0]; use each once',
    ],
    [
      listenerWith({ bindAddress: '0.0.0.0' }),
      'listeners[0].bindAddress: "0.0.0.0" would carry passwords readable over the network; ' +
        'write tls: true, or bindAddress: 127.0.0.1, or accept it with insecurePlaintext: true',
    ],
    [
      listenerWith({ bindAddress: ['127.0.0.1', '::1', '::'], tls: true }),
      'listeners[0].bindAddress[2]: "::" cannot stand beside ::1, because :: is every IPv6 address already; write :: alone',
    ],
    [
      { listeners: [{ port: 1883 }, { port: 1883, bindAddress: '::1' }] },
      'listeners[1].port: 1883 stands already at listeners[0]; use each once, with bindAddress: ["127.0.0.1", "::1"]',
    ],
    [
      listenerWith({ port: 8883, tls: true }),
      'listeners[0].tls: mqtts-8883 needs a certificate for a name; write "dnsNames" or "ipAddresses"',
    ],
    [
      { accounts: [{ username: 'pi/7', topics: [] }] },
      'accounts[0].username: "pi/7" contains "/"; use letters, digits, "-", "_", "."',
    ],
    [
      accountWith('publish a'),
      'accounts[0].topics[0]: "publish a" is not "access topic": "publish" is no access; ' +
        'write read, write, readwrite, deny, then a topic, such as "read device/control"',
    ],
    [
      accountWith('read a/#/b'),
      'accounts[0].topics[0]: "read a/#/b" "#" must be alone in the last level; write "a/#" or use "+" for one level',
    ],
    [listenerWith({ tls: 'yes' }), 'listeners[0].tls: "yes" cannot be used; write true or false'],
    [{ accounts: [{ username: 'pi' }] }, 'accounts[0].topics: is missing; write a list'],
    [listenerWith({ protocol: 'tcp' }), 'listeners[0].protocol: "tcp" cannot be used; write mqtt or websockets'],
    [
      { maxKeepaliveSeconds: 9 },
      'maxKeepaliveSeconds: 9 cannot be used; write a whole number from 10 to 65535, or 0 for no limit (below 10 a slow network looks like a dead client)',
    ],
  ])('%j', (config, message) => {
    expect(problemsOf(config)).toEqual([message]);
  });
});

describe('all problems', () => {
  function pathsOf(config: Config): string[] {
    return problemsOf(config).map((problem) => problem.slice(0, problem.indexOf(': ')));
  }

  it('of single values are listed at once', () => {
    const paths = pathsOf({
      listeners: [{ port: 0, bindAddress: 'x' }],
      accounts: [{ username: 'pi/7', topics: ['read a/#/b', 'read ok', 'publish b'] }],
      dnsNames: ['bad_name', 'a.example', '-'],
      maxConnections: 0,
      image: 'latest',
      extraOptions: ['listener 1'],
      unknownKey: 1,
    });
    expect(paths.sort()).toEqual([
      'accounts[0].topics[0]',
      'accounts[0].topics[2]',
      'accounts[0].username',
      'dnsNames[0]',
      'dnsNames[2]',
      'extraOptions[0]',
      'image',
      'listeners[0].bindAddress',
      'listeners[0].port',
      'maxConnections',
      'unknownKey',
    ]);
  });

  it('of values that do not go together are listed at once', () => {
    const paths = pathsOf({
      listeners: [{ port: 1883 }, { port: 1883, bindAddress: '0.0.0.0' }, { port: 8883, tls: true }],
      accounts: [account, account, { username: 'aipi_verify', topics: [] }],
    });
    expect(paths.sort()).toEqual([
      'accounts[1].username',
      'accounts[2].username',
      'listeners[1].bindAddress',
      'listeners[1].port',
      'listeners[2].tls',
    ]);
  });

  it('of both kinds are listed at once', () => {
    const paths = pathsOf({
      maxConnections: 0,
      accounts: [account, account],
      listeners: [{ port: 1883 }, { port: 1883 }, { port: 8883, tls: true }],
    });
    expect(paths.sort()).toEqual(['accounts[1].username', 'listeners[1].port', 'listeners[2].tls', 'maxConnections']);
  });
});

describe('no message shows a secret', () => {
  it.each<[string, Config]>([
    ['at an unknown key', { password: 's3cret' }],
    ['at an unknown key of an account', { accounts: [{ ...account, password: 's3cret' }] }],
    ['in an account that is no list', { accounts: { ...account, password: 's3cret' } }],
    ['in the account of an account', { accounts: [[{ ...account, password: 's3cret' }]] }],
    ['in a raw option', { extraOptions: ['remote_password s3cret'] }],
    ['in the address of a Docker engine', { dockerHost: 'http://admin:s3cret@server' }],
  ])('%s', (_, config) => {
    const problems = problemsOf(config);
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).not.toContain('s3cret');
  });
});
