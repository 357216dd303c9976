/**
 * The last status of devices that a reload has put out: Mosquitto closes their connections without a last will, so a
 * retained `online` would stay for ever.
 */

import { correctedTopics } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { hangUp } from './client';

const offline = 'offline';

/** Publishes a retained `offline` for each of the devices that has another retained status. */
export async function sayOffline(broker: BrokerHandle, leaving: readonly string[]): Promise<void> {
  const topics = correctedTopics(leaving);
  if (topics.length === 0) return;
  const client = await broker.dial()(broker.witness);
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
