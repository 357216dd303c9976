/**
 * Proves with a real broker, for generated stacks that the settings accept, that `explain` says what Mosquitto does:
 * whether each user may publish to a topic, by the reason code and by what a witness receives, and which topics reach it
 * by a subscription, kept messages and new ones, to `$SYS` and to a share. The files are those of the product; they go
 * into the container without the deployment.
 */

import { connect as connectTcp } from 'node:net';
import fc from 'fast-check';
import type { IClientOptions } from 'mqtt';
import { explainPublish, explainSubscribe } from '../../access/explain';
import { type Subject, subjectOf } from '../../access/subject';
import { subscriptionProblem, topicProblem } from '../../access/topic';
import { parseRule } from '../../mosquitto/acl';
import type { Settings } from '../../settings';
import { connect, packets, publish, subscribe } from '../bench/packet';
import { covers } from '../property/oracle';
import { stack } from '../property/stacks';
import { settingsOf } from '../unit/rawConfig';
import { LawBroker } from './lawBroker';
import { Link } from './link';

jest.setTimeout(300_000);

/** What the broker says of itself, kept from its first seconds on. */
const sysTopics = [
  '$SYS/broker/version',
  '$SYS/broker/uptime',
  '$SYS/broker/clients/total',
  '$SYS/broker/messages/sent',
  '$SYS/broker/load/messages/sent/1min',
];

let broker: LawBroker;
let server: Ear;
const cases = { publish: 0, subscribe: 0, deliveries: 0, allowed: 0, delivered: 0 };

interface Message {
  topic: string;
  text: string;
  isRetained: boolean;
}

/** A connection with the messages that it has received. */
class Ear {
  private messages: Message[] = [];

  constructor(readonly link: Link) {
    link.client.on('message', (topic, payload, { retain }) => {
      this.messages.push({ topic, text: String(payload), isRetained: retain });
    });
  }

  /** What has come since the last call. */
  async heard(): Promise<Message[]> {
    await this.link.received();
    return this.messages.splice(0);
  }
}

beforeAll(async () => {
  broker = await LawBroker.start();
  server = new Ear(await broker.server());
  await server.link.subscribe(['$SYS/#']);
  const known = new Set<string>();
  while (!sysTopics.every((topic) => known.has(topic))) for (const { topic } of await server.heard()) known.add(topic);
  await server.link.client.unsubscribeAsync('$SYS/#');
  await server.link.subscribe(['#', '$SYSX/#', '$x/#', '$CONTROL/#']);
});

afterAll(async () => {
  await server?.link.end();
  await broker?.remove();
});

interface User {
  subject: Subject;
  ear: Ear;
}

function usersOf(settings: Settings, links: readonly Link[]): User[] {
  const names = [...settings.devices.map(({ id }) => id), ...settings.accounts.map(({ username }) => username)];
  return names.map((name, index) => {
    const [subject, link] = [subjectOf(settings, name), links[index]];
    if ('problem' in subject || link === undefined) throw new Error(`${name} is missing`);
    return { subject, ear: new Ear(link) };
  });
}

function inLine(user: User, topic: string): string {
  return `${user.subject.username} to ${JSON.stringify(topic)}`;
}

/** Publications that are taken, by explain, by reason code and by arrival. */
async function published(topics: readonly string[], users: readonly User[]) {
  const answers = await Promise.all(
    users.map((user) =>
      Promise.all(
        topics.map(async (topic) => ((await user.ear.link.publish(topic, user.subject.username)) ? topic : '')),
      ),
    ),
  );
  const arrived = await server.heard();
  cases.publish += topics.length * users.length;
  const lists = users.map((user, index) => {
    const said = topics.filter((topic) => explainPublish(user.subject, topic).allowed);
    const taken = answers[index]?.filter((topic) => topic !== '') ?? [];
    const seen = arrived.filter(({ text }) => text === user.subject.username).map(({ topic }) => topic);
    cases.allowed += said.length;
    return [said, taken, seen.sort((a, b) => topics.indexOf(a) - topics.indexOf(b))].map((list) =>
      list.map((topic) => inLine(user, topic)),
    );
  });
  const [explained, byCode, byArrival] = [0, 1, 2].map((each) => lists.flatMap((list) => list[each] ?? []));
  return { explained, byCode, byArrival };
}

/** What reaches users by a subscription each, by explain and by the broker: kept messages and new ones. */
async function subscribed(topics: readonly string[], users: readonly User[], filter: string) {
  const filters = users.map((_, index) => filter.replace('GROUP', `group-${index}`));
  await Promise.all(users.map(({ ear }, index) => ear.link.subscribe(filters[index] ?? '')));
  const kept = await Promise.all(users.map(({ ear }) => ear.heard()));
  await Promise.all(topics.map((topic) => server.link.publish(topic, 'new')));
  await server.heard();
  const live = await Promise.all(users.map(({ ear }) => ear.heard()));
  await Promise.all(users.map(({ ear }, index) => ear.link.client.unsubscribeAsync(filters[index] ?? '')));
  cases.subscribe += users.length;
  const isShared = filter.startsWith('$share/');
  return users.map((user, index) => {
    const asked = filters[index] ?? '';
    const { delivered, topics: held, except } = explainSubscribe(user.subject, asked);
    const inner = asked.replace(/^\$share\/[^/]*\//, '');
    const reaches = (topic: string) =>
      held.some((each) => covers(each, topic)) && !except.some((each) => covers(each, topic));
    const all = [...topics, ...sysTopics];
    const matching = all.filter((topic) => covers(inner, topic) && !(isShared && inner.startsWith('$')));
    const expected = all.filter(reaches);
    cases.deliveries += all.length;
    cases.delivered += expected.length;
    const keptNow = kept[index]?.filter(({ isRetained }) => isRetained).map(({ topic }) => topic) ?? [];
    const liveNow = live[index]?.filter(({ text }) => text === 'new').map(({ topic }) => topic) ?? [];
    const [whole, none] = [delivered === 'everything', delivered === 'nothing'];
    return {
      asked: inLine(user, asked),
      explained: {
        kept: isShared ? [] : expected,
        live: expected.filter((topic) => !topic.startsWith('$')),
        isRightOfAll: (!whole || expected.length === matching.length) && (!none || expected.length === 0),
      },
      seen: {
        kept: all.filter((topic) => keptNow.includes(topic)),
        live: topics.filter((topic) => liveNow.includes(topic)),
        isRightOfAll: true,
      },
    };
  });
}

test('explain says what the broker does', async () => {
  await fc.assert(
    fc.asyncProperty(stack, async (each) => {
      const settings = settingsOf(each.config);
      const links = await broker.deploy(settings, settings.accounts);
      const writable = each.topics.filter((topic) => !topic.startsWith('$'));
      try {
        const users = usersOf(settings, links);
        const { explained, byCode, byArrival } = await published(each.topics, users);
        expect(byCode).toEqual(explained);
        expect(byArrival).toEqual(explained);
        await Promise.all(writable.map((topic) => server.link.publish(topic, 'kept', true)));
        await server.heard();
        for (const filter of each.filters) {
          const wrong = (await subscribed(writable, users, filter)).filter(
            ({ explained: said, seen }) => JSON.stringify(said) !== JSON.stringify(seen),
          );
          expect(wrong).toEqual([]);
        }
      } finally {
        await Promise.all(writable.map((topic) => server.link.publish(topic, '', true)));
        await Promise.all(links.map((link) => link.end()));
      }
    }),
    { numRuns: 80 },
  );
  // Each answer is met often, or nothing is proved.
  expect(cases.publish).toBeGreaterThan(2_000);
  expect(cases.subscribe).toBeGreaterThan(500);
  expect(cases.allowed).toBeGreaterThan(cases.publish / 20);
  expect(cases.delivered).toBeGreaterThan(cases.deliveries / 100);
  if (process.env.AIPI_SHOW_CASES !== undefined) process.stderr.write(`${JSON.stringify(cases)}\n`);
});

test('what the broker says of itself never comes by a shared subscription', async () => {
  const [plain, shared] = await Promise.all(
    [broker.server(), broker.server()].map(async (link) => new Ear(await link)),
  );
  if (plain === undefined || shared === undefined) throw new Error('no connection');
  try {
    await plain.link.subscribe('$SYS/#');
    await shared.link.subscribe(['$share/g/$SYS/#', '$share/h/+/#']);
    const news: string[] = [];
    while (news.filter((topic) => topic === '$SYS/broker/uptime').length < 2) {
      const heard = await plain.heard();
      news.push(...heard.filter(({ isRetained }) => !isRetained).map(({ topic }) => topic));
    }
    expect(await shared.heard()).toEqual([]);
  } finally {
    await Promise.all([plain, shared].map(({ link }) => link.end()));
  }
});

describe('what explain says besides', () => {
  /** Users by their lines; the first lines of each are those that it has. */
  const users = (...topics: string[][]) =>
    topics.map((lines, index) => ({
      username: `user-${index}`,
      rules: lines.flatMap((text) => parseRule(text) ?? []),
    }));
  const none = { roles: [{ name: 'device', rules: [] }], devices: [] };
  const links: Link[] = [];

  async function deploy(...topics: string[][]): Promise<Link[]> {
    const made = await broker.deploy(none, users(...topics));
    links.push(...made);
    return made;
  }

  /** Another connection of the same user. */
  async function again({ client }: Link, options: IClientOptions): Promise<Link> {
    const { username, password, port } = client.options;
    const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
    const link = await Link.open(`mqtt://127.0.0.1:${port}`, { ...login, ...options });
    links.push(link);
    return link;
  }

  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.end()));
    await server.heard();
  });

  test('a refused publication is told to MQTT 5 at QoS 1 and 2 alone', async () => {
    const [five] = await deploy([]);
    if (five === undefined) throw new Error('nobody');
    const four = await again(five, { protocolVersion: 4 });
    await server.heard();
    const code = ({ client }: Link, qos: 0 | 1 | 2) =>
      client.publishAsync('a', 'x', { qos }).then(
        () => 0,
        (error: { code?: number }) => error.code,
      );
    expect([await code(five, 0), await code(five, 1), await code(five, 2)]).toEqual([0, 0x87, 0x87]);
    expect([await code(four, 0), await code(four, 1), await code(four, 2)]).toEqual([0, 0, 0]);
    await Promise.all([five, four].map((link) => link.received()));
    expect(await server.heard()).toEqual([]);
  });

  test('a last will is taken at login, and not published', async () => {
    const [link] = await deploy(['write b']);
    if (link === undefined) throw new Error('nobody');
    for (const topic of ['a', 'b']) {
      const dying = await again(link, { will: { topic, payload: Buffer.from('gone'), qos: 1, retain: false } });
      await dying.crash();
    }
    const heard: Message[] = [];
    while (!heard.some(({ topic }) => topic === 'b')) heard.push(...(await server.heard()));
    expect(heard.map(({ topic }) => topic)).toEqual(['b']);
  });

  test('a retained message reaches later subscribers, though its sender may no longer write there', async () => {
    const [writer] = await deploy(['write kept/a', 'write kept/b'], []);
    await writer?.publish('kept/a', 'x', true);
    await writer?.publish('kept/b', 'x', true);
    await deploy(['write kept/a'], []);
    const later = await broker.server();
    links.push(later);
    await later.subscribe('kept/+');
    // The manual says that the second one is withheld, by the default of check_retain_source.
    expect(await later.received()).toEqual(['kept/a: x', 'kept/b: x']);
    await Promise.all(['kept/a', 'kept/b'].map((topic) => server.link.publish(topic, '', true)));
  });

  test('a share loses what falls to a member that may not read it', async () => {
    const [allowed, refused] = await deploy(['read a'], []);
    if (allowed === undefined || refused === undefined) throw new Error('nobody');
    for (const link of [allowed, refused]) await link.subscribe('$share/g/a');
    for (const text of ['1', '2', '3', '4']) await server.link.publish('a', text);
    expect([await allowed.received(), await refused.received()]).toEqual([['a: 1', 'a: 3'], []]);
  });
});

/** Reason code of the DISCONNECT that answers a packet; undefined where the broker answers it. */
function answer(packet: Buffer): Promise<number | undefined> {
  const { port, ...login } = broker.login;
  return new Promise((done, fail) => {
    const socket = connectTcp(port, '127.0.0.1', () =>
      socket.write(connect({ ...login, clientId: '', sessionExpirySeconds: 0 })),
    );
    let received = Buffer.alloc(0);
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      const { whole, rest } = packets(received);
      received = Buffer.from(rest);
      for (const { type, body } of whole) {
        if (type === 2) socket.write(packet);
        if (type === 4 || type === 9) done(undefined);
        if (type === 14) done(body[0]);
        if (type !== 2) socket.destroy();
      }
    });
    socket.on('error', fail);
    socket.on('close', () => done(0));
  });
}

const deep = (levels: number) => Array(levels).fill('a').join('/');
const named = (texts: readonly string[]) =>
  texts.map((text) => [text.length > 20 ? `of ${text.length} characters` : JSON.stringify(text), text] as const);

test.each(
  named([
    'a/+',
    '#',
    'a#b',
    '',
    '\u0000',
    'a\u0007',
    '\u0085',
    '\ufdd0',
    '\ufffe',
    '\u{1ffff}',
    deep(202),
    deep(201),
    '/',
    '\u2028',
    ' ',
    'a'.repeat(65_535),
  ]),
)('a topic name %s is taken or not', async (_, topic) => {
  expect(await answer(publish(1, topic, 'x'))).toBe(topicProblem(topic)?.reasonCode);
});

test.each(
  named([
    '',
    'a#',
    'a/#/b',
    'a+',
    '+b/c',
    '\u0001',
    deep(202),
    `${deep(200)}/#`,
    '/',
    '//#',
    '$share',
    '$share/',
    '$share/g',
    '$share/g/',
    '$share//a',
    '$share/g//',
    '$share/+/a',
    '$share/#',
    '$share/g+/a',
    '$share/g/a#',
    '$share/g/#',
    '$shared/a',
    '$SYS/#',
    '$x/#',
  ]),
)('a subscription to %s is granted or not', async (_, filter) => {
  expect(await answer(subscribe(1, filter))).toBe(subscriptionProblem(filter)?.reasonCode);
});
