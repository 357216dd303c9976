/** What verification has to prove, as data. */

import type { UserAcl } from './acl';
import {
  bindAddresses,
  type ClientKind,
  isLoopbackAddress,
  type Listener,
  listenerName,
  localAddress,
  scheme,
} from './listeners';
import type { Credential } from './passwords';
import type { User } from './render';

/** A listener as a client reaches it, at one of its addresses. */
export interface Target {
  name: string;
  scheme: 'mqtt' | 'mqtts' | 'ws' | 'wss';
  /** Who logs in there. */
  clients: ClientKind;
  /** Address on the machine of the Docker engine. */
  address: string;
  port: number;
  /** Whether only the machine of the Docker engine reaches it. */
  loopback: boolean;
  /** Whether clients must show a certificate. */
  requireCertificate: boolean;
  /** Whether that certificate takes the place of user name and password. */
  useIdentityAsUsername: boolean;
}

/** Everything that verification needs; it holds passwords, so it travels by standard input only. */
export interface VerificationPlan {
  /** Docker engine of the broker; null for the one of the environment. */
  dockerHost: string | null;
  container: string;
  targets: Target[];
  /** Every account, the witness among them. */
  users: User[];
  /** Devices that verification plays; the real ones are never touched. */
  devices: User[];
  /** The CAs that the server certificate may chain to, PEM; empty without TLS. */
  certificateAuthority: string;
  /** SHA-256 of the certificate that the server must show, in hex; null without TLS. */
  serverFingerprint: string | null;
  /** SHA-256 of each root that the server's certificate leads to, in hex: who trusts it alone must accept it. */
  serverRoots?: string[];
  /** How long each certificate lasts, by name. */
  terms: Readonly<Record<string, { fingerprint: string; notBefore: string; notAfter: string }>>;
  /** What certificates of clients are issued from, for those that verification plays; none where none is asked. */
  clientAuthorities: Partial<Record<ClientKind, { certificate: string; privateKey: string }>>;
  /** Names and addresses that the server certificate must carry. */
  serverNames: string[];
}

/** What a plan is made from. */
export interface VerifiedModel {
  dockerHost: string | undefined;
  containerName: string;
  listeners: readonly Listener[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
}

/** What a plan says of certificates. */
export type VerifiedCertificates = Pick<
  VerificationPlan,
  'certificateAuthority' | 'serverFingerprint' | 'serverRoots' | 'terms' | 'clientAuthorities'
>;

/**
 * What a plan says of certificates.
 *
 * @param authorities of each kind of client, the issuing one first
 * @param serverRoots where there are several
 */
export function verifiedCertificates(
  certificateAuthority: string,
  serverFingerprint: string | null,
  terms: VerificationPlan['terms'],
  authorities: Partial<Record<ClientKind, ReadonlyArray<{ certificate: string; privateKey: string }>>>,
  serverRoots: readonly string[] = [],
): VerifiedCertificates {
  const issuing = Object.entries(authorities).flatMap(([kind, [first]]) =>
    first === undefined ? [] : [[kind, first]],
  );
  return {
    certificateAuthority,
    serverFingerprint,
    ...(serverRoots.length > 1 && { serverRoots: [...serverRoots] }),
    terms: Object.fromEntries(
      Object.entries(terms).map(([name, { fingerprint, notBefore, notAfter }]) => [
        name,
        { fingerprint, notBefore, notAfter },
      ]),
    ),
    clientAuthorities: Object.fromEntries(issuing),
  };
}

/** The plan for a broker. */
export function planFor(
  model: VerifiedModel,
  users: readonly User[],
  devices: readonly User[],
  certificates: VerifiedCertificates,
): VerificationPlan {
  return {
    dockerHost: model.dockerHost ?? null,
    container: model.containerName,
    targets: model.listeners.flatMap(targetsOf),
    users: [...users],
    devices: [...devices],
    ...certificates,
    serverNames: [...model.dnsNames, ...model.ipAddresses],
  };
}

/** One for each address; the first has the name of the listener. */
function targetsOf(listener: Listener): Target[] {
  return bindAddresses(listener).map((address, index) => ({
    name: index === 0 ? listenerName(listener) : `${listenerName(listener)} at ${address}`,
    scheme: scheme(listener),
    clients: listener.clients,
    address: localAddress(address),
    port: listener.port,
    loopback: isLoopbackAddress(address),
    requireCertificate: listener.requireCertificate,
    useIdentityAsUsername: listener.useIdentityAsUsername,
  }));
}

/**
 * Rules and passwords of the same users, in one list.
 *
 * @throws Error naming a user without a password
 */
export function usersOf(acls: readonly UserAcl[], credentials: readonly Credential[]): User[] {
  return acls.map(({ username, rules }) => {
    const credential = credentials.find((each) => each.username === username);
    if (credential === undefined) throw new Error(`the account ${username} has no password`);
    return { username, rules: [...rules], password: credential.password };
  });
}
