/** Devices that send a message as soon as the last one was acknowledged, and an account that is to get each of them. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { Link } from './link';

/** A pause between a device's messages keeps the machine free for what is tried on it. */
const pauseMilliseconds = 250;

export class Publishers {
  private readonly links = new Map<string, Link>();
  private readonly acknowledged = new Set<string>();
  private readonly received = new Set<string>();
  private readonly loops: Array<Promise<void>> = [];
  private isOver = false;

  private constructor(private readonly monitor: MqttClient) {}

  /** @param options of the account, whose session the broker keeps */
  static async start(url: string, options: IClientOptions): Promise<Publishers> {
    const session = { clean: false, protocolVersion: 5, properties: { sessionExpiryInterval: 600 } } as const;
    const monitor = await mqtt.connectAsync(url, { clientId: 'monitor', reconnectPeriod: 0, ...session, ...options });
    const publishers = new Publishers(monitor);
    monitor.on('message', (_topic, payload) => publishers.received.add(String(payload)));
    await monitor.subscribeAsync('device/+/data', { qos: 1 });
    return publishers;
  }

  async join(id: string, url: string, options: IClientOptions): Promise<void> {
    const link = await Link.open(url, { username: id, clientId: id, ...options });
    this.links.set(id, link);
    this.loops.push(this.send(id, link));
  }

  private async send(id: string, link: Link): Promise<void> {
    for (let number = 0; !this.isOver && !link.closed; number += 1) {
      const text = `${id} message ${number}`;
      const isTaken = await link.publish(`device/${id}/data`, text).catch(() => false);
      if (isTaken) this.acknowledged.add(text);
      await new Promise((done) => setTimeout(done, pauseMilliseconds));
    }
  }

  /** Who has lost the connection. */
  get disconnected(): string[] {
    const lost = [...this.links].flatMap(([id, { closed }]) => (closed ? [id] : []));
    return [...(this.monitor.connected ? [] : ['monitor']), ...lost];
  }

  /**
   * Ends the devices, and then the account, when all has come.
   *
   * @returns how many messages were acknowledged, and which of them have not come
   */
  async end(): Promise<{ acknowledged: number; lost: string[] }> {
    this.isOver = true;
    await Promise.all(this.loops);
    const missing = () => [...this.acknowledged].filter((text) => !this.received.has(text));
    for (let tries = 0; tries < 100 && missing().length > 0; tries += 1) {
      await new Promise((done) => setTimeout(done, 50));
    }
    await Promise.all([...this.links.values()].map((link) => link.end()));
    await this.monitor.endAsync(true);
    return { acknowledged: this.acknowledged.size, lost: missing() };
  }
}
