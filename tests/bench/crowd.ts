/** Connected devices that send, and the subscriber that must get every message which the broker has acknowledged. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '../../fleet/device';
import { devicePassword } from '../../fleet/secrets';
import { type Login, type Place, RawClient } from './rawClient';

const intervalMilliseconds = 1_000;
const patienceMilliseconds = 30_000;
const sessionExpirySeconds = 3_600;

interface Member {
  client: RawClient;
  timer: NodeJS.Timeout;
  isConnected: boolean;
}

export class Crowd {
  /** Disconnects of devices that no change was about, and of those that one was about. */
  readonly disconnects = { unconcerned: 0, concerned: 0 };
  private readonly members = new Map<string, Member>();
  private readonly concerned = new Set<string>();
  private readonly acknowledged = new Set<string>();
  private readonly received = new Set<string>();
  private sent = 0;

  /** @param subscriber reads what every device sends */
  constructor(
    private readonly place: Place,
    private readonly rootSecret: string,
    private readonly subscriber: RawClient,
  ) {
    subscriber.onMessage = (payload) => this.received.add(payload);
    subscriber.onLost = () => {
      this.disconnects.unconcerned += 1;
    };
  }

  static async of(place: { devices: Place; accounts: Place }, rootSecret: string, server: Omit<Login, 'clientId'>) {
    const subscriber = await RawClient.connect(place.accounts, { ...server, clientId: 'bench-subscriber' });
    await subscriber.subscribe('device/+/data');
    return new Crowd(place.devices, rootSecret, subscriber);
  }

  get size(): number {
    return this.members.size;
  }

  get messages(): number {
    return this.acknowledged.size;
  }

  has(id: string): boolean {
    return this.members.has(id);
  }

  /** From now on the device may be disconnected. */
  concern(id: string): void {
    this.concerned.add(id);
  }

  /** From now on it may not be disconnected again. */
  release(id: string): void {
    this.concerned.delete(id);
  }

  /** For a person. */
  get report(): string {
    const { unconcerned, concerned } = this.disconnects;
    const missing = `${this.missing()} of ${this.messages} messages not there yet`;
    return `${this.size} devices, ${unconcerned} disconnected beside ${concerned} concerned, ${missing}`;
  }

  /** Connects a device, and sends a message each second, at a moment of its own. */
  async join(device: Device): Promise<void> {
    const { id } = device;
    const password = devicePassword(this.rootSecret, device);
    const client = await RawClient.connect(this.place, { clientId: id, username: id, password, sessionExpirySeconds });
    const member: Member = {
      client,
      timer: setTimeout(() => this.send(id, member), Math.random() * intervalMilliseconds),
      isConnected: true,
    };
    client.onLost = () => {
      member.isConnected = false;
      this.disconnects[this.concerned.has(id) ? 'concerned' : 'unconcerned'] += 1;
    };
    this.members.set(id, member);
  }

  /** Takes a device out, connected or not. */
  leave(id: string): void {
    const member = this.members.get(id);
    this.members.delete(id);
    clearTimeout(member?.timer);
    member?.client.end();
  }

  /** Whether the broker has ended the connection of a device. */
  isOut(id: string): boolean {
    return this.members.get(id)?.isConnected === false;
  }

  /** Waits for what is on its way; returns how many acknowledged messages never arrived. */
  async end(): Promise<number> {
    for (const { timer } of this.members.values()) clearTimeout(timer);
    const deadline = Date.now() + patienceMilliseconds;
    while ((this.inFlight() > 0 || this.missing() > 0) && Date.now() < deadline) await sleep(100);
    for (const id of [...this.members.keys()]) this.leave(id);
    this.subscriber.end();
    return this.missing();
  }

  private send(id: string, member: Member): void {
    this.sent += 1;
    const payload = `${id} ${this.sent}`;
    member.client.publish(`device/${id}/data`, payload).then(
      () => this.acknowledged.add(payload),
      () => {},
    );
    member.timer = setTimeout(() => this.send(id, member), intervalMilliseconds);
  }

  private inFlight(): number {
    return [...this.members.values()].reduce((sum, { client }) => sum + client.inFlight, 0);
  }

  private missing(): number {
    return [...this.acknowledged].filter((payload) => !this.received.has(payload)).length;
  }
}
