/** Types of device.mjs, for programs in TypeScript. */

import type { EventEmitter } from 'node:events';
import type { Bundle, Counters, DeviceEvents, DeviceOptions } from './types.mjs';

export type * from './types.mjs';

/** A Raspberry Pi of the fleet, as seen by the broker. */
export class Device extends EventEmitter<DeviceEvents> {
  /** @param source folder of a bundle, or a bundle in memory */
  constructor(source: string | Bundle, options?: DeviceOptions);
  readonly counters: Counters;
  readonly connected: boolean;
  /** Connects, once in a life, and stays connected until `stop`. Resolves with the first connection, or with `stop`. */
  start(): Promise<void>;
  /** Says good-bye, if there is a connection, and ends. */
  stop(): Promise<void>;
  /** Queues a message of QoS 1 for a topic that the bundle allows; false where it does not. */
  publish(topic: string, body: object): boolean;
}
