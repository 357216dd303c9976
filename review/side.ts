/** One side of a review: what a stack says of its broker, without anything secret. */

import type { GivenTerm } from '../certificates/timely';
import type { Known } from '../change/unknown';
import type { WantedTrust } from '../change/wanted';
import type { Device } from '../fleet/device';
import type { Role } from '../fleet/role';
import type { Account } from '../mosquitto/accounts';
import type { ContainerOptions } from '../mosquitto/container';
import type { Limits } from '../mosquitto/limits';
import type { Listener } from '../mosquitto/listeners';
import type { Logging } from '../mosquitto/logging';
import type { Persistence } from '../mosquitto/persistence';

/** What of a device is told; its metadata is between its owner and its bundle. */
export type NamedDevice = Pick<Device, 'id' | 'generation' | 'role'>;

/** How certificates are made, and whom they are trusted by. */
export interface SideCertificates {
  /** Whether any listener speaks TLS, so that there are any. */
  areUsed: boolean;
  keyAlgorithm: string;
  /** Hours. */
  serverValidityHours: number;
  /** Hours before the end of the server's certificate from which on an update renews it. */
  earlyRenewalHours: number;
  /** SHA-256 of the server's certificate where it comes from elsewhere, in hex; null where the stack makes it. */
  givenServer: string | null;
  trust: WantedTrust;
  /** Certificates from elsewhere. */
  given: readonly GivenTerm[];
  /** Generations of the authorities whose certificates of clients are accepted, the issuing one first. */
  clientGenerations: readonly number[];
  /** Hours; of certificates of clients that are issued from now on. */
  clientValidityHours: number;
}

/** What a stack says of its broker. */
export interface Side {
  /** Text of mosquitto.conf. */
  configuration: string;
  /** Of what only a restart applies. */
  restartDigest: string;
  /** The container, its image by reference. */
  container: ContainerOptions;
  dockerHost: string | null;
  listeners: readonly Listener[];
  /** Networks that may reach the listeners which have none of their own. */
  firewall: readonly string[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  accounts: readonly Account[];
  roles: readonly Role[];
  /** Unknown where they are too many for the outputs of a stack, and no revision says them. */
  devices: Known<readonly NamedDevice[]>;
  /** Another number makes another root secret. */
  deviceSecretGeneration: number;
  certificates: SideCertificates;
  limits: Limits;
  persistence: Persistence;
  logging: Logging & { maxSizeMebibytes: number; maxFiles: number };
  extraOptions: readonly string[];
  /** Internal Docker network that other containers join; null for none. */
  network: string | null;
  retainDataOnDestroy: boolean;
  /** How far updates and reviews go unasked, key to value; undefined where an earlier version has recorded none of it. */
  guards?: Readonly<Record<string, number | readonly string[]>>;
}
