/**
 * The last status of devices that a reload has put out: Mosquitto closes their connections without a last will, so a
 * retained `online` would stay for ever.
 */

import type { UserAcl } from '../mosquitto/acl';
import { statusTopic } from '../mosquitto/aipi';
import type { User } from '../mosquitto/render';
import { witnessUsername } from '../mosquitto/witness';
import { type Dial, hangUp } from './client';

const offline = 'offline';

/** Most devices whose status is corrected; each takes a line of the witness's rules until the next delivery. */
const most = 1_000;

/** The same users, the witness among them also for the status of devices that are about to be put out. */
export function withFarewell(users: readonly UserAcl[], ids: readonly string[]): UserAcl[] {
  const added = ids.slice(0, most).map((id) => ({ access: 'readwrite' as const, topic: statusTopic(id) }));
  return users.map((user) =>
    user.username === witnessUsername ? { ...user, rules: [...user.rules, ...added] } : user,
  );
}

/** Publishes a retained `offline` for each of the devices that has another retained status. */
export async function sayFarewell(dial: Dial, witness: User, ids: readonly string[]): Promise<void> {
  const topics = ids.slice(0, most).map(statusTopic);
  if (topics.length === 0) return;
  const client = await dial(witness);
  try {
    const stale = new Set<string>();
    client.on('message', (topic, payload, { retain }) => {
      if (retain && payload.toString() !== offline) stale.add(topic);
    });
    await client.subscribeAsync(topics, { qos: 0 });
    // Retained messages come before the answer to this.
    await client.unsubscribeAsync(topics);
    await Promise.all([...stale].map((topic) => client.publishAsync(topic, offline, { qos: 1, retain: true })));
  } finally {
    hangUp(client);
  }
}
