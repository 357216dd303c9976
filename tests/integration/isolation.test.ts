/**
 * Proves on a deployed broker that no device reads, writes, takes over or ends anything of another one: every ordered
 * pair of devices whose ids resemble each other, on every kind of topic, in MQTT 3.1.1 without and MQTT 5 with TLS, by
 * messages that arrive or do not. It does not prove anything about an account that takes the client id of a device, and
 * accounts are trusted not to; nor about devices that use up what all share, such as memory.
 */

import { devicePassword } from '../../fleet/secrets';
import { covers } from '../property/oracle';
import { accounts, allowed, IsolationStack, ids, topics, type Version } from './isolationStack';
import type { Link } from './link';

jest.setTimeout(300_000);

const versions: Version[] = [4, 5];
let stack: IsolationStack;

beforeAll(async () => {
  stack = new IsolationStack();
  await stack.up();
});

afterEach(() => stack.disconnect());
afterAll(() => stack.dispose());

/** Does something for each device, all at once. */
function each<T>(task: (id: string, index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(ids.map(task));
}

/** One message on every topic, from the server. */
async function publishAll(server: Link, text: string, retain = false): Promise<void> {
  await Promise.all(topics.map((topic) => server.publish(topic, text, retain)));
}

test('each logs in where it belongs, with its own password, and nowhere else', async () => {
  const { accounts: forAccounts, ...forDevices } = stack.urls;
  const users = [...ids, ...accounts];
  for (const user of users) {
    const isAccount = accounts.includes(user);
    expect([user, await stack.accepts(forAccounts, user, user)]).toEqual([user, isAccount]);
    for (const url of Object.values(forDevices)) {
      expect([user, await stack.accepts(url, user, user)]).toEqual([user, !isAccount]);
      const others = users.filter((other) => other !== user);
      const fooled = await Promise.all(others.map((other) => stack.accepts(url, user, other)));
      expect([user, fooled]).toEqual([user, others.map(() => false)]);
    }
  }
});

test('the outputs name the password of each device', () => {
  const { devices, enrolment } = stack.outputs;
  const passwordOf = (id: string) => devicePassword(enrolment.rootSecret, { id, generation: 1 });
  const listed = Object.entries(devices).map(([id, { password }]) => [id, password]);
  expect(listed.sort()).toEqual(ids.map((id) => [id, passwordOf(id)]).sort());
});

test.each(versions)('MQTT %s: a device publishes what its role says, and nothing else', async (version) => {
  const server = await stack.account('aisa_server');
  await server.subscribe('#');
  const refused = await each(async (id) => {
    const link = await stack.device(id, version);
    const taken = await Promise.all(topics.map((topic) => link.publish(topic, `by ${id}`)));
    return topics.filter((_, index) => !taken[index]).map((topic) => `${topic}: by ${id}`);
  });
  const probes = ids.flatMap((id) => topics.map((topic) => ({ id, topic, text: `${topic}: by ${id}` })));
  const may = probes.filter(({ id, topic }) => allowed(id, 'write', topic)).map(({ text }) => text);
  expect(await server.received()).toEqual(may.sort());
  const denied = probes.map(({ text }) => text).filter((text) => !may.includes(text));
  expect(refused.flat().sort()).toEqual(version === 5 ? denied.sort() : []);
});

test.each(versions)('MQTT %s: a device reads what its role says, and nothing else', async (version) => {
  const links = await each(async (id) => {
    const link = await stack.device(id, version);
    await link.subscribe(topics);
    return link;
  });
  await publishAll(await stack.account('aisa_server'), 'hello');
  await each(async (id, index) => {
    const may = topics.filter((topic) => allowed(id, 'read', topic)).map((topic) => `${topic}: hello`);
    expect([id, await links[index]?.received()]).toEqual([id, may.sort()]);
  });
});

const filters = ['#', '+/#', '+/+/+', '+/+/data', 'device/#', '+/control', '+/+', '$share/own/#', '$SYS/#'];

test.each(filters)('"%s" brings a device no more than its role says', async (filter) => {
  const links = await each(async (id, index) => {
    const link = await stack.device(id, index % 2 === 0 ? 4 : 5);
    // A group of its own: what a group gets goes to one of its members only.
    await link.subscribe(filter.replace('own', `own${index}`));
    return link;
  });
  await publishAll(await stack.account('aisa_server'), 'hello');
  await each(async (id, index) => {
    const may = topics.filter((topic) => covers(filter, topic) && allowed(id, 'read', topic));
    expect([id, await links[index]?.received()]).toEqual([id, may.map((topic) => `${topic}: hello`).sort()]);
  });
});

test('an account that may read $SYS is given it, so that silence above means something', async () => {
  const monitor = await stack.account('monitor');
  await monitor.subscribe('$SYS/#');
  expect(await monitor.received()).toContainEqual(expect.stringMatching(/^\$SYS\/broker\/version: mosquitto/));
});

test('retained messages: a device gets its own, and leaves none and clears none elsewhere', async () => {
  const server = await stack.account('aisa_server');
  await publishAll(server, 'kept', true);
  await each(async (id, index) => {
    const link = await stack.device(id, index % 2 === 0 ? 5 : 4);
    await link.subscribe('#');
    const may = topics.filter((topic) => allowed(id, 'read', topic)).map((topic) => `${topic}: kept`);
    expect([id, await link.received()]).toEqual([id, may.sort()]);
  });
  for (const text of ['', 'mine']) {
    await each(async (id) => {
      const link = await stack.device(id, 5);
      await Promise.all(topics.map((topic) => link.publish(topic, text === '' ? '' : `${text} ${id}`, true)));
    });
    const late = await stack.account('aisa_server');
    await late.subscribe('#');
    const writer = (topic: string) => ids.find((id) => allowed(id, 'write', topic));
    const left = topics.flatMap((topic) => {
      const owner = writer(topic);
      if (owner === undefined) return [`${topic}: kept`];
      return text === '' ? [] : [`${topic}: ${text} ${owner}`];
    });
    expect(await late.received()).toEqual(left.sort());
  }
  await publishAll(server, '', true);
});

test.each(versions)(
  'MQTT %s: the last will of a device is heard where it may publish, and nowhere else',
  async (version) => {
    const server = await stack.account('aisa_server');
    await server.subscribe('#');
    await each(async (id) => {
      for (const [index, topic] of topics.entries()) {
        const payload = Buffer.from(`last words of ${id}`);
        const link = await stack.device(id, version, { will: { topic, payload, qos: 1, retain: index % 2 === 0 } });
        await link.crash();
      }
      // It takes the place of the last one, so the broker has buried all of them when it answers.
      await stack.device(id, version);
    });
    const may = ids.flatMap((id) =>
      topics.filter((topic) => allowed(id, 'write', topic)).map((topic) => `${topic}: last words of ${id}`),
    );
    expect(await server.received()).toEqual(may.sort());
    const late = await stack.account('aisa_server');
    await late.subscribe('#');
    expect((await late.received()).filter((line) => !may.includes(line))).toEqual([]);
    await publishAll(server, '', true);
  },
);

const lasting = { clean: false, properties: { sessionExpiryInterval: 3_600 } };

/** Connects as every other device with a client id, which must not matter to whoever has it. */
async function steal(clientId: string, owner?: string): Promise<void> {
  await each(async (id) => {
    if (id === owner) return;
    // The library knows no lasting session without a client id.
    for (const version of versions)
      for (const clean of clientId === '' ? [true] : [true, false]) {
        const thief = await stack.device(id, version, { clientId, clean });
        expect([id, thief.resumed, await thief.received()]).toEqual([id, false, []]);
        await thief.end();
      }
  });
}

test.each(ids)('nobody takes over, empties or ends the session of %s', async (id) => {
  const server = await stack.account('aisa_server');
  const topic = topics.find((each) => each.includes(id) && allowed(id, 'read', each)) ?? '';
  const own = await stack.device(id, 5, { ...lasting, clientId: id });
  await own.subscribe(topic, 1);
  await steal(id, id);
  await server.publish(topic, 'while connected');
  expect([own.closed, await own.received()]).toEqual([false, [`${topic}: while connected`]]);
  await own.end();
  await server.publish(topic, 'while away');
  await steal(id, id);
  const back = await stack.device(id, 5, { ...lasting, clientId: id });
  expect([back.resumed, await back.received()]).toEqual([true, [`${topic}: while away`]]);
});

test('an account keeps its session, whatever client ids devices choose', async () => {
  const backend = { ...lasting, clientId: 'backend' };
  const server = await stack.account('aisa_server', backend);
  await server.subscribe('test/topic', 1);
  for (const clientId of ['backend', '']) await steal(clientId);
  expect([server.closed, await server.received()]).toEqual([false, []]);
  await server.end();
  await (await stack.account('aisa_server')).publish('test/topic', 'while away');
  for (const clientId of ['backend', '']) await steal(clientId);
  const back = await stack.account('aisa_server', backend);
  expect([back.resumed, await back.received()]).toEqual([true, ['test/topic: while away']]);
});

test('accounts hold many connections, and gain nothing from the rules of devices by their names', async () => {
  const server = await stack.account('aisa_server');
  await server.subscribe('#');
  for (const username of ['aisa_rpi', 'pi-2']) {
    const links = await Promise.all(Array.from({ length: 10 }, () => stack.account(username)));
    const [link] = links;
    await link?.subscribe('#');
    await Promise.all(topics.map((topic) => link?.publish(topic, `by ${username}`)));
    const mayWrite = topics
      .filter((topic) => allowed(username, 'write', topic))
      .map((topic) => `${topic}: by ${username}`);
    expect(await server.received()).toEqual(mayWrite.sort());
    await link?.received();
    await publishAll(server, 'hello');
    const mayRead = topics.filter((topic) => allowed(username, 'read', topic)).map((topic) => `${topic}: hello`);
    expect(await link?.received()).toEqual(mayRead.sort());
    await server.received();
    expect(links.filter(({ closed }) => closed)).toEqual([]);
  }
});
