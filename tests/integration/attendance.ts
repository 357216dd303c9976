/** Clients and devices by name: who of them was disconnected while something happened, and for how long. */

import { join } from 'node:path';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Device } from '../../examples/node/device.mjs';
import { Crowd } from './crowd';
import { referenceDevice } from './referenceBroker';

/** Seconds that somebody was away; null where they did not come back. */
export type Absence = Map<string, number | null>;

/** Milliseconds between two questions of a client, and so the error of what is measured. */
const pause = 50;

interface Seat {
  client: MqttClient;
  timer: NodeJS.Timeout;
}

export class Attendance {
  readonly devices = new Map<string, Device>();
  private readonly seats = new Map<string, Seat>();
  private absence: Absence = new Map();

  /** Everybody by name. */
  get names(): string[] {
    return [...this.seats.keys(), ...this.devices.keys()].sort();
  }

  /** Connects a client, in the place of the one of that name. */
  async take(name: string, url: string, options: IClientOptions): Promise<void> {
    await this.leave(name);
    const client = await mqtt.connectAsync(url, {
      ...options,
      protocolVersion: 5,
      reconnectPeriod: pause,
      connectTimeout: 2_000,
    });
    let answered = performance.now();
    let isAway = false;
    client.on('error', () => {});
    client.on('close', () => {
      isAway = true;
      if (!this.absence.has(name)) this.absence.set(name, null);
    });
    client.on('packetreceive', () => {
      if (isAway) this.absence.set(name, Math.max(this.absence.get(name) ?? 0, performance.now() - answered) / 1_000);
      isAway = false;
      answered = performance.now();
    });
    const timer = setInterval(() => {
      // A refusal is an answer, too. An empty payload would end a connection by WebSockets: the broker takes it for no packet.
      if (client.connected) client.publish('test/attendance', 'here', { qos: 1 }, () => {});
    }, pause);
    this.seats.set(name, { client, timer });
  }

  /** Starts a device from its bundle. */
  async play(id: string, bundles: string): Promise<void> {
    const { Device: ReferenceDevice } = await referenceDevice();
    const device = new ReferenceDevice(join(bundles, id, 'boot', 'aipi'), {
      intervalSeconds: 1,
      retrySeconds: 0.05,
      longestRetrySeconds: 0.2,
      refusedRetrySeconds: 0.5,
      rereadSeconds: 0.2,
      connect: { host: '127.0.0.1' },
    });
    device.on('disconnect', ({ kind }: { kind: string }) => {
      if (kind !== 'new bundle') this.absence.set(id, null);
    });
    device.on('connect', ({ awaySeconds = null }: { awaySeconds?: number | null }) => {
      if (this.absence.has(id)) this.absence.set(id, awaySeconds);
    });
    this.devices.set(id, device);
    await device.start();
  }

  /** Forgets who was away. */
  begin(): void {
    this.absence = new Map();
  }

  /**
   * Who was away since the beginning, once they are back.
   *
   * @param gone those who do not come back
   */
  async end(gone: readonly string[]): Promise<Absence> {
    const missing = () => this.names.filter((name) => !gone.includes(name) && !this.isThere(name));
    await Crowd.until(() => missing().length === 0, `that ${missing().join(', ')} came back`);
    return new Map([...this.absence].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private isThere(name: string): boolean {
    const isConnected = this.seats.get(name)?.client.connected ?? this.devices.get(name)?.connected ?? false;
    return isConnected && this.absence.get(name) !== null;
  }

  /** Ends whoever has that name. */
  async leave(name: string): Promise<void> {
    const seat = this.seats.get(name);
    this.seats.delete(name);
    clearInterval(seat?.timer);
    seat?.client.removeAllListeners('close');
    await seat?.client.endAsync(true);
    const device = this.devices.get(name);
    this.devices.delete(name);
    await device?.stop();
  }

  async disband(): Promise<void> {
    await Promise.all(this.names.map((name) => this.leave(name)));
  }
}
