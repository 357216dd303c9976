/** MQTT clients that notice whatever happens to them. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

/** Clients that are connected and count every disconnect. */
export class Onlookers {
  disconnects = 0;
  private readonly clients: MqttClient[] = [];

  /** Connects a number of clients, none of which comes back after a disconnect. */
  async connect(count: number, url: string, options: IClientOptions): Promise<void> {
    const own = Array.from({ length: count }, () => mqtt.connectAsync(url, { ...options, reconnectPeriod: 0 }));
    for (const client of await Promise.all(own)) {
      client.on('close', () => {
        this.disconnects += 1;
      });
      this.clients.push(client);
    }
  }

  /** How many of the clients are connected, and get an answer from the broker. */
  async serving(): Promise<number> {
    const answers = await Promise.allSettled(this.clients.map((client) => client.subscribeAsync('test/onlooker')));
    return answers.filter(({ status }) => status === 'fulfilled').length;
  }

  async end(): Promise<void> {
    // One that has ended would not say so again.
    const clients = this.clients.splice(0);
    for (const client of clients) client.removeAllListeners('close');
    await Promise.all(clients.map((client) => client.endAsync(true)));
  }
}

/** Whether a login is accepted; any other failure than a refusal is thrown. */
export async function accepted(url: string, options: IClientOptions): Promise<boolean> {
  try {
    const client = await mqtt.connectAsync(url, { ...options, reconnectPeriod: 0, connectTimeout: 5_000 });
    await client.endAsync(true);
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 134 || code === 135 || code === 4 || code === 5) return false;
    throw error;
  }
}
