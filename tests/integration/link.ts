/** One connection to a broker that keeps what it is sent, and knows when nothing more is on its way. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

export class Link {
  private messages: string[] = [];
  /** Set when the connection has ended, whoever ended it. */
  closed = false;
  /** Fails then: the library itself would wait for an answer for ever. */
  private readonly ended: Promise<never>;

  private constructor(
    readonly client: MqttClient,
    /** Whether the broker kept a session for this client id. */
    readonly resumed: boolean,
  ) {
    this.ended = new Promise((_, fail) => {
      client.on('close', () => {
        this.closed = true;
        // Else the library's own timers live on.
        client.end(true);
        fail(new Error('the connection has ended'));
      });
    });
    // Nobody may be waiting.
    this.ended.catch(() => {});
    // A connection that is cut may end in an error, which is nothing but that.
    client.on('error', () => {});
  }

  /** Connects, and does not come back after a disconnect. A refused login is thrown. */
  static open(url: string, options: IClientOptions): Promise<Link> {
    const client = mqtt.connect(url, { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 20_000, ...options });
    const early: string[] = [];
    // A session's messages may come in the same moment as the answer to CONNECT.
    const note = (topic: string, payload: Buffer) => early.push(inWords(topic, payload));
    client.on('message', note);
    return new Promise((done, fail) => {
      const refuse = (error?: Error) => {
        client.end(true);
        fail(error ?? new Error('the broker closed the connection'));
      };
      client.once('error', refuse);
      client.once('close', refuse);
      client.once('connect', ({ sessionPresent }) => {
        client.off('error', refuse).off('close', refuse);
        const link = new Link(client, sessionPresent);
        link.messages = early;
        done(link);
      });
    });
  }

  async subscribe(filters: string | string[], qos: 0 | 1 = 0): Promise<void> {
    // A refused filter is thrown by the library for MQTT 3.1.1 and 5 alike.
    await Promise.race([this.client.subscribeAsync(filters, { qos }), this.ended]);
  }

  /** @returns whether the broker says that it took the message; to MQTT 3.1.1 it always does */
  async publish(topic: string, text: string, retain = false): Promise<boolean> {
    try {
      await Promise.race([this.client.publishAsync(topic, text, { qos: 1, retain }), this.ended]);
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === 135) return false;
      throw error;
    }
  }

  /**
   * What has come since the last call, as `topic: text`, sorted.
   *
   * The broker routes a QoS 1 message before it acknowledges it, and answers SUBSCRIBE only after what it queued on that
   * connection before: when the answer is here, so is every message whose acknowledgement was seen earlier. That holds
   * for subscriptions of QoS 0; those of QoS 1 wait for acknowledgements beyond 20 messages.
   */
  async received(): Promise<string[]> {
    await this.subscribe('nobody/writes/here');
    return this.messages.splice(0).sort();
  }

  /** Leaves as a machine does that loses power: without DISCONNECT. */
  async crash(): Promise<void> {
    this.client.stream.destroy();
    await this.ended.catch(() => {});
  }

  async end(): Promise<void> {
    this.client.end();
    await this.ended.catch(() => {});
  }
}

function inWords(topic: string, payload: Buffer): string {
  return `${topic}: ${payload}`;
}
