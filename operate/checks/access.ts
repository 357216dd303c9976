/** What an account may publish and read, and what it may not: proved by delivery and by non-delivery. */

import { randomBytes } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { allows } from '../../mosquitto/acl';
import { guideTest } from '../../mosquitto/aipi';
import type { CheckResult } from '../../mosquitto/plan';
import type { User } from '../../mosquitto/render';
import { type Dial, hangUp } from '../client';
import { check, Disproved } from './check';

/** Retained by the broker itself, so a reader that is allowed gets it at once. */
const systemTopic = '$SYS/broker/version';

/**
 * Checks one account on every given topic, in both directions.
 *
 * No waiting is needed to prove that nothing came: the broker routes a message before it acknowledges it, and answers
 * a subscription on the same connection only after everything that it had queued there.
 *
 * @param witness may publish and read every one of the topics
 */
export async function access(
  place: string,
  dial: Dial,
  user: User,
  witness: User,
  topics: readonly string[],
): Promise<CheckResult[]> {
  const clients: MqttClient[] = [];
  try {
    const [own, other] = await Promise.all([dial(user), dial(witness)]);
    clients.push(own, other);
    const published = await flow(own, other, topics);
    const read = await flow(other, own, topics, [systemTopic]);
    return await Promise.all([
      ...claims(`${place}: ${user.username}`, 'publish', 'write', user, topics, published),
      ...claims(`${place}: ${user.username}`, 'read', 'read', user, [...topics, systemTopic], read),
      ...guide(place, own, user, topics),
    ]);
  } catch (error) {
    return [await check(`${place}: ${user.username} can be checked`, () => Promise.reject(error))];
  } finally {
    for (const client of clients) hangUp(client);
  }
}

/** Publishes on each topic from one client, and returns the topics on which the other one received it. */
async function flow(
  from: MqttClient,
  to: MqttClient,
  topics: readonly string[],
  offered: readonly string[] = [],
): Promise<Set<string>> {
  const payload = `aipi-verify ${randomBytes(8).toString('hex')}`;
  const arrived = new Set<string>();
  const note = (topic: string, message: Buffer) => {
    if (message.toString() === payload || offered.includes(topic)) arrived.add(topic);
  };
  to.on('message', note);
  await to.subscribeAsync([...topics, ...offered], { qos: 0 });
  await Promise.all(topics.map((topic) => publish(from, topic, payload)));
  await to.unsubscribeAsync([...topics, ...offered]);
  to.off('message', note);
  return arrived;
}

/** A refused publish is an answer too: what counts is whether the message arrives. */
async function publish(client: MqttClient, topic: string, payload: string): Promise<void> {
  try {
    await client.publishAsync(topic, payload, { qos: 1 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 135) throw error;
  }
}

function claims(
  who: string,
  verb: 'publish' | 'read',
  kind: 'read' | 'write',
  user: User,
  topics: readonly string[],
  arrived: ReadonlySet<string>,
): Promise<CheckResult>[] {
  const allowed = topics.filter((topic) => allows(user.rules, kind, topic));
  const forbidden = topics.filter((topic) => !allowed.includes(topic));
  return [
    {
      claim: `${who} may ${verb}`,
      expected: allowed,
      wrong: allowed.filter((topic) => !arrived.has(topic)),
      done: 'delivered',
    },
    {
      claim: `${who} may not ${verb}`,
      expected: forbidden,
      wrong: forbidden.filter((topic) => arrived.has(topic)),
      done: 'not delivered',
    },
  ]
    .filter(({ expected }) => expected.length > 0)
    .map(({ claim, expected, wrong, done }) =>
      check(claim, async () => {
        if (wrong.length > 0) throw new Disproved(`not ${done}: ${wrong.join(', ')}`.replace('not not ', ''));
        return `${expected.length} of ${expected.length} ${done}: ${expected.join(', ')}`;
      }),
    );
}

/** The operators' own test, word by word, for an account that may do it. */
function guide(place: string, client: MqttClient, user: User, topics: readonly string[]): Promise<CheckResult>[] {
  const { topic, payload } = guideTest;
  if (!topics.includes(topic) || !allows(user.rules, 'read', topic) || !allows(user.rules, 'write', topic)) return [];
  return [
    check(`${place}: ${user.username} receives "${payload}" on ${topic}`, async () => {
      const messages: string[] = [];
      client.on('message', (_, message) => messages.push(message.toString()));
      await client.subscribeAsync(topic, { qos: 1 });
      await client.publishAsync(topic, payload, { qos: 1 });
      await client.unsubscribeAsync(topic);
      if (!messages.includes(payload)) throw new Disproved('did not arrive');
      return 'arrived';
    }),
  ];
}
