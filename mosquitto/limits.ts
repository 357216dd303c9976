/** Limits of the broker, in the words of mosquitto.conf(5). The least value of each is a limit of Mosquitto or of use. */

import type { ConfigKeys, ValuesOf } from './configKey';

const mebibyte = 1_048_576;

/** One row a limit: with its entries in Pulumi.yaml and on the pages of configuration, all that a new one needs. */
export const limitKeys = {
  maxConnections: {
    type: 'integer',
    option: 'global_max_connections',
    default: 10_000,
    least: 10,
    greatest: 1_000_000,
    reason: 'verification alone opens several connections',
    description: "Clients connected at once, over all listeners; the container's limit of open files follows it.",
  },
  maxPacketSizeBytes: {
    type: 'integer',
    option: 'max_packet_size',
    default: 2_000_000,
    least: 1_024,
    greatest: 268_435_455,
    reason: 'MQTT packets end at 268435455 bytes',
    description: 'Largest packet that is accepted, in bytes; a client that sends a larger one is disconnected.',
  },
  maxQueuedMessages: {
    type: 'integer',
    option: 'max_queued_messages',
    default: 50_000,
    least: 1,
    greatest: 10_000_000,
    reason: '0 would mean no limit to Mosquitto',
    description:
      'QoS 1 and 2 messages held for each client that is away; later ones are dropped without a word, so it is sized for a night at one message a second.',
  },
  maxInflightMessages: {
    type: 'integer',
    option: 'max_inflight_messages',
    default: 20,
    least: 1,
    greatest: 65_535,
    reason: '0 would mean no limit to Mosquitto',
    description: 'QoS 1 and 2 messages on their way to one client at once.',
  },
  maxKeepaliveSeconds: {
    type: 'integer',
    option: 'max_keepalive',
    default: 600,
    least: 10,
    greatest: 65_535,
    zero: 'no limit',
    reason: 'below 10 a slow network looks like a dead client',
    description:
      'Longest keep-alive that a client may ask for, in seconds, and 0 for no limit; a dead client is noticed after one and a half times its own, and one that asks for 0 or more than the limit is refused in MQTT 3.1.1 (return code 2) and told the limit in MQTT 5.',
  },
  memoryLimitMebibytes: {
    type: 'integer',
    option: 'memory_limit',
    default: 512,
    least: 32,
    greatest: 1_048_576,
    reason: 'Mosquitto needs some memory to start',
    render: (mebibytes) => String(mebibytes * mebibyte),
    description:
      'Memory that the broker may use, in MiB; beyond it new messages are refused, and the kernel ends the container at twice this.',
  },
} as const satisfies ConfigKeys;

export type Limits = ValuesOf<typeof limitKeys>;

/** Descriptors that the broker keeps for itself: listeners, database, log. */
const ownDescriptors = 1_024;

/** The `nofile` limit that the container needs: one descriptor for each connection, plus the broker's own. */
export function descriptorLimit(limits: Limits): number {
  return limits.maxConnections + ownDescriptors;
}
