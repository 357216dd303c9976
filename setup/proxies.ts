/**
 * What goes by a proxy of the environment, and what never does: the engine, its plug-ins and the program talk to each
 * other on this machine, and the Docker engine is the one that its address names, not one that a proxy knows by that name.
 *
 * Pulls and downloads go by the proxy as before.
 */

import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** Names under which the engine and its plug-ins find each other. */
const local = ['localhost', '127.0.0.1', '::1'];
const proxies = /^((https?|all|grpc|ftp)_proxy|MQTTJS_SOCKS_PROXY)$/i;

/**
 * What has to stand in the environment of the engine: nothing where there is no proxy.
 *
 * The program's library of gRPC knows `no_grpc_proxy`, else `no_proxy`; everything that is written in Go knows
 * `NO_PROXY`, else `no_proxy`, and leaves out this machine by itself.
 */
export function withoutProxy(environment: Environment, machine?: string): Record<string, string> {
  if (!Object.entries(environment).some(([name, value]) => proxies.test(name) && value)) return {};
  const { no_proxy, NO_PROXY, no_grpc_proxy } = environment;
  const grpc = { no_grpc_proxy: added(no_grpc_proxy || no_proxy, local) };
  if (machine === undefined) return grpc;
  return { ...grpc, no_proxy: added(no_proxy, [machine]), NO_PROXY: added(NO_PROXY || no_proxy, [machine]) };
}

function added(list: string | undefined, names: readonly string[]): string {
  const present = (list ?? '').split(',').filter((name) => name !== '');
  return [...present, ...names.filter((name) => !present.includes(name))].join(',');
}

/**
 * The proxy for an address of the web; undefined for none.
 *
 * Source: `http.ProxyFromEnvironment` of Go, by which the engine of Pulumi downloads; `ALL_PROXY` is what curl adds.
 */
export function proxyFor(address: string, environment: Environment): URL | undefined {
  const { protocol, hostname, port } = new URL(address);
  const names = protocol === 'https:' ? ['https_proxy', 'all_proxy'] : ['http_proxy', 'all_proxy'];
  const values = names.flatMap((name) => [environment[name.toUpperCase()], environment[name]]);
  const value = values.find((text) => text !== undefined && text !== '');
  if (value === undefined || isDirect(hostname, port, environment.NO_PROXY || environment.no_proxy)) return undefined;
  const written = /^\w+:\/\//.test(value) ? value : `http://${value}`;
  if (!URL.canParse(written)) return undefined;
  const proxy = new URL(written);
  return proxy.protocol === 'http:' || proxy.protocol === 'https:' ? proxy : undefined;
}

function isDirect(host: string, port: string, list = ''): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (name === 'localhost' || /^127\./.test(name) || name === '::1') return true;
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => isOf(name, port, entry));
}

function isOf(name: string, port: string, entry: string): boolean {
  if (entry === '' || entry === '*') return entry === '*';
  const [network, prefix] = entry.split('/');
  if (network !== undefined && prefix !== undefined) return isIn(name, network, Number(prefix));
  const [, place = entry, only] = entry.match(/^([^:]+):(\d+)$/) ?? [];
  if (only !== undefined && only !== port) return false;
  const domain = place.replace(/^\*?\./, '');
  return name === domain || (isIP(name) === 0 && name.endsWith(`.${domain}`));
}

function isIn(address: string, network: string, prefix: number): boolean {
  const [kind, other] = [isIP(address), isIP(network)];
  if (kind === 0 || kind !== other || !(prefix >= 0 && prefix <= (kind === 4 ? 32 : 128))) return false;
  const family = kind === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
