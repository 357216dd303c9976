/** Which other keys of the configuration change, each by its name in Pulumi.yaml. */

import type { Review } from './form';
import type { Side } from './side';

type Setting = Review['settings'][number];
type Values = Record<string, string>;

export function settingChanges(before: Side | undefined, after: Side): Setting[] {
  if (before === undefined) return [];
  const areGuardsKnown = before.guards !== undefined && after.guards !== undefined;
  const [old, next] = [before, after].map((side) => valuesOf(side, areGuardsKnown)) as [Values, Values];
  return [...new Set([...Object.keys(old), ...Object.keys(next)])]
    .filter((key) => old[key] !== next[key])
    .map((key) => ({ key, before: old[key] ?? null, after: next[key] ?? null }));
}

/** Keys that have no section of their own. */
function valuesOf(side: Side, areGuardsKnown: boolean): Values {
  const { certificates, logging } = side;
  const values = {
    ...side.limits,
    ...side.persistence,
    ...logging,
    extraOptions: side.extraOptions,
    dnsNames: side.dnsNames,
    ipAddresses: side.ipAddresses,
    keyAlgorithm: certificates.keyAlgorithm,
    serverCertificateValidityHours: certificates.serverValidityHours,
    serverCertificateEarlyRenewalHours: certificates.earlyRenewalHours,
    clientCertificateValidityHours: certificates.clientValidityHours,
    deviceSecretGeneration: side.deviceSecretGeneration,
    containerName: side.container.name,
    network: side.network ?? '',
    dockerHost: side.dockerHost ?? '',
    retainDataOnDestroy: side.retainDataOnDestroy,
    ...(areGuardsKnown && side.guards),
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [keys[key] ?? key, text(value)]));
}

/** Where settings name something otherwise than the configuration does. */
const keys: Readonly<Record<string, string>> = {
  maxSizeMebibytes: 'logMaxSizeMebibytes',
  maxFiles: 'logMaxFiles',
};

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ');
  return String(value);
}
