/** What a stack file wants of its broker: all that can be known before the engine has made passwords and certificates. */

import { fingerprintOf } from '../certificates/facts';
import { namedAuthorities } from '../certificates/givenNames';
import { unknown } from '../change/unknown';
import type { NamedAuthority, Wanted, WantedTrust } from '../change/wanted';
import { renderConfiguration } from '../mosquitto/configuration';
import { certifiedKinds } from '../mosquitto/listeners';
import type { ReviewedSettings } from '.';

export function wantedOf(settings: ReviewedSettings): Wanted {
  const { accounts, devices, listeners } = settings;
  return {
    configuration: renderConfiguration(settings),
    accounts: accounts.map(({ username, generation }) => [username, generation]),
    credentials: unknown,
    devices: listeners.some(({ clients }) => clients === 'devices') ? devices : null,
    secretId: unknown,
    certified: certifiedKinds(listeners),
    trust: trustOf(settings),
    terms: unknown,
    given: listeners.some(({ tls }) => tls) ? settings.certificates.given : [],
    maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
    maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
  };
}

/** Authorities that the stack makes have no fingerprint yet, or one that only the engine knows. */
export function trustOf({ certificates, listeners }: ReviewedSettings): WantedTrust {
  if (!listeners.some(({ tls }) => tls)) return { signer: null, furtherSigners: [], trusted: [], clients: [] };
  const { caGeneration, trustedCaGenerations, givenAuthority, givenServer, trustedCertificates, clients } =
    certificates;
  const names = Object.fromEntries(namedAuthorities(certificates).map(([name, pem]) => [fingerprintOf(pem), name]));
  const given = (fingerprint: string): NamedAuthority => ({ name: names[fingerprint], fingerprint });
  const pair = givenAuthority ?? givenServer;
  const anchors = pair?.anchors ?? [];
  const others = [...new Set([...anchors, ...trustedCertificates].map(fingerprintOf))];
  const own = trustedCaGenerations.map((generation) => made(`ca-${generation}`));
  const isAnchor = (fingerprint: string) => anchors.some((pem) => fingerprintOf(pem) === fingerprint);
  const signers = anchors.map(fingerprintOf);
  const asks = listeners.some((listener) => listener.requireCertificate && listener.clients === 'devices');
  return {
    signer: caGeneration === null ? (signers.map(given)[0] ?? null) : made(`ca-${caGeneration}`),
    furtherSigners: signers.slice(1).map(given),
    // In the order in which bundles hold them.
    trusted: [
      ...others.filter(isAnchor).map(given),
      ...own,
      ...others.filter((fingerprint) => !isAnchor(fingerprint)).map(given),
    ],
    clients: asks ? clients.trustedGenerations.map((generation) => made(`devices-ca-${generation}`)) : [],
  };
}

function made(name: string): NamedAuthority {
  return { name, fingerprint: unknown };
}
