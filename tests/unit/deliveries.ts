/**
 * Deliveries of a stack file, put together from settings as components/mqttBroker.ts does it, with passwords and certificates that are
 * made here.
 */

import { fingerprintOf } from '../../certificates/facts';
import { certificatesOf } from '../../certificates/pem';
import { type Decision, decide, type Observed } from '../../change/decide';
import { filesOf } from '../../change/files';
import { type Wanted, wantedBy } from '../../change/wanted';
import type { Delivery } from '../../fleet/delivery';
import { fleetDigest } from '../../fleet/device';
import { probeAcls, probePassword } from '../../fleet/probe';
import { type BrokerFiles, fileNames, serverFileNames } from '../../mosquitto/files';
import { clientKinds } from '../../mosquitto/listeners';
import { renderFiles, restartDigest } from '../../mosquitto/render';
import { planFor, usersOf, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { witnessAcl } from '../../mosquitto/witness';
import type { Settings } from '../../settings';
import { wantedOf } from '../../settings/wanted';
import { issue, serverExtensions } from './openssl';
import { type SelfSigned, selfSigned } from './selfSigned';

/** What the engine makes of a stack and keeps from one update to the next. */
export interface Made {
  /** 43 letters and digits. */
  rootSecret: string;
  /** Name of an authority, or `server`, to its certificate; filled as they are asked for. */
  identities: Map<string, SelfSigned>;
  /** Of user names whose password is not the first one. */
  passwords: Map<string, string>;
}

/** What is known of a broker that nobody can ask and that does not run. */
export const nothingObserved: Observed = { reports: new Map(), clock: undefined, now: Date.parse('2026-06-01') };

export const term = { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2049-12-31T23:59:59.000Z' };

export function newMade(): Made {
  return { rootSecret: 'r'.repeat(43), identities: new Map(), passwords: new Map() };
}

/** The identity of a name, made where it is not there yet. */
export function identityOf({ identities }: Made, name: string): SelfSigned {
  const found = identities.get(name) ?? selfSigned();
  identities.set(name, found);
  return found;
}

export function fingerprintFor(made: Made, name: string): string {
  return fingerprintOf(identityOf(made, name).certificate);
}

export function deliveryOf(settings: Settings, made: Made): Delivery {
  const { listeners, roles, devices, certificates } = settings;
  const isOpen = listeners.some(({ clients }) => clients === 'devices');
  const probes = isOpen ? probeAcls(roles, devices) : [];
  const acls = [...settings.accounts, { ...witnessAcl([...settings.accounts, ...probes]), generation: 1 }];
  const users = usersOf(
    acls,
    acls.map(({ username }) => ({ username, password: made.passwords.get(username) ?? `password of ${username}` })),
  );
  const own = listeners.some(({ tls }) => tls)
    ? certificates.trustedCaGenerations.map((generation) => `ca-${generation}`)
    : [];
  const kinds = clientKinds.filter((kind) =>
    listeners.some(({ clients, requireCertificate }) => requireCertificate && clients === kind),
  );
  const namesOf = (kind: string) =>
    certificates.clients.trustedGenerations.map((generation) => `${kind}-ca-${generation}`);
  const authorities = Object.fromEntries(
    kinds.map((kind) => [kind, namesOf(kind).map((name) => identityOf(made, name))]),
  );
  const { files, trusted, given } = serverFiles(settings, made, own);
  const named = [...own, ...kinds.flatMap(namesOf)].map((name) => [name, fingerprintFor(made, name)]);
  const terms = Object.fromEntries(
    [...named, ...given].map(([name = '', fingerprint = '']) => [name, { fingerprint, ...term }]),
  );
  return {
    image: 'sha256:image',
    volume: 'volume',
    owner: { project: 'aipi-mqtt', stack: 'prod', id: 'state' },
    restartDigest: restartDigest(settings),
    files: renderFiles(settings, users, files),
    plan: planFor(
      settings,
      users,
      probes.map((acl) => ({ ...acl, password: probePassword(made.rootSecret, acl.username) })),
      verifiedCertificates(trusted, trusted === '' ? null : fingerprintFor(made, 'server'), terms, authorities),
    ),
    fleet: isOpen
      ? {
          devices: settings.inlineDevices,
          file: null,
          digest: fleetDigest(devices),
          roles,
          rootSecret: made.rootSecret,
          maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
        }
      : null,
    authorities,
    accounts: acls.map(({ username, generation }) => [username, generation]),
    given: listeners.some(({ tls }) => tls) ? certificates.given : [],
    maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
  };
}

function serverFiles(settings: Settings, made: Made, own: readonly string[]) {
  const { certificates, serverKeyType, listeners } = settings;
  if (!listeners.some(({ tls }) => tls)) return { files: {}, trusted: '', given: [] };
  const { givenAuthority, givenServer, trustedCertificates } = certificates;
  const anchors = [...(givenAuthority?.anchors ?? []), ...(givenServer?.anchors ?? [])];
  const pems = [...anchors, ...own.map((name) => identityOf(made, name).certificate), ...trustedCertificates];
  const trusted = [...new Set(pems.flatMap(certificatesOf))].join('');
  const { certificate, privateKey } = shownBy(settings, made);
  const names = serverFileNames(serverKeyType);
  const files: BrokerFiles = {
    [fileNames.certificateAuthority]: trusted,
    [names.certificate]: certificate,
    [names.privateKey]: privateKey,
  };
  const given = [
    ...(givenAuthority === null ? [] : [['ca', fingerprintOf(givenAuthority.certificate)]]),
    ...trustedCertificates.map((pem) => [`trusted-${fingerprintOf(pem).slice(0, 8)}`, fingerprintOf(pem)]),
  ];
  return { files, trusted, given };
}

/** A certificate from elsewhere, or one that an authority from elsewhere signs, with its chain; else any. */
function shownBy({ certificates }: Settings, made: Made): { certificate: string; privateKey: string } {
  const { givenServer, givenAuthority } = certificates;
  if (givenServer !== null) {
    return { ...givenServer, certificate: givenServer.certificate + givenServer.intermediates };
  }
  if (givenAuthority === null) return identityOf(made, 'server');
  const { certificate, intermediates, anchor } = givenAuthority;
  const name = `server by ${fingerprintOf(certificate)}`;
  const signed =
    made.identities.get(name) ?? issue({ subject: '/CN=signed', extensions: serverExtensions, issuer: givenAuthority });
  made.identities.set(name, signed);
  return {
    ...signed,
    certificate: signed.certificate + (certificate === anchor ? '' : certificate) + intermediates,
  };
}

/** What a delivery wants of its devices; null where no listener is for them. */
export function wantedByDelivery(settings: Settings, made: Made): Wanted {
  const delivery = deliveryOf(settings, made);
  return wantedBy(delivery, delivery.fleet === null ? null : settings.devices);
}

/** What is said before the engine has made anything. */
export function forecastOf(deployed: BrokerFiles, settings: Settings, observed = nothingObserved): Decision {
  return decide(deployed, wantedOf(settings), observed);
}

/** What a delivery decides, without making files. */
export function decisionOf(deployed: BrokerFiles, settings: Settings, made: Made, observed = nothingObserved) {
  return decide(deployed, wantedByDelivery(settings, made), observed);
}

/** Every file that is deployed after a delivery, whatever forbids it. */
export async function deliver(
  deployed: BrokerFiles,
  settings: Settings,
  made: Made,
  observed = nothingObserved,
): Promise<BrokerFiles> {
  const delivery = deliveryOf(settings, made);
  const decision = decisionOf(deployed, settings, made, observed);
  return filesOf(delivery, delivery.fleet === null ? null : settings.devices, deployed, decision, observed.clock);
}
