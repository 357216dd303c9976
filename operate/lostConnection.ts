/** What becomes of a question on an MQTT connection that is lost. */

import type { MqttClient } from 'mqtt';

const verbs = ['publishAsync', 'subscribeAsync', 'unsubscribeAsync'] as const;
type Asking = Record<(typeof verbs)[number], (...words: unknown[]) => Promise<unknown>>;

/**
 * Makes every question fail that is open when a connection closes, or comes later. The client itself keeps them for a
 * connection that would come again, and answers none of them where nobody connects again: a proof that other connections
 * keep alive would wait for ever.
 *
 * @param client one that has `reconnectPeriod` 0
 */
export function failWhenLost(client: MqttClient): MqttClient {
  const lost = new Promise<never>((_, fail) => {
    client.once('close', () => fail(new Error('the connection was lost')));
  });
  lost.catch(() => {});
  const asking = client as unknown as Asking;
  for (const verb of verbs) {
    const ask = asking[verb].bind(client);
    asking[verb] = (...words) => Promise.race([ask(...words), lost]);
  }
  return client;
}
