/** What cannot be undone, and what devices need new bundles for. */

import type { OptionChanges } from '../change/container';
import type { FleetChange } from '../fleet/change';
import { dataVolume } from '../mosquitto/files';
import { clientHost, entranceOfDevices, type Listener } from '../mosquitto/listeners';
import { hasDevices } from './decision';
import type { Side } from './side';

/** A line each. */
export function irreversible(
  before: Side | undefined,
  after: Side,
  fleet: FleetChange | null,
  { cautions }: Pick<OptionChanges, 'cautions'>,
  isRefused: boolean,
): string[] {
  if (before === undefined || isRefused) return [];
  const { container: old } = before;
  const { container: next } = after;
  const revoked = fleet?.revoked.length ?? 0;
  return [
    ...(old.name === next.name
      ? []
      : [
          `another containerName starts with empty volumes: sessions, retained and queued messages of ${old.name} are lost` +
            `${before.retainDataOnDestroy ? `; the volume ${dataVolume(old.name)} stays, and nothing reads it` : ''}`,
        ]),
    ...(before.dockerHost === after.dockerHost
      ? []
      : [
          'another dockerHost, where it leads to another engine, starts another broker with empty volumes; the one from ' +
            'before goes on there, with its sessions and messages',
        ]),
    ...cautions,
    ...(before.persistence.persistence && !after.persistence.persistence
      ? ['without persistence the restart loses every session, and all retained and queued messages']
      : []),
    ...(revoked === 0
      ? []
      : ['a revoked password never works again: who comes back needs a higher generation and a new bundle']),
    ...(before.deviceSecretGeneration === after.deviceSecretGeneration
      ? []
      : ['the root secret of all devices is replaced, and the one from before is gone']),
  ];
}

/** Why bundles that are handed out already do not fit any more, a line each. */
export function bundleReasons(before: Side | undefined, after: Side): string[] {
  if (before === undefined || !hasDevices(before)) return [];
  if (!hasDevices(after)) return ['no listener is for devices any more: none of them can come back'];
  const [old, next] = [entranceOfDevices(before.listeners), entranceOfDevices(after.listeners)];
  if (old === undefined || next === undefined) return [];
  const told: Array<[string, string, string]> = [
    ['host', hostOf(before, old), hostOf(after, next)],
    ['port', String(old.port), String(next.port)],
    ['TLS', onOff(old.tls), onOff(next.tls)],
  ];
  return [
    ...told
      .filter(([, was, is]) => was !== is)
      .map(([what, was, is]) => `${what} that devices connect to: ${is} in place of ${was}`),
    ...(next.requireCertificate && !old.requireCertificate ? ['devices must show a certificate of their own'] : []),
    ...(before.deviceSecretGeneration === after.deviceSecretGeneration
      ? []
      : ['every device gets a new password, from another root secret']),
  ];
}

function hostOf({ dnsNames, ipAddresses }: Side, listener: Listener): string {
  return clientHost(listener, dnsNames[0] ?? ipAddresses[0]);
}

function onOff(is: boolean): string {
  return is ? 'on' : 'off';
}
