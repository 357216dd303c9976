/** A client on a bare socket: thousands of them fit into one process, and cost it less than the broker. */

import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { connect, type Login, type Packet, packets, puback, publish, published, subscribe, types } from './packet';

export type { Login } from './packet';

/** Where clients connect to. */
export interface Place {
  host: string;
  port: number;
  tls?: ConnectionOptions;
}

type Settle = { resolve: () => void; reject: (error: Error) => void };

export class RawClient {
  /** Called once, when the connection has ended without `end`. */
  onLost: () => void = () => {};
  onMessage: (payload: string, topic: string) => void = () => {};
  private rest: Buffer = Buffer.alloc(0);
  private lastId = 0;
  private ended = false;
  /** By packet id; 0 is the answer to the login. */
  private readonly waiting = new Map<number, Settle>();

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data) => this.receive(data));
    socket.on('error', () => {});
    socket.once('close', () => this.close());
  }

  /** Resolves once the broker has accepted the login. */
  static async connect({ host, port, tls }: Place, login: Login): Promise<RawClient> {
    const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tls });
    const client = new RawClient(socket);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => socket.write(connect(login)));
    await client.answer(0);
    return client;
  }

  /** How many messages are not acknowledged yet. */
  get inFlight(): number {
    return this.waiting.size;
  }

  /** QoS 1; resolves once the broker has acknowledged the message. */
  publish(topic: string, payload: string): Promise<void> {
    const id = this.nextId();
    this.socket.write(publish(id, topic, payload));
    return this.answer(id);
  }

  /** QoS 1. */
  subscribe(filter: string): Promise<void> {
    const id = this.nextId();
    this.socket.write(subscribe(id, filter));
    return this.answer(id);
  }

  end(): void {
    this.ended = true;
    this.socket.destroy();
  }

  private nextId(): number {
    do this.lastId = (this.lastId % 0xffff) + 1;
    while (this.waiting.has(this.lastId));
    return this.lastId;
  }

  private answer(id: number): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private receive(data: Buffer): void {
    const { whole, rest } = packets(this.rest.length === 0 ? data : Buffer.concat([this.rest, data]));
    this.rest = rest;
    for (const packet of whole) this.take(packet);
  }

  private take(packet: Packet): void {
    const { type, body } = packet;
    if (type === types.connack) this.settle(0, body[1]);
    else if (type === types.puback) this.settle(body.readUInt16BE(0), body[2]);
    else if (type === types.suback) this.settle(body.readUInt16BE(0), body.at(-1));
    else if (type === types.publish) {
      const { id, topic, payload } = published(packet);
      this.socket.write(puback(id));
      this.onMessage(payload, topic);
    }
  }

  /** Reasons from 128 on are refusals. */
  private settle(id: number, reason = 0): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (reason < 0x80) waiting?.resolve();
    else waiting?.reject(new Error(`the broker refuses with reason ${reason}`));
  }

  private close(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('the connection has ended'));
    this.waiting.clear();
    if (!this.ended) this.onLost();
    this.ended = true;
  }
}

/** Connects many clients, a few at once. */
export async function connectAll(place: Place, logins: readonly Login[], atOnce: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  const left = [...logins];
  const work = async () => {
    for (let login = left.shift(); login !== undefined; login = left.shift()) {
      clients.push(await RawClient.connect(place, login));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return clients;
}
