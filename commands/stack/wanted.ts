/** What a stack file wants of its broker: all that can be known before the engine has made passwords and certificates. */

import { fingerprintOf } from '../../certificates/facts';
import { unknown } from '../../change/unknown';
import type { NamedAuthority, Wanted, WantedTrust } from '../../change/wanted';
import { renderConfiguration } from '../../mosquitto/configuration';
import { clientKinds } from '../../mosquitto/listeners';
import type { Settings } from '../../settings';

export function wantedOf(settings: Settings): Wanted {
  const { accounts, devices, listeners } = settings;
  return {
    configuration: renderConfiguration(settings),
    accounts: accounts.map(({ username, generation }) => [username, generation]),
    credentials: unknown,
    devices: listeners.some(({ clients }) => clients === 'devices') ? devices : null,
    secretId: unknown,
    certified: clientKinds.filter((kind) =>
      listeners.some(({ clients, requireCertificate }) => requireCertificate && clients === kind),
    ),
    trust: trustOf(settings),
    terms: unknown,
    maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
    maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
  };
}

/** Authorities that the stack makes have no fingerprint yet, or one that only the engine knows. */
function trustOf({ certificates, listeners }: Settings): WantedTrust {
  if (!listeners.some(({ tls }) => tls)) return { signer: null, trusted: [], clients: [] };
  const { caGeneration, trustedCaGenerations, givenAuthority, givenServer, trustedCertificates, clients } =
    certificates;
  const given = [givenAuthority?.anchor, givenServer?.anchor, ...trustedCertificates].filter(
    (pem) => pem !== undefined,
  );
  const others = [...new Set(given.map(fingerprintOf))].map(
    (fingerprint): NamedAuthority => ({ name: undefined, fingerprint }),
  );
  const asks = listeners.some((listener) => listener.requireCertificate && listener.clients === 'devices');
  return {
    signer: caGeneration === null ? (others[0] ?? null) : made(`ca-${caGeneration}`),
    trusted: [...trustedCaGenerations.map((generation) => made(`ca-${generation}`)), ...others],
    clients: asks ? clients.trustedGenerations.map((generation) => made(`devices-ca-${generation}`)) : [],
  };
}

function made(name: string): NamedAuthority {
  return { name, fingerprint: unknown };
}
