/** A crowd on every listener of a stack: clients that stay, and devices that play from their bundles. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type IClientOptions } from 'mqtt';
import type { Device } from '../../examples/node/device.mjs';
import { Onlookers } from './clients';
import { referenceDevice } from './referenceBroker';

export class Crowd {
  private readonly onlookers = new Onlookers();
  readonly devices = new Map<string, Device>();

  /** Connects clients to a listener. */
  async join(count: number, url: string, options: IClientOptions): Promise<void> {
    await this.onlookers.connect(count, url, options);
  }

  /** Starts a device from its bundle. */
  async play(id: string, bundles: string, servername: string): Promise<void> {
    const { Device: ReferenceDevice } = await referenceDevice();
    const device = new ReferenceDevice(join(bundles, id, 'boot', 'aipi'), {
      intervalSeconds: 1,
      retrySeconds: 0.05,
      refusedRetrySeconds: 0.5,
      rereadSeconds: 0.2,
      connect: { host: '127.0.0.1', servername },
    });
    this.devices.set(id, device);
    await device.start();
  }

  /** Connections that ended, those of devices that took up a new bundle apart. */
  get disconnects(): number {
    const ofDevices = [...this.devices.values()].reduce((sum, { counters }) => sum + counters.disconnects, 0);
    return this.onlookers.disconnects + ofDevices;
  }

  /** Connections that were not accepted. */
  get refusals(): number {
    return [...this.devices.values()].reduce((sum, { counters }) => sum + counters.refusals, 0);
  }

  /** How many get an answer from the broker. */
  serving(): Promise<number> {
    return this.onlookers.serving();
  }

  /** Waits for something to become true. */
  static async until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let tries = 0; !(await isTrue()); tries += 1) {
      if (tries === 300) throw new Error(`${what} did not happen`);
      await sleep(100);
    }
  }

  async end(): Promise<void> {
    await this.onlookers.end();
    await Promise.all([...this.devices.values()].map((device) => device.stop()));
  }
}

/** Whether a new connection is accepted, by whatever the broker asks for. */
export async function reconnects(url: string, options: IClientOptions): Promise<boolean> {
  try {
    const client = await mqtt.connectAsync(url, { ...options, reconnectPeriod: 0, connectTimeout: 5_000 });
    await client.endAsync(true);
    return true;
  } catch {
    return false;
  }
}
