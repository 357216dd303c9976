/**
 * What goes by a proxy of the environment, and what never does: the engine, its plug-ins and the program talk to each
 * other on this machine, and the Docker engine is the one that its address names, not one that a proxy knows by that name.
 *
 * Pulls and downloads go by the proxy as before.
 */

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
