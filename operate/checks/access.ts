/** What an account may publish and read, and what it may not: proved by delivery and by non-delivery. */

import { randomBytes } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { allows } from '../../mosquitto/acl';
import { guideTest } from '../../mosquitto/aipi';
import type { User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import { markerTopic } from '../../mosquitto/witness';
import { type Dial, hangUp } from '../client';
import { check, Disproved } from './check';

/** Nobody ever reads it: to be rid of it is asked for the answer alone. */
const answerTopic = `${markerTopic}/answer`;

/** Retained by the broker itself, so a reader that is allowed gets it at once. */
const systemTopic = '$SYS/broker/version';

/** Where the checked user connects, and where the witness does: a listener may be for one of them only. */
export interface Dials {
  user: Dial;
  witness: Dial;
  /** Whether the witness keeps one connection for several users at once; whoever opened it closes it. */
  isWitnessShared?: boolean;
  /** Whether the connection of the user stays for something else; whoever opened it closes it. */
  isUserShared?: boolean;
}

/**
 * Checks one user on every given topic, in both directions.
 *
 * No waiting is needed to prove that nothing came: the broker routes a message before it acknowledges it, and answers
 * a subscription on the same connection only after everything that it had queued there.
 *
 * @param witness may publish and read every one of the topics
 */
export async function access(
  place: string,
  dials: Dials,
  user: User,
  witness: User,
  topics: readonly string[],
): Promise<CheckResult[]> {
  const clients: MqttClient[] = [];
  try {
    const [own, other] = await Promise.all([dials.user(user), dials.witness(witness)]);
    if (dials.isUserShared !== true) clients.push(own);
    if (dials.isWitnessShared !== true) clients.push(other);
    // At once, because each is a matter of answers that may have far to go; they tell their messages by their payload.
    const [published, read, guided] = await Promise.all([
      flow(own, other, topics),
      flow(other, own, [...topics, systemTopic]),
      Promise.all(guide(place, own, user, topics)),
    ]);
    return [
      ...claims(`${place}: ${user.username}`, 'publish', (topic) => allows(user.rules, 'write', topic), published),
      ...claims(`${place}: ${user.username}`, 'read', (topic) => allows(user.rules, 'read', topic), read),
      ...guided,
    ];
  } catch (error) {
    return [await check(`${place}: ${user.username} can be checked`, () => Promise.reject(error))];
  } finally {
    for (const client of clients) hangUp(client);
  }
}

/** What was published from one client to another: which topics arrived, which did not, and in how many milliseconds. */
export interface Flow {
  topics: readonly string[];
  arrived: ReadonlySet<string>;
  ms: number;
}

/** Others may read by the same connections meanwhile. */
async function flow(from: MqttClient, to: MqttClient, topics: readonly string[]): Promise<Flow> {
  const started = performance.now();
  const payload = `aipi-verify ${randomBytes(8).toString('hex')}`;
  const arrived = new Set<string>();
  const note = (topic: string, message: Buffer) => {
    if (message.toString() === payload || topic === systemTopic) arrived.add(topic);
  };
  to.on('message', note);
  await to.subscribeAsync([...topics], { qos: 0 });
  await Promise.all(topics.filter((topic) => topic !== systemTopic).map((topic) => publish(from, topic, payload)));
  await to.unsubscribeAsync(answerTopic);
  to.off('message', note);
  return { topics, arrived, ms: Math.round(performance.now() - started) };
}

/** A refused publish is an answer too: what counts is whether the message arrives. */
async function publish(client: MqttClient, topic: string, payload: string): Promise<void> {
  try {
    await client.publishAsync(topic, payload, { qos: 1 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 135) throw error;
  }
}

/** What a flow proves: that the allowed topics arrived, and that the others did not. */
export function claims(
  who: string,
  verb: 'publish' | 'read',
  mayUse: (topic: string) => boolean,
  { topics, arrived, ms }: Flow,
): CheckResult[] {
  const allowed = topics.filter(mayUse);
  const forbidden = topics.filter((topic) => !mayUse(topic));
  const missing = allowed.filter((topic) => !arrived.has(topic));
  const leaked = forbidden.filter((topic) => arrived.has(topic));
  const results = [
    result(`${who} may ${verb}`, 'delivered', allowed, missing, ms),
    result(`${who} may not ${verb}`, 'withheld', forbidden, leaked, ms),
  ];
  return results.filter((_, index) => [allowed, forbidden][index]?.length !== 0);
}

function result(claim: string, word: string, expected: string[], wrong: string[], ms: number): CheckResult {
  const count = `${expected.length - wrong.length} of ${expected.length} ${word}`;
  const ok = wrong.length === 0;
  return {
    check: claim,
    ok,
    detail: ok ? `${count}: ${expected.join(', ')}` : `${count}, not ${wrong.join(', ')}`,
    ms,
  };
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
      await client.unsubscribeAsync(answerTopic);
      if (!messages.includes(payload)) throw new Disproved('did not arrive');
      return 'arrived';
    }),
  ];
}
