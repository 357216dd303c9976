/** All that turns the id of a device into what it needs to reach the broker. */

import { createHash } from 'node:crypto';
import type { ClientCertificate } from '../certificates/client';
import { fingerprintOf } from '../certificates/facts';
import { certificatesOf } from '../certificates/pem';
import type { Device } from './device';
import { unpack } from './packing';
import { type Role, rulesFor } from './role';
import { devicePassword } from './secrets';

/** What every device of the stack shares. Secret. */
export interface Enrolment {
  /** DNS name or IP address of the broker, as devices use it; it stands in the server certificate. */
  host: string;
  /** TCP port of the listener for devices. */
  port: number;
  tls: boolean;
  /** Certificates that devices trust, PEM, one after the other; empty without TLS. */
  certificateAuthority: string;
  /** 32 bytes, base64. */
  rootSecret: string;
  roles: Role[];
  /** What certificates of devices are issued from; null where their listener requires none. Secret. */
  clientCertificates: { authority: { certificate: string; privateKey: string }; validityHours: number } | null;
}

/** Which devices are deployed: in one text, or by the digest of a list that is too long for it. */
export interface DeployedFleet {
  count: number;
  /** Digest of all devices. */
  digest: string;
  /** All devices, packed; null where they are too many. */
  packed: string | null;
}

/** `device.json` of a bundle, by the names that other MQTT tools use. Described by device.schema.json. */
export interface DeviceFacts {
  /** Version of this form. */
  version: 1;
  host: string;
  port: number;
  tls: boolean;
  username: string;
  client_id: string;
  /** File beside this one that holds the password and nothing else, no line break at its end. */
  password_file: 'password';
  /** File beside this one with the certificates to trust; null without TLS. */
  ca_file: 'ca.pem' | null;
  /** SHA-256 of that file, in hex; null without TLS. */
  ca_sha256: string | null;
  /** SHA-256 of each certificate in that file, DER, in hex and in its order; empty without TLS. */
  ca_fingerprints: string[];
  /** File beside this one with the certificate by which the device proves who it is; null where none is required. */
  certificate_file: 'client.pem' | null;
  /** File beside this one with the key of that certificate. */
  private_key_file: 'client.key' | null;
  /** Until when that certificate is valid, ISO 8601. */
  certificate_expires: string | null;
  /** SHA-256 of the authority that issued it, in hex; devices report it. */
  certificate_issuer: string | null;
  /** Beginning of the device's own data and status topics. */
  topic_prefix: string;
  /** Topic filters that the device may publish to, and may read. */
  topics: { publish: string[]; subscribe: string[] };
  generation: number;
  role: string;
  metadata: Readonly<Record<string, string>>;
}

/** What a device is told, without its secrets. */
export function deviceFacts(enrolment: Enrolment, device: Device, certificate: ClientCertificate | null): DeviceFacts {
  const { host, port, tls, certificateAuthority } = enrolment;
  const { id, generation, metadata } = device;
  const role = enrolment.roles.find(({ name }) => name === device.role);
  if (role === undefined) throw new Error(`${id}: there is no role "${device.role}"`);
  const rules = rulesFor(role, id);
  const topics = (...accesses: string[]) =>
    rules.filter(({ access }) => accesses.includes(access)).map(({ topic }) => topic);
  return {
    version: 1,
    host,
    port,
    tls,
    username: id,
    client_id: id,
    password_file: 'password',
    ca_file: tls ? 'ca.pem' : null,
    ca_sha256: tls ? createHash('sha256').update(certificateAuthority).digest('hex') : null,
    ca_fingerprints: tls ? fingerprints(certificateAuthority) : [],
    certificate_file: certificate ? 'client.pem' : null,
    private_key_file: certificate ? 'client.key' : null,
    certificate_expires: certificate?.notAfter ?? null,
    certificate_issuer: certificate === null ? null : issuerOf(enrolment),
    topic_prefix: `device/${id}`,
    topics: { publish: topics('write', 'readwrite'), subscribe: topics('read', 'readwrite') },
    generation,
    role: device.role,
    metadata,
  };
}

function issuerOf({ clientCertificates }: Enrolment): string | null {
  const [fingerprint] = fingerprints(clientCertificates?.authority.certificate ?? '');
  return fingerprint ?? null;
}

/** The certificates of a PEM file, as devices name those that they trust. */
function fingerprints(pem: string): string[] {
  return certificatesOf(pem).map(fingerprintOf);
}

/** The same facts with the secrets inline, one object a device, for pipelines. */
export function deviceRecord(enrolment: Enrolment, device: Device, certificate: ClientCertificate | null) {
  const {
    password_file: _password,
    ca_file: _ca,
    certificate_file: _certificate,
    private_key_file: _key,
    ...facts
  } = deviceFacts(enrolment, device, certificate);
  return {
    ...facts,
    password: devicePassword(enrolment.rootSecret, device),
    ca: enrolment.tls ? enrolment.certificateAuthority : null,
    certificate: certificate?.certificate ?? null,
    private_key: certificate?.privateKey ?? null,
  };
}

/**
 * Most devices that are told one by one in the outputs of the stack. Each takes about 1.5 kB of the state with its CA,
 * and a state above 1 MB slows every update down.
 */
const mostInOutputs = 100;

/**
 * Id to record of each device, for `pulumi stack output`; for more than a hundred how to get them. Without certificates
 * of devices: those are issued when a bundle is made.
 */
export function devicesOutput(enrolment: (Enrolment & { fleet: DeployedFleet }) | null) {
  if (enrolment === null) return {};
  const { count, packed } = enrolment.fleet;
  if (packed === null || count > mostInOutputs) {
    return `${count} devices; npm run -s provision -- STACK --all --format json prints one a line`;
  }
  return Object.fromEntries(unpack(packed).map((device) => [device.id, deviceRecord(enrolment, device, null)]));
}
