/** Listeners: where the broker answers. Born here; configuration, published ports, checks and outputs derive from it. */

import type { ConfigKeys, OptionLine, ValuesOf } from './configKey';
import type { Release } from './release';

export const protocols = ['mqtt', 'websockets'] as const;
export type Protocol = (typeof protocols)[number];

/** Who logs in at a listener. */
export const clientKinds = ['accounts', 'devices'] as const;
export type ClientKind = (typeof clientKinds)[number];

/**
 * What a `listener` block says beside port, protocol, users and certificates of the server, one row a key. A default is
 * Mosquitto's own, so that nothing is written for it. Source: mosquitto.conf(5).
 */
export const listenerKeys = {
  requireCertificate: {
    type: 'boolean',
    option: 'require_certificate',
    default: false,
    description: 'Whether clients must show a certificate of this stack; needs tls.',
  },
  useIdentityAsUsername: {
    type: 'boolean',
    option: 'use_identity_as_username',
    default: false,
    description:
      'Whether the name in that certificate is the user name and no password is asked; needs requireCertificate.',
  },
} as const satisfies ConfigKeys;

/** One `listener` block of mosquitto.conf(5). */
export interface Listener extends ValuesOf<typeof listenerKeys> {
  /** TCP port, the same inside and outside the container. */
  port: number;
  protocol: Protocol;
  /**
   * Who logs in there. Default `accounts`. Devices have listeners of their own, where the client id is the user name,
   * so that none can take over the session of another; accounts choose their client ids, and may hold many connections.
   */
  clients: ClientKind;
  /**
   * Addresses of this machine that the port is published on: `127.0.0.1` for this machine only, `0.0.0.0` for all IPv4
   * addresses, `::` for all IPv6 addresses.
   */
  bindAddress: string | readonly string[];
  /** Whether clients must speak TLS. */
  tls: boolean;
  /** Accepts that passwords cross the network readable: needed for a listener without TLS beyond this machine. */
  insecurePlaintext: boolean;
  /** Networks that may reach it, in the place of those for all listeners; null or nothing where it has none of its own. */
  firewall?: readonly string[] | null;
  /** Accepts that whoever finds a way to this machine reaches it: needed without such networks. */
  unfiltered: boolean;
}

/** URL scheme of a listener, as MQTT clients write it. */
export function scheme(listener: Listener): 'mqtt' | 'mqtts' | 'ws' | 'wss' {
  if (listener.protocol === 'websockets') return listener.tls ? 'wss' : 'ws';
  return listener.tls ? 'mqtts' : 'mqtt';
}

/** The stable name of a listener, for example `mqtts-8883`. */
export function listenerName(listener: Listener): string {
  return `${scheme(listener)}-${listener.port}`;
}

/** The addresses that a listener is published on, in the order in which they are written. */
export function bindAddresses({ bindAddress }: Pick<Listener, 'bindAddress'>): readonly string[] {
  return typeof bindAddress === 'string' ? [bindAddress] : bindAddress;
}

/**
 * Who gives a listener its addresses: an engine that publishes its port on them, or the broker, which binds them itself.
 */
export type Binding = 'published' | 'bound';

/**
 * The first lines of a listener, one list for each address that the broker binds. `::` means IPv6 alone to Mosquitto, as
 * to an engine: it never takes IPv4 along (IPV6_V6ONLY), so `0.0.0.0` and `::` stand beside each other.
 */
export function listenerHeads(listener: Listener, binding: Binding, release: Release): OptionLine[][] {
  const { port, protocol } = listener;
  const head = (value: string) => [
    { option: 'listener', value },
    { option: 'protocol', value: protocol },
  ];
  const addresses = [...bindAddresses(listener)].sort();
  if (binding === 'published') return [head(`${port}`)];
  if (release.hasPlugins || protocol === 'mqtt') return addresses.map((address) => head(`${port} ${address}`));
  // Here libwebsockets binds; to 2.0.11 `::` means both families, and a second listener on one of them ends the broker.
  if (addresses.includes('::') && addresses.includes('0.0.0.0')) return [head(`${port}`)];
  return addresses.map((address) => [
    ...head(`${port} ${address}`),
    // Without it 2.0.11 answers on every address of both families, also where 127.0.0.1 was asked for.
    { option: 'socket_domain', value: address.includes(':') ? 'ipv6' : 'ipv4' },
  ]);
}

/** Each address that a port is published on. */
export function publishedAddresses(listeners: readonly Listener[]): Array<{ port: number; bindAddress: string }> {
  return listeners.flatMap((listener) =>
    bindAddresses(listener).map((bindAddress) => ({ port: listener.port, bindAddress })),
  );
}

/** Whether clients speak MQTT there without TLS and WebSockets. */
export function isPlainMqtt({ protocol, tls }: Pick<Listener, 'protocol' | 'tls'>): boolean {
  return protocol === 'mqtt' && !tls;
}

/** Whether only this machine reaches the listener. */
export function isLoopback(listener: Pick<Listener, 'bindAddress'>): boolean {
  return bindAddresses(listener).every(isLoopbackAddress);
}

export function isLoopbackAddress(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/**
 * The URL a client connects to: by the first name of the server certificate where other machines are meant to use it,
 * else by address.
 *
 * @param serverName first name of the server certificate
 */
export function endpoint(listener: Listener, serverName: string | undefined): string {
  const host = clientHost(listener, serverName);
  return `${scheme(listener)}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
}

/** The name or address of this machine as clients of the listener use it; of several addresses one that others reach. */
export function clientHost(listener: Listener, serverName: string | undefined): string {
  const named = serverName !== undefined && (listener.tls || !isLoopback(listener));
  if (named) return serverName;
  const addresses = bindAddresses(listener);
  return localAddress(addresses.find((address) => !isLoopbackAddress(address)) ?? addresses[0] ?? '');
}

/** The address at which this machine itself reaches what is published on an address. */
export function localAddress(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  return bindAddress === '::' ? '::1' : bindAddress;
}

/** The listener that devices are sent to: the first that speaks MQTT, one for other machines before one for this. */
export function entranceOfDevices(listeners: readonly Listener[]): Listener | undefined {
  const own = listeners.filter(({ clients }) => clients === 'devices');
  const suitable = own.filter(({ protocol }) => protocol === 'mqtt');
  return suitable.find((listener) => !isLoopback(listener)) ?? suitable[0];
}

/** Kinds of clients that some listener requires a certificate of. */
export function certifiedKinds(listeners: readonly Listener[]): ClientKind[] {
  return clientKinds.filter((kind) =>
    listeners.some(({ clients, requireCertificate }) => requireCertificate && clients === kind),
  );
}
