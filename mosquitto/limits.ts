/** Limits of the broker, in the words of mosquitto.conf(5). The least value of each is a limit of Mosquitto or of use. */

export interface Limits {
  /** Clients connected at once, over all listeners. */
  maxConnections: number;
  /** Largest packet that is accepted, in bytes. */
  maxPacketSizeBytes: number;
  /** QoS 1 and 2 messages held for each client that is away. */
  maxQueuedMessages: number;
  /** QoS 1 and 2 messages on their way to one client at once. */
  maxInflightMessages: number;
  /** Longest keep-alive that a client may ask for, in seconds. */
  maxKeepaliveSeconds: number;
  /** Memory that the broker may use, in MiB. */
  memoryLimitMebibytes: number;
}

/** Least and greatest value of each limit. */
export const limitRanges: Record<keyof Limits, { least: number; greatest: number; reason: string }> = {
  maxConnections: { least: 10, greatest: 1_000_000, reason: 'verification alone opens several connections' },
  maxPacketSizeBytes: { least: 1_024, greatest: 268_435_455, reason: 'MQTT packets end at 268435455 bytes' },
  maxQueuedMessages: { least: 1, greatest: 10_000_000, reason: '0 would mean no limit to Mosquitto' },
  maxInflightMessages: { least: 1, greatest: 65_535, reason: '0 would mean no limit to Mosquitto' },
  maxKeepaliveSeconds: { least: 10, greatest: 65_535, reason: '0 would mean that dead clients are never noticed' },
  memoryLimitMebibytes: { least: 32, greatest: 1_048_576, reason: 'Mosquitto needs some memory to start' },
};

/** Descriptors that the broker keeps for itself: listeners, database, log. */
const ownDescriptors = 1_024;

/** The `nofile` limit that the container needs: one descriptor for each connection, plus the broker's own. */
export function descriptorLimit(limits: Limits): number {
  return limits.maxConnections + ownDescriptors;
}
