/** What a stack wants of its broker, as far as whoever asks can know it. */

import { fingerprintOf } from '../certificates/facts';
import type { Issued } from '../certificates/revocation';
import type { GivenTerm } from '../certificates/timely';
import type { Delivery } from '../fleet/delivery';
import type { Device } from '../fleet/device';
import { secretIdOf } from '../fleet/files';
import { fileNames } from '../mosquitto/files';
import { type ClientKind, clientKinds } from '../mosquitto/listeners';
import type { Credential } from '../mosquitto/passwords';
import { trustIn } from './records';
import { type Known, unknown } from './unknown';

/** A certificate authority: a stack knows its name, and its fingerprint once it is made. */
export interface NamedAuthority<Fingerprint = Known<string>> {
  /** Undefined for one that stands in no list of the stack, such as the root above a given authority. */
  name?: string | undefined;
  /** SHA-256, in hex. */
  fingerprint: Fingerprint;
}

/** Authorities in the places that `Trust` has for them. */
export interface WantedTrust<Fingerprint = Known<string>> {
  signer: NamedAuthority<Fingerprint> | null;
  furtherSigners: NamedAuthority<Fingerprint>[];
  trusted: NamedAuthority<Fingerprint>[];
  clients: NamedAuthority<Fingerprint>[];
}

export interface Wanted {
  /** Text of mosquitto.conf. */
  configuration: string;
  /** Name and generation of each account. */
  accounts: readonly Issued[];
  /** Users whose passwords are known; unknown before the engine has made them. */
  credentials: Known<readonly Credential[]>;
  /** Null where no listener is for devices. */
  devices: readonly Device[] | null;
  /** Names the root secret of the devices; unknown before the engine has read it. */
  secretId: Known<string>;
  /** Kinds of clients that some listener requires a certificate of. */
  certified: readonly ClientKind[];
  trust: WantedTrust;
  /** How long each certificate lasts; unknown before the engine has made them. */
  terms: Known<Readonly<Record<string, { notBefore: string; notAfter: string }>>>;
  /** Certificates from elsewhere, whose time is judged where they are not deployed yet. */
  given: readonly GivenTerm[];
  maxRevokedDevicesPercent: number;
  maxUnreachedDevicesPercent: number;
}

/**
 * What a delivery wants: everything is known.
 *
 * @param devices those of its list, read and checked
 */
export function wantedBy(delivery: Delivery, devices: readonly Device[] | null): Wanted {
  const { files, plan, fleet, accounts, authorities } = delivery;
  const named = (fingerprint: string): NamedAuthority => ({ name: namesOf(delivery)[fingerprint], fingerprint });
  const { signer, furtherSigners = [], trusted } = trustIn(files);
  return {
    configuration: files[fileNames.configuration] ?? '',
    accounts,
    credentials: plan.users,
    devices,
    secretId: fleet === null ? unknown : secretIdOf(fleet.rootSecret),
    certified: clientKinds.filter((kind) => authorities[kind] !== undefined),
    trust: {
      signer: signer === null ? null : named(signer),
      furtherSigners: furtherSigners.map(named),
      trusted: trusted.map(named),
      clients: (authorities.devices ?? []).map(({ certificate }) => named(fingerprintOf(certificate))),
    },
    terms: plan.terms,
    given: delivery.given,
    maxRevokedDevicesPercent: fleet?.maxRevokedDevicesPercent ?? 0,
    maxUnreachedDevicesPercent: delivery.maxUnreachedDevicesPercent,
  };
}

/** Fingerprint of each certificate of a delivery to its name. */
export function namesOf({ plan }: Delivery): Record<string, string> {
  return Object.fromEntries(Object.entries(plan.terms).map(([name, { fingerprint }]) => [fingerprint, name]));
}
