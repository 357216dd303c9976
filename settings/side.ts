/** What a stack file says of its broker, without anything secret: keys and passphrases stay with the settings. */

import { fingerprintOf } from '../certificates/facts';
import { renderConfiguration } from '../mosquitto/configuration';
import { restartDigest } from '../mosquitto/render';
import type { Side } from '../review/side';
import type { ReviewedSettings } from '.';
import { optionsOf } from './options';
import { trustOf } from './wanted';

export function sideOf(settings: ReviewedSettings): Side {
  const { certificates, devices, listeners, image, dockerHost } = settings;
  return {
    configuration: renderConfiguration(settings),
    restartDigest: restartDigest(settings),
    container: optionsOf(settings, image),
    dockerHost: dockerHost ?? null,
    listeners,
    firewall: settings.firewall,
    dnsNames: settings.dnsNames,
    ipAddresses: settings.ipAddresses,
    accounts: settings.accounts,
    roles: settings.roles,
    devices: devices.map(({ id, generation, role }) => ({ id, generation, role })),
    deviceSecretGeneration: settings.deviceSecretGeneration,
    certificates: {
      areUsed: listeners.some(({ tls }) => tls),
      keyAlgorithm: certificates.keyAlgorithm,
      serverValidityHours: certificates.server.validityHours,
      earlyRenewalHours: certificates.server.earlyRenewalHours,
      givenServer: certificates.givenServer === null ? null : fingerprintOf(certificates.givenServer.certificate),
      trust: trustOf(settings),
      given: certificates.given,
      clientGenerations: certificates.clients.trustedGenerations,
      clientValidityHours: certificates.clients.validityHours,
    },
    limits: settings.limits,
    persistence: settings.persistence,
    logging: settings.logging,
    extraOptions: settings.extraOptions,
    network: settings.network,
    retainDataOnDestroy: settings.retainDataOnDestroy,
    guards: {
      maxCutOffClients: settings.maxCutOffClients,
      maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
      maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
      'review.failOn': settings.review.failOn,
      'review.maxFleetShrinkPercent': settings.review.maxFleetShrinkPercent,
    },
  };
}
