/** What verification has to prove, as data. */

import type { UserAcl } from './acl';
import { type ClientKind, isLoopback, type Listener, listenerName, localAddress, scheme } from './listeners';
import type { Credential } from './passwords';
import type { User } from './render';

/** A listener as a client reaches it. */
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
  /** The CA that the server certificate must chain to, PEM; empty without TLS. */
  certificateAuthority: string;
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

/** The plan for a broker. */
export function planFor(
  model: VerifiedModel,
  users: readonly User[],
  devices: readonly User[],
  certificateAuthority: string,
): VerificationPlan {
  return {
    dockerHost: model.dockerHost ?? null,
    container: model.containerName,
    targets: model.listeners.map((listener) => ({
      name: listenerName(listener),
      scheme: scheme(listener),
      clients: listener.clients,
      address: localAddress(listener),
      port: listener.port,
      loopback: isLoopback(listener),
    })),
    users: [...users],
    devices: [...devices],
    certificateAuthority,
    serverNames: [...model.dnsNames, ...model.ipAddresses],
  };
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
