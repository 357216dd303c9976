/** What the outputs of a stack say of what was deployed, so that the next change can be compared with it anywhere. */

import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { isKnown, type Known, unknown } from '../change/unknown';
import type { NamedAuthority, WantedTrust } from '../change/wanted';
import { type Device, fleetDigest } from '../fleet/device';
import { pack, unpack } from '../fleet/packing';
import type { NamedDevice, Side } from './side';

/** Version of this form. */
const version = 1;

/** Which devices they were: in one text, or by the digest of a list that is too long for it. */
interface Fleet {
  count: number;
  digest: string;
  packed: string | null;
}

/** A record that was read. */
export interface SideRecord {
  /** Its devices are unknown where they were too many. */
  side: Side;
  /** How many devices there were, and the digest of all of them. */
  fleet: Pick<Fleet, 'count' | 'digest'>;
}

/** One line without a secret. It is packed, because nobody but this program reads it. */
export function recordText(side: Side): string {
  const { devices, certificates, ...others } = side;
  const trust = mapTrust(certificates.trust, ({ name, fingerprint }) => ({
    ...(name !== undefined && { name }),
    fingerprint: isKnown(fingerprint) ? fingerprint : null,
  }));
  const fleet = isKnown(devices) ? fleetOf(devices) : null;
  const json = JSON.stringify({ version, ...others, certificates: { ...certificates, trust }, fleet });
  return brotliCompressSync(json).toString('base64');
}

/** Reads a record; undefined where there is none, or it is of another version of this program. */
export function recordIn(text: unknown): SideRecord | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const record = JSON.parse(brotliDecompressSync(Buffer.from(text, 'base64')).toString());
    if (record.version !== version) return undefined;
    const { version: _, fleet, certificates, ...others } = record;
    const trust = mapTrust(certificates.trust as WantedTrust<string | null>, ({ name, fingerprint }) => ({
      name,
      fingerprint: (fingerprint ?? unknown) as Known<string>,
    }));
    const devices = fleet.packed === null ? unknown : unpack(fleet.packed).map(namedDevice);
    return { side: { ...others, certificates: { ...certificates, trust }, devices }, fleet };
  } catch {
    return undefined;
  }
}

/** The same record with its devices, where one of the lists is the one that was deployed. */
export function withDevices({ side, fleet }: SideRecord, lists: ReadonlyArray<readonly NamedDevice[]>): Side {
  if (isKnown(side.devices)) return side;
  return { ...side, devices: lists.find((list) => digestOf(list) === fleet.digest) ?? unknown };
}

function fleetOf(devices: readonly NamedDevice[]): Fleet {
  return { count: devices.length, digest: digestOf(devices), packed: pack(devices.map(plain)) };
}

function digestOf(devices: readonly NamedDevice[]): string {
  return fleetDigest(devices.map(plain));
}

function plain(device: NamedDevice): Device {
  return { ...device, metadata: {} };
}

function namedDevice({ id, generation, role }: Device): NamedDevice {
  return { id, generation, role };
}

function mapTrust<From, To>(trust: WantedTrust<From>, each: (authority: NamedAuthority<From>) => NamedAuthority<To>) {
  const { signer, furtherSigners, trusted, clients } = trust;
  return {
    signer: signer === null ? null : each(signer),
    furtherSigners: furtherSigners.map(each),
    trusted: trusted.map(each),
    clients: clients.map(each),
  } satisfies WantedTrust<To>;
}
