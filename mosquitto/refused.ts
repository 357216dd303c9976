/** What of a stack a release of Mosquitto cannot do, and nothing else does in its place. */

import type { ConfigurationModel } from './configuration';
import { bindAddresses } from './listeners';
import type { Problem } from './problem';
import { imageRelease, type Release } from './release';

/** Options of mosquitto.conf that an operator may add, and the first release that knows each. */
const since: Readonly<Record<string, readonly [minor: number, patch: number]>> = {
  global_max_clients: [1, 0],
  proxy_protocol_v2_require_tls: [1, 0],
  retain_expiry_interval: [0, 21],
};

/** Each thing that is refused; nothing for the image. */
export function refusedBy(
  model: Pick<ConfigurationModel, 'release' | 'binding' | 'listeners' | 'extraOptions'>,
): Problem[] {
  const { release = imageRelease } = model;
  return [...listenerProblems(model, release), ...optionProblems(model.extraOptions, release)];
}

function listenerProblems(
  { listeners, binding }: Pick<ConfigurationModel, 'listeners' | 'binding'>,
  { version, hasPlugins, mixesFamilies }: Release,
): Problem[] {
  if (hasPlugins) return [];
  const isMixed = binding === 'bound' && mixesFamilies;
  return listeners.flatMap((listener, index) => {
    const problems: Problem[] = [];
    if (listener.protocol !== 'websockets') return problems;
    // Seen with 2.0.11 and 2.0.21: no list of revoked certificates is read at the start, and a few reloads end the broker.
    if (listener.requireCertificate) {
      problems.push({
        path: `listeners[${index}].requireCertificate`,
        says: `Mosquitto ${version} lets revoked certificates in over WebSockets`,
        remedy: 'use protocol: mqtt there, or Mosquitto 2.1',
      });
    }
    const addresses = bindAddresses(listener);
    if (isMixed && addresses.includes('::') && !addresses.includes('0.0.0.0')) {
      problems.push({
        path: `listeners[${index}].bindAddress`,
        says: `over WebSockets "::" is every IPv4 address, too, to Mosquitto ${version}`,
        remedy: 'write 0.0.0.0 beside it, or IPv6 addresses of the machine',
      });
    }
    return problems;
  });
}

function optionProblems(extraOptions: readonly string[], { version }: Release): Problem[] {
  const [, own = 0, patch = 0] = version.split('.').map(Number);
  return extraOptions.flatMap((line, index) => {
    const option = line.split(' ')[0] ?? '';
    const [minor, first] = since[option] ?? [0, 0];
    if (own > minor || (own === minor && patch >= first)) return [];
    return [
      {
        path: `extraOptions[${index}]`,
        says: `"${option}" is not known by Mosquitto ${version}`,
        remedy: `remove it, or install Mosquitto 2.${minor}.${first} or later`,
      },
    ];
  });
}
