/** What an update will do to certificates and to those who trust them, in plain words, before it is done. */

import type Docker from 'dockerode';
import { fingerprintOf, shortFingerprint } from '../certificates/facts';
import { termOf, termWarnings } from '../certificates/terms';
import {
  asksDevices,
  type BundleReport,
  reachProblems,
  type Trust,
  trustChanges,
  trustProblems,
  withNames,
} from '../certificates/trust';
import { serverFileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import { bridgeDial } from '../operate/bridge';
import { deployedFile } from '../operate/deployed';
import { witnessOf } from '../operate/rehearsedAccess';
import { bundleReports } from '../operate/reports';
import { deployedTrust } from '../operate/trust';
import type { Settings } from '../settings';

/** What becomes of certificates. */
export async function certificateForecast(
  broker: Docker.Container,
  settings: Settings,
  plan: () => Promise<VerificationPlan>,
): Promise<string[]> {
  const deployed = (name: string) => deployedFile(broker, name);
  const before = await deployedTrust(deployed);
  if (before === undefined || !settings.listeners.some(({ tls }) => tls)) return [];
  const now = withNames(before, before.names ?? {});
  const next = trustOf(settings, before.names ?? {});
  const problems = trustProblems(now, next);
  if (problems.length === 0 && settings.devices.length > 0 && asksDevices(now, next)) {
    const { names = {} } = before;
    const named = await reportsByName(broker, await plan(), names);
    const ids = settings.devices.map(({ id }) => id);
    problems.push(...reachProblems(next, ids, named, settings.maxUnreachedDevicesPercent));
  }
  return [
    ...(problems.length > 0 ? problems.map((problem) => `Will be refused: ${problem}`) : trustChanges(now, next)),
    ...(await renewal(deployed, settings)),
  ];
}

/** Reports of devices with the names of authorities in the place of their fingerprints. */
async function reportsByName(broker: Docker.Container, plan: VerificationPlan, names: Record<string, string>) {
  const reports = await bundleReports(bridgeDial(broker, plan), witnessOf(plan.users)).catch(() => new Map());
  const known = new Map(Object.entries(names).map(([fingerprint, name]) => [shortFingerprint(fingerprint), name]));
  const name = (fingerprint: string) => known.get(fingerprint) ?? `${fingerprint}…`;
  return new Map<string, BundleReport>(
    [...reports].map(([id, report]) => [
      id,
      {
        ...report,
        trusted: report.trusted?.map(name) ?? null,
        issuer: report.issuer === null ? null : name(report.issuer),
      },
    ]),
  );
}

/**
 * What the settings say, by the names that the program will give.
 *
 * @param names of what is deployed
 */
function trustOf({ certificates, listeners }: Settings, names: Readonly<Record<string, string>>): Trust {
  const { caGeneration, trustedCaGenerations, givenAuthority, givenServer, trustedCertificates, clients } =
    certificates;
  const anchors = [givenAuthority?.anchor, givenServer?.anchor].filter((pem) => pem !== undefined);
  const fingerprints = [...anchors, ...trustedCertificates].map(fingerprintOf);
  const others = fingerprints.map((each) => names[each] ?? `${shortFingerprint(each)}…`);
  const asks = listeners.some((listener) => listener.requireCertificate && listener.clients === 'devices');
  return {
    signer: caGeneration === null ? (others[0] ?? null) : `ca-${caGeneration}`,
    trusted: [...trustedCaGenerations.map((generation) => `ca-${generation}`), ...new Set(others)],
    clients: asks ? clients.trustedGenerations.map((generation) => `devices-ca-${generation}`) : [],
  };
}

/** Whether an update renews the server's certificate, or somebody must. */
async function renewal(deployed: (name: string) => Promise<string | undefined>, settings: Settings): Promise<string[]> {
  const { server, givenServer } = settings.certificates;
  const pem = await deployed(serverFileNames(settings.serverKeyType).certificate);
  if (pem === undefined) return [];
  return termWarnings(
    { server: termOf(pem, givenServer === null ? 'update' : 'elsewhere', server.earlyRenewalHours) },
    Date.now(),
  );
}
